"""`hosts [WORD …] [--json]`: the hosts that the caller may reach, as which accounts.

What always holds: what may not be reached is not there. What it does not do: connect.
"""

from bastion.downstream.commands.call import DONE, Call
from bastion.downstream.commands.columns import columns
from bastion.downstream.commands.words import read_words
from bastion.downstream.menu.choosing import Sought
from bastion.downstream.outlook import Host
from bastion.policy.reachable import Way
from bastion.refusal import Refusal

USAGE = "hosts [WORD …] [--json]"


async def hosts(call: Call) -> int:
    """List hosts, all or those that every WORD fits; the exit code. Raises StoreError."""
    read = read_words(call.words, flags=("json",))
    if isinstance(read, Refusal):
        return call.refuse(read)
    seen = await call.reception.outlook.hosts(call.identity)
    words = " ".join(read.operands).lower().split()
    found = [host for host in seen if Sought(host).meets(words)]
    if "json" in read.flags:
        call.say_json([_tree(host) for host in found])
        return DONE
    for line in columns([_cells(host) for host in found]):
        call.say(line)
    if not found:
        call.note("no host fits" if seen else "there is no host that you may reach")
    return DONE


def _cells(host: Host) -> tuple[str, str, str, str]:
    labels = " ".join(f"{key}={value}" for key, value in sorted(host.labels.items()))
    return host.name, ", ".join(map(_described, host.ways)), _locked(host), labels


def _described(way: Way) -> str:
    return f"{way.login} (approval first)" if way.needs_approval else way.login


def _locked(host: Host) -> str:
    return "locked" if host.is_locked else ""


def _tree(host: Host) -> dict[str, object]:
    logins = [
        {
            "login": way.login,
            "channels": sorted(way.channels),
            "needs_approval": way.needs_approval,
        }
        for way in host.ways
    ]
    return {
        "name": host.name,
        "labels": dict(host.labels),
        "locked": host.is_locked,
        "logins": logins,
    }
