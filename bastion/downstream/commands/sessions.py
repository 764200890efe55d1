"""`sessions [--limit N] [--live] [--json]`: the caller's own sessions, the newest first.

What always holds: it shows nobody else's. What it does not do: replay; that is for those who may
read recordings.
"""

from bastion.downstream.commands.call import DONE, Call
from bastion.downstream.commands.columns import columns, utc
from bastion.downstream.commands.status import LATEST
from bastion.downstream.commands.words import read_words
from bastion.refusal import Code, Refusal
from bastion.store.rows import Session

USAGE = "sessions [--limit N] [--live] [--json]"
_USUAL = 20
_COMMAND_CHARS = 60


async def sessions(call: Call) -> int:
    """List sessions; the exit code. Raises StoreError."""
    read = read_words(call.words, options=("limit",), flags=("live", "json"))
    if isinstance(read, Refusal):
        return call.refuse(read)
    limit = _limit(read.values.get("limit", str(_USUAL)))
    if read.operands or not limit:
        return call.refuse(Refusal(Code.USAGE, USAGE))
    seen = await call.reception.outlook.sessions(call.identity, LATEST)
    is_wanted = (lambda each: each.ended_at is None) if "live" in read.flags else bool
    found = list(filter(is_wanted, seen))[:limit]
    if "json" in read.flags:
        call.say_json([_tree(session) for session in found])
        return DONE
    for line in columns([_cells(session) for session in found]):
        call.say(line)
    if not found:
        call.note("no session")
    return DONE


def _limit(text: str) -> int:
    """The number in *text*; 0 where it holds none that can be shown."""
    return min(int(text), LATEST) if text.isascii() and text.isdigit() else 0


def _cells(session: Session) -> tuple[str, ...]:
    if session.ended_at is None:
        ended = "live"
    else:
        status = "" if session.exit_status is None else f" {session.exit_status}"
        ended = f"{session.ending}{status}"
    what = session.command[:_COMMAND_CHARS]
    where = f"{session.login}@{session.target}"
    return session.id, utc(session.started_at), ended, where, session.kind, what


def _tree(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "live": session.ended_at is None,
        "target": session.target,
        "login": session.login,
        "kind": session.kind,
        "command": session.command,
        "address": session.address,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "ending": session.ending,
        "exit_status": session.exit_status,
    }
