"""Opens a person's shell so that it asks, where the host lets it, and as it is where not.

What always holds: whether the shell is integrated or not, the gate stands before it. What it does
not do: know what the scripts on the host do (`bastion.command.shell`), or rule on anything.
"""

from dataclasses import dataclass, replace

from bastion.authorization import Channel
from bastion.command.shell.bootstrap import new_secret, shell_command
from bastion.relay.gate import Gate
from bastion.relay.side_channel import SideChannel, open_side
from bastion.relay.wire import Asked
from bastion.upstream.connection import UpstreamConnection

OFF = "that is switched off for this host"
"""Why a shell does not ask where nobody tried to have it ask."""


@dataclass(frozen=True)
class Integrated:
    """What is to be asked of the host for a shell that asks.

    Attributes:
        asked: the request that starts it.
        side: where it asks.
    """

    asked: Asked
    side: SideChannel


async def integrated(connection: UpstreamConnection, asked: Asked, gate: Gate) -> Integrated | str:
    """The request for a shell that asks, whose word *gate* hears; why there will be none."""
    secret = new_secret()
    side = await open_side(connection, secret)
    if isinstance(side, str):
        return side
    shell = gate.hear(side.answer, side.shell)
    side.listen(shell.heard, shell.closed)
    return Integrated(
        replace(asked, kind=Channel.EXEC, command=shell_command(secret, side.shell)), side
    )


def is_interactive(asked: Asked) -> bool:
    """Whether *asked* is a shell that somebody sits at."""
    return asked.terminal is not None and asked.kind == Channel.SHELL
