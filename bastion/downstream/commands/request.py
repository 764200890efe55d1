"""`request HOST [--login L] --reason WHY [--for 2h] [--wait] [--json]`: asks for access beforehand.

What always holds: nothing is asked for that would open without, or that no approval would open; a
host that may not be reached is refused like one that is not there. What it does not do: connect.
"""

import asyncio

from bastion.approval.states import APPROVED, CANCELLED, PENDING
from bastion.authorization import Ask
from bastion.downstream.admission import refused_by
from bastion.downstream.commands.call import DONE, Call
from bastion.downstream.commands.words import Words, read_words
from bastion.downstream.destination import Destination
from bastion.duration import seconds_of, span
from bastion.refusal import Code, Refusal
from bastion.store.rows import Request
from bastion.target import Login

USAGE = "request HOST [--login LOGIN] --reason WHY [--for 2h] [--wait] [--json]"


async def request(call: Call) -> int:
    """Ask for access to a host; the exit code. Raises StoreError."""
    read = read_words(call.words, options=("login", "reason", "for"), flags=("wait", "json"))
    if isinstance(read, Refusal):
        return call.refuse(read)
    seconds = seconds_of(read.values["for"]) if "for" in read.values else None
    problem = _problem(read, seconds)
    if problem:
        return call.refuse(Refusal(Code.USAGE, f"{problem}: {USAGE}"))
    found = await _asking(call, read)
    if isinstance(found, Refusal):
        return call.refuse(found)
    if isinstance(found, Destination):
        return _open_already(call, found, read)
    return await _asked(call, found, read, seconds)


def _problem(read: Words, seconds: int | None) -> str:
    if len(read.operands) != 1:
        return "one host, please"
    if not read.values.get("reason", "").strip():
        return "--reason says why"
    return "--for takes 90m, 2h, 1h30m" if "for" in read.values and not seconds else ""


async def _asking(call: Call, read: Words) -> Ask | Destination | Refusal:
    """What to ask for; the destination where nothing has to be asked."""
    host, login = read.operands[0], read.values.get("login", "")
    if not login:
        logins = call.reception.logins(call.identity, host)
        if len(logins) > 1:
            return Refusal(Code.USAGE, f"say --login: {', '.join(logins)}")
        login = "".join(logins)
    destination = Destination(host, Login(login))
    answer = await call.reception.admission(call.identity, destination)
    if isinstance(answer, Refusal):
        return answer
    return await call.reception.asking(call.identity, destination) or destination


def _open_already(call: Call, destination: Destination, read: Words) -> int:
    if "json" in read.flags:
        where = {"target": destination.target, "login": destination.login}
        call.say_json({"state": "open", "request": None, **where})
    else:
        call.say(f"{destination.login}@{destination.target} is open to you; nothing was asked.")
    return DONE


async def _asked(call: Call, ask: Ask, read: Words, seconds: int | None) -> int:
    is_waiting = "wait" in read.flags
    while True:
        asked = await call.desk.ask(
            call.identity, ask, seconds=seconds, reason=read.values["reason"], is_waiting=is_waiting
        )
        if isinstance(asked, Refusal):
            return call.refuse(asked)
        if not is_waiting:
            _say(call, asked, read)
            return DONE
        seen = await _waited(call, asked)
        if seen.state != CANCELLED:  # by the last who waited for it in another process
            return _told(call, seen, read)


def _told(call: Call, seen: Request, read: Words) -> int:
    if "json" in read.flags or seen.state == APPROVED:
        _say(call, seen, read)
    if seen.state == APPROVED:
        return DONE
    return call.refuse(refused_by(seen) or Refusal(Code.CONNECTION_CANCELLED))


async def _waited(call: Call, asked: Request) -> Request:
    """*asked* once it is decided; whoever stops waiting for it leaves it."""
    try:
        call.note(f"request {asked.id}: waits for approval by {', '.join(asked.approvers)}")
        return await _decided(call, asked)
    finally:
        await asyncio.shield(call.desk.leave(asked))


async def _decided(call: Call, asked: Request) -> Request:
    """*asked* once it waits no more."""
    seen = await call.desk.seen(asked)
    while seen.state == PENDING:
        news = await call.desk.news(seen)
        if news is None or news.state != PENDING or news.at >= seen.expires_at:
            seen = await call.desk.seen(asked)
    return seen


def _say(call: Call, asked: Request, read: Words) -> None:
    where = f"{asked.login}@{asked.target} for {span(asked.seconds)}"
    if "json" in read.flags:
        call.say_json(_tree(asked))
    elif asked.state == APPROVED:
        call.say(f"approved by {asked.decider}: {where}")
    else:
        approvers = ", ".join(asked.approvers)
        call.say(f"request {asked.id}: {where}, waits for approval by {approvers}")


def _tree(asked: Request) -> dict[str, object]:
    return {
        "request": asked.id,
        "state": asked.state,
        "target": asked.target,
        "login": asked.login,
        "seconds": asked.seconds,
        "approvers": list(asked.approvers),
        "expires_at": asked.expires_at,
        "decided_at": asked.decided_at,
        "decider": asked.decider,
        "reason": asked.decision_reason,
    }
