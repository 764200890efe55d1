"""What is asked of an approver, and the fingerprint that binds an approval to exactly that.

What always holds: two requests have the same binding only if every part of what runs is the same;
the encoding is injective, so no part can pose as another. What it does not do: keep or decide
anything.
"""

import hashlib
import json
from dataclasses import dataclass, replace

from bastion.approval.states import PENDING
from bastion.authorization import Ask
from bastion.clock import Clock
from bastion.identity import Identity
from bastion.ids import new_id
from bastion.store.rows import Request
from bastion.verdict import Span

ACCESS = "access"
"""The kind of a request for access."""
_LABEL = "bastion approval 1"
_ACCESS_LABEL = "bastion access 1"


@dataclass(frozen=True)
class Wanted:
    """A command that somebody wants to run.

    Attributes:
        dangerous: the parts of the text that an approver should see first.
        approvers: groups that the rule names; empty means the configured ones.
        directory: where it would run, when that is known.
        resolved: the commands that it comes to, as the bastion reads them.
        screen: what the person's screen shows, as text.
    """

    subject: str
    account: str
    target: str
    login: str
    session_id: str
    command_id: str
    text: str
    rule: str
    reason: str
    dangerous: tuple[Span, ...] = ()
    approvers: frozenset[str] = frozenset()
    directory: str = ""
    resolved: tuple[str, ...] = ()
    screen: str = ""


def binding(wanted: Wanted) -> str:
    """SHA-256 (hex) over everything that an approval releases."""
    parts = [
        _LABEL,
        wanted.text,
        wanted.target,
        wanted.login,
        wanted.subject,
        wanted.session_id,
        wanted.directory,
    ]
    return _digest(parts)


def access_binding(request: Request) -> str:
    """SHA-256 (hex) over everything that an approval of access opens."""
    seconds = str(request.seconds)
    parts = [_ACCESS_LABEL, request.target, request.login, request.subject, seconds]
    return _digest([*parts, *request.approvers])


def _digest(parts: list[str]) -> str:
    # Not ensure_ascii: its escapes of two lone surrogates and of one emoji are the same.
    canonical = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def new_request(
    wanted: Wanted, *, clock: Clock, seconds: int, approvers: tuple[str, ...]
) -> Request:
    """The pending request for *wanted*; *approvers* where the rule names none."""
    now = clock.now()
    return Request(
        id=new_id(clock),
        session_id=wanted.session_id,
        command_id=wanted.command_id,
        created_at=now,
        expires_at=now + seconds,
        state=PENDING,
        subject=wanted.subject,
        account=wanted.account,
        target=wanted.target,
        login=wanted.login,
        text=wanted.text,
        rule=wanted.rule,
        reason=wanted.reason,
        binding=binding(wanted),
        dangerous=tuple((span.start, span.end) for span in wanted.dangerous),
        approvers=tuple(sorted(wanted.approvers)) or approvers,
        directory=wanted.directory,
        resolved=wanted.resolved,
        screen=wanted.screen,
    )


def new_access_request(
    identity: Identity,
    ask: Ask,
    *,
    seconds: int,
    reason: str,
    clock: Clock,
    patience_seconds: int,
    is_kept: bool = False,
) -> Request:
    """The pending request of *identity* for what *ask* names, for *seconds* from its approval.

    One that *is_kept* stays when nobody waits for it.
    """
    now = clock.now()
    request = Request(
        id=new_id(clock),
        session_id="",
        command_id="",
        created_at=now,
        expires_at=now + patience_seconds,
        state=PENDING,
        subject=identity.subject,
        account=identity.account,
        target=ask.target.name,
        login=ask.login,
        text="",
        rule=ask.rule,
        reason=reason,
        binding="",
        approvers=tuple(sorted(ask.approvers)),
        kind=ACCESS,
        seconds=seconds,
        address=identity.address,
        is_kept=is_kept,
    )
    return replace(request, binding=access_binding(request))
