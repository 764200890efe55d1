"""Waits until somebody may open a channel: at once where the rules say so, else for an approval.

What always holds: rules, locks and approvals are asked anew before anybody is admitted, and as soon
as one look, which all who wait in this process share, shows that a decision was made or that locks
or rules are others; whoever stops waiting leaves the request. What it does not do: open anything,
or dial; it only answers.
"""

import asyncio
from collections.abc import Callable, Sequence

from bastion.approval.access import AccessDesk, News
from bastion.approval.states import APPROVED, CANCELLED, DENIED, EXPIRED, PENDING, REVOKED
from bastion.authorization import Ask, Authorization, Channel
from bastion.downstream.destination import Destination
from bastion.downstream.reception import Reception
from bastion.identity import Identity
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.store.rows import Request

AGAIN_SECONDS = 2.0
"""After so long everything is asked anew all the same: hours open and close by themselves."""
_REASON_CHARS = 300
_BY_CONNECTING = "asked by connecting; no reason was given"

Show = Callable[[Request], None]
"""Called with the request that is waited for, at every look."""


class Admission:
    """Admits the people of one process."""

    def __init__(self, reception: Reception, desk: AccessDesk) -> None:
        self._reception, self._desk = reception, desk

    async def admitted(
        self,
        identity: Identity,
        destination: Destination,
        kinds: Sequence[Channel],
        *,
        show: Show,
        cancelled: asyncio.Event,
    ) -> Authorization | Refusal:
        """The authorization for a channel of one of *kinds*, once there is one; or why not.

        Raises StoreError. The waiting ends when *cancelled* is set.
        """
        waiting = _Waiting(self._desk, identity)
        try:
            while True:
                rules = self._reception.rules
                answer = await self._answer(identity, destination, kinds)
                if not isinstance(answer, Ask):
                    return answer
                seen = await waiting.seen(answer)
                if isinstance(seen, Refusal):
                    return seen
                if seen.state == PENDING:
                    show(seen)
                    while self._reception.rules is rules and not cancelled.is_set():
                        if await waiting.has_news(seen):
                            break
                        show(seen)
                if cancelled.is_set():
                    return Refusal(Code.CONNECTION_CANCELLED)
        finally:
            await asyncio.shield(waiting.leave())

    async def _answer(
        self, identity: Identity, destination: Destination, kinds: Sequence[Channel]
    ) -> Authorization | Ask | Refusal:
        """What is said to the first of *kinds* that is not refused."""
        answer: Authorization | Ask | Refusal = Refusal(Code.CHANNEL_REFUSED)
        for kind in kinds:
            answer = await self._reception.admission(identity, destination, kind)
            if not isinstance(answer, Refusal):
                return answer
        return answer


class _Waiting:
    """The request that one channel waits for; another one where the rules come to ask for more."""

    def __init__(self, desk: AccessDesk, identity: Identity) -> None:
        self._desk, self._identity = desk, identity
        self._request: Request | None = None
        self._approved: set[str] = set()
        self._known: News | None = None

    async def seen(self, ask: Ask) -> Request | Refusal:
        """The request for *ask* as it is now; a refusal where nothing is to be waited for."""
        if self._request is not None and not _is_for(self._request, ask):
            await self.leave()
        if self._request is None:
            asked = await self._desk.ask(
                self._identity, ask, reason=_BY_CONNECTING, is_waiting=True
            )
            if isinstance(asked, Refusal):
                return asked
            self._request = asked
        seen = await self._desk.seen(self._request)
        if seen.state == CANCELLED:  # by the last who waited for it in another process
            await self.leave()
        elif seen.state == APPROVED:
            await self.leave()
            if seen.id in self._approved:
                return Refusal(Code.APPROVAL_NEEDED, cause=f"request {seen.id} does not open it")
            self._approved.add(seen.id)
            self._request = seen
        return refused_by(seen) or seen

    async def has_news(self, seen: Request) -> bool:
        """Whether the next look shows why another answer may be given than the last one."""
        known, news = self._known, await self._desk.news(seen)
        if known and news and news.state == PENDING and news.locks == known.locks:
            until = min(known.at + AGAIN_SECONDS, seen.expires_at, self._identity.valid_before)
            if news.at < until:
                return False
        self._known = news  # what it shows was so before the next answer
        return True

    async def leave(self) -> None:
        """Wait for it no more."""
        request, self._request = self._request, None
        if request is not None and request.id not in self._approved:
            await self._desk.leave(request)


def _is_for(request: Request, ask: Ask) -> bool:
    return request.approvers == tuple(sorted(ask.approvers))


def refused_by(seen: Request) -> Refusal | None:
    """Why the decision on a request opens nothing; None where it may."""
    if seen.state == DENIED:
        because = f": {seen.decision_reason}" if seen.decision_reason else ""
        return Refusal(
            Code.CONNECTION_DENIED, printable(f"by {seen.decider}{because}", _REASON_CHARS)
        )
    if seen.state == EXPIRED:
        return Refusal(Code.CONNECTION_EXPIRED)
    if seen.state == REVOKED:
        return Refusal(Code.APPROVAL_REVOKED, printable(f"by {seen.revoker}", _REASON_CHARS))
    if seen.state in {PENDING, APPROVED, CANCELLED}:
        return None
    return Refusal(Code.APPROVAL_NEEDED, cause=f"request {seen.id} is {seen.state}")
