"""`status [--json]`: who the caller is, until when, and what is open or approved for them.

What always holds: it tells of nobody else. What it does not do: change anything.
"""

from bastion.authorization import Permit
from bastion.downstream.commands.call import DONE, Call
from bastion.downstream.commands.columns import columns, utc
from bastion.downstream.commands.words import read_words
from bastion.duration import span
from bastion.refusal import Code, Refusal
from bastion.store.rows import Session

USAGE = "status [--json]"
LATEST = 1000
"""Sessions that are looked at; whoever has had more since then has forgotten the oldest."""


async def status(call: Call) -> int:
    """Say who is calling; the exit code. Raises StoreError."""
    read = read_words(call.words, flags=("json",))
    if isinstance(read, Refusal) or read.operands:
        return call.refuse(read if isinstance(read, Refusal) else Refusal(Code.USAGE, USAGE))
    outlook = call.reception.outlook
    sessions = await outlook.sessions(call.identity, LATEST)
    live = [session for session in sessions if session.ended_at is None]
    permits = await outlook.permits(call.identity)
    if "json" in read.flags:
        call.say_json(_tree(call, live, permits))
    else:
        for line in columns([*_facts(call), *_open(live), *_approved(permits)]):
            call.say(line)
    return DONE


def _facts(call: Call) -> list[tuple[str, str]]:
    who = call.identity
    left = max(int(who.valid_before - call.clock.now()), 0)
    until = f"{utc(who.valid_before)} (in {span(left)})"
    pinned = ", and the certificate is good from there only" if who.is_pinned else ""
    return [
        ("who", f"{who.account} ({who.subject})"),
        ("groups", ", ".join(sorted(who.groups)) or "none"),
        ("until", until),
        ("from", f"{who.address}{pinned}"),
    ]


def _open(live: list[Session]) -> list[tuple[str, str]]:
    shown = [
        f"{session.login}@{session.target} {session.kind} since {utc(session.started_at)}"
        for session in live
    ]
    return _under("open", shown or ["no session"])


def _approved(permits: tuple[Permit, ...]) -> list[tuple[str, str]]:
    return _under(
        "approved",
        [
            f"{permit.login}@{permit.target} until {utc(permit.since + permit.seconds)}"
            for permit in permits
        ],
    )


def _under(name: str, values: list[str]) -> list[tuple[str, str]]:
    return [(name if at == 0 else "", value) for at, value in enumerate(values)]


def _tree(call: Call, live: list[Session], permits: tuple[Permit, ...]) -> dict[str, object]:
    who = call.identity
    return {
        "account": who.account,
        "subject": who.subject,
        "groups": sorted(who.groups),
        "issuer": who.issuer,
        "serial": who.serial,
        "valid_before": who.valid_before,
        "address": who.address,
        "pinned": who.is_pinned,
        "sessions": [session.id for session in live],
        "approvals": [
            {
                "request": permit.id,
                "target": permit.target,
                "login": permit.login,
                "until": permit.since + permit.seconds,
            }
            for permit in permits
        ],
    }
