"""Opens a person's shell so that it asks, where the host lets it, and as it is where not.

What always holds: whether the shell is integrated or not, the gate stands before it; why it is not
is in the record. What it does not do: know what the scripts on the host do
(`bastion.command.shell`), or rule on anything.
"""

from dataclasses import dataclass, replace

from bastion.authorization import Channel
from bastion.command.shell.bootstrap import new_secret, shell_command
from bastion.relay.asking import Asking
from bastion.relay.gate import Gate
from bastion.relay.side_channel import SideChannel, open_side
from bastion.relay.wire import Asked
from bastion.upstream.connection import UpstreamConnection

NONE = "no-integration"
"""The mark of a shell that does not ask: its screen alone is judged."""


@dataclass(frozen=True)
class Integrated:
    """What is to be asked of the host for a shell that asks.

    Attributes:
        asked: the request that starts it.
        side: where it asks.
    """

    asked: Asked
    side: SideChannel


async def integrated(
    connection: UpstreamConnection, asked: Asked, gate: Gate, asking: Asking
) -> Integrated | None:
    """The request for a shell that asks, whose word *gate* hears; None where there will be none."""
    secret = new_secret()
    side = await open_side(connection, secret)
    if isinstance(side, str):
        asking.mark(f"{NONE}: {side}")
        return None
    shell = gate.hear(side.answer)
    side.listen(shell.heard, shell.closed)
    return Integrated(replace(asked, kind=Channel.EXEC, command=shell_command(secret)), side)


def is_interactive(asked: Asked) -> bool:
    """Whether *asked* is a shell that somebody sits at."""
    return asked.terminal is not None and asked.kind == Channel.SHELL
