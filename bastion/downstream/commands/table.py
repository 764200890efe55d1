"""Which commands there are. A new one is a file beside this one, and a line here.

What always holds: what is not in the table does not exist. What it does not do: run anything.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bastion.downstream.commands import hosts, request, sessions, status
from bastion.downstream.commands.call import DONE, Call
from bastion.downstream.commands.words import read_words
from bastion.refusal import Code, Refusal


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        run: does it, and returns the exit code; may raise StoreError.
        usage: the words that it takes.
        meaning: what it does, in one line.
    """

    run: Callable[[Call], Awaitable[int]]
    usage: str
    meaning: str


async def _help(call: Call) -> int:
    read = read_words(call.words, flags=("json",))
    if isinstance(read, Refusal) or read.operands:
        return call.refuse(read if isinstance(read, Refusal) else Refusal(Code.USAGE, _HELP))
    if "json" in read.flags:
        call.say_json([{"usage": each.usage, "meaning": each.meaning} for each in _all()])
        return DONE
    for command in _all():
        call.say(command.usage)
        call.say(f"    {command.meaning}")
    return DONE


def _all() -> list[Command]:
    return list(COMMANDS.values())


_HELP = "help [--json]"

COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "hosts": Command(hosts.hosts, hosts.USAGE, "the hosts that you may reach, and as whom"),
        "status": Command(status.status, status.USAGE, "who you are, and until when"),
        "sessions": Command(sessions.sessions, sessions.USAGE, "your own sessions"),
        "request": Command(request.request, request.USAGE, "ask for access that needs an approval"),
        "help": Command(_help, _HELP, "what there is"),
    }
)
