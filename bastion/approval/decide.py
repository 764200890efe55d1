"""Decides a request: who may, and that it happens once.

What always holds: the decider is in a group that may decide and is not the requester; a denial has
a reason; of two deciders at once exactly one decides; an expired request is decided by nobody. What
it does not do: know web pages or sessions.
"""

import unicodedata
from dataclasses import dataclass

from bastion.approval.permits import permit_of
from bastion.approval.states import APPROVED, CANCELLED, DENIED, EXPIRED, PENDING, REVOKED, may_move
from bastion.identity import Somebody
from bastion.refusal import Code, Refusal
from bastion.store.protocol import Store
from bastion.store.rows import Request

MAX_REASON_CHARS = 500


@dataclass(frozen=True)
class Choice:
    """What a decider chose."""

    is_approved: bool
    reason: str

    @property
    def state(self) -> str:
        """The state that the request is to come into."""
        return APPROVED if self.is_approved else DENIED


def hindrance(request: Request, decider: Somebody, now: float) -> Refusal | None:
    """Why *decider* may not decide *request* at the Unix time *now*; None where nothing does."""
    if decider.subject == request.subject or _is_same(decider.account, request.account):
        return Refusal(Code.OWN_REQUEST)
    if decider.groups.isdisjoint(request.approvers):
        return Refusal(Code.NOT_APPROVER, ", ".join(request.approvers))
    if request.state == EXPIRED or (request.state == PENDING and request.expires_at <= now):
        return Refusal(Code.REQUEST_EXPIRED)
    if request.state == CANCELLED:
        return Refusal(Code.REQUEST_CANCELLED)
    if request.state != PENDING:
        return Refusal(Code.REQUEST_DECIDED)
    return None


def decide(
    store: Store, request: Request, decider: Somebody, choice: Choice, now: float
) -> Refusal | None:
    """Decide *request*; a refusal where that may not be, or somebody was faster."""
    if refusal := hindrance(request, decider, now):
        return refusal
    reason = choice.reason.strip()
    if len(reason) > MAX_REASON_CHARS or (not choice.is_approved and not reason):
        return Refusal(Code.REASON_NEEDED, f"at most {MAX_REASON_CHARS} characters")
    changes = {
        "decided_at": now,
        "decided_by": decider.subject,
        "decider": decider.account,
        "decision_reason": reason,
    }
    if may_move(PENDING, choice.state) and store.requests.move(
        request.id, PENDING, choice.state, changes
    ):
        return None
    seen = store.requests.get(request.id)
    return (seen and hindrance(seen, decider, now)) or Refusal(Code.REQUEST_DECIDED)


def revoke(store: Store, request: Request, *, by: str, reason: str, now: float) -> Refusal | None:
    """End an approved access before its time; a refusal where there is none to end.

    Whoever calls it has made sure that *by* may do so.
    """
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON_CHARS:
        return Refusal(Code.REASON_NEEDED, f"at most {MAX_REASON_CHARS} characters")
    changes = {"revoked_at": now, "revoker": by, "revoke_reason": reason}
    if not is_open(request, now) or not store.requests.move(request.id, APPROVED, REVOKED, changes):
        return Refusal(Code.REQUEST_DECIDED)
    return None


def is_open(request: Request, now: float) -> bool:
    """Whether *request* is an approved access whose time is not over."""
    permit = permit_of(request)
    return permit is not None and now < permit.since + permit.seconds


def revoke_hindrance(request: Request, revoker: Somebody, now: float) -> Refusal | None:
    """Why *revoker* may not take *request* back on a page; None where nothing does."""
    if revoker.groups.isdisjoint(request.approvers):
        return Refusal(Code.NOT_APPROVER, ", ".join(request.approvers))
    return None if is_open(request, now) else Refusal(Code.REQUEST_DECIDED)


def _is_same(name: str, other: str) -> bool:
    """Whether two accounts are one to people: providers differ in how they spell them."""
    return _folded(name) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
