"""The pages of approvals: the inbox, one request, the decision.

What always holds: looking never decides (a link previewer may open everything); deciding needs a
signed-in person, a form of their own session and a POST from our own page; nothing about a request
shows before somebody has signed in; who is locked neither looks nor decides. What it does not do:
say who may decide (`bastion.approval.decide`).
"""

import hmac
from collections.abc import Callable
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bastion.approval.decide import (
    Choice,
    decide,
    hindrance,
    is_open,
    revoke,
    revoke_hindrance,
)
from bastion.approval.link import Links
from bastion.approval.request import ACCESS
from bastion.approval.states import APPROVED
from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.clock import Clock
from bastion.config import Web
from bastion.errors import StoreError
from bastion.locks.book import LockBook
from bastion.refusal import Code, Refusal
from bastion.store import rows
from bastion.store.protocol import Store
from bastion.store.worker import StoreWorker
from bastion.web.pages import Pages, pieces
from bastion.web.security import is_same_origin, read_form
from bastion.web.visitor import SignedIn, barred, form_token, is_own_form, visitor

_LOG = structlog.get_logger()
Opens = Callable[[rows.Request], int]
"""How many seconds the rules in force let somebody in by the approval of a request for access."""
_RECENT = 20
_REFRESH_SECONDS = 15


class Approvals:
    """The pages below `/approvals`."""

    def __init__(
        self,
        settings: Web,
        *,
        links: Links,
        locks: LockBook,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
        pages: Pages,
        opens: Opens,
    ) -> None:
        self._settings, self._links, self._pages = settings, links, pages
        self._opens = opens
        self._locks, self._store, self._audit, self._clock = locks, store, audit, clock

    def routes(self) -> list[BaseRoute]:
        """What this module serves."""
        return [
            Route("/approvals", self._inbox),
            Route("/approvals/{token}", self._page, methods=["GET"]),
            Route("/approvals/{token}", self._decision, methods=["POST"]),
        ]

    async def _inbox(self, request: Request) -> Response:
        who = await self._guest(request)
        if isinstance(who, Response):
            return who
        try:
            now = self._clock.now()
            pending, opened, latest = await self._store.run(
                lambda store: (
                    store.requests.pending(),
                    store.requests.approved(now),
                    store.requests.latest(_RECENT),
                )
            )
        except StoreError as error:
            return self._unavailable(error, who)
        waiting = [self._entry(row, who, now) for row in pending if row.expires_at > now]
        return self._pages.draw(
            "inbox.html",
            visitor=who,
            form=form_token(request.session),
            now=now,
            waiting=sorted(waiting, key=lambda entry: entry["hindrance"] is not None),
            opened=[self._entry(row, who, now) for row in opened],
            past=[self._entry(row, who, now) for row in latest if _is_past(row, now)],
            refresh=_REFRESH_SECONDS,
        )

    async def _page(self, request: Request) -> Response:
        who = await self._guest(request)
        if isinstance(who, Response):
            return who
        found = await self._found(request)
        if isinstance(found, Refusal):
            return self._pages.refusal(found, visitor=who)
        return self._draw(request, found, who)

    async def _decision(self, request: Request) -> Response:
        who, form = self._visitor(request), await read_form(request)
        is_ours = is_same_origin(request, self._settings.url) and is_own_form(
            request.session, form.get("form")
        )
        if who is None or not is_ours:
            refusal = Refusal(Code.FORM_EXPIRED)
            return self._pages.refusal(refusal, visitor=who, again=request.url.path)
        found = await self._found(request)
        if isinstance(found, Refusal):
            return self._pages.refusal(found, visitor=who)
        word, reason = form.get("decision"), form.get("reason", "")
        if word == "revoke":
            return await self._revoke(request, found, who, reason)
        if word not in {"approve", "deny"}:
            return self._pages.refusal(Refusal(Code.REQUEST_MALFORMED), visitor=who)
        choice = Choice(is_approved=word == "approve", reason=reason)
        return await self._decide(request, found, who, choice)

    async def _decide(
        self, request: Request, found: rows.Request, who: SignedIn, choice: Choice
    ) -> Response:
        try:
            refusal = await self._decided(found, who, choice)
        except StoreError as error:
            return self._unavailable(error, who)
        if refusal is None:
            return RedirectResponse(request.url.path, 303)
        if refusal.code is Code.REASON_NEEDED:
            return self._draw(request, found, who, problem=refusal, reason=choice.reason)
        return self._pages.refusal(refusal, visitor=who, again=request.url.path)

    async def _revoke(
        self, request: Request, found: rows.Request, who: SignedIn, reason: str
    ) -> Response:
        """End an approved access; it is ended before that is in the audit log."""
        now = self._clock.now()
        try:
            refusal = (
                barred(who, await self._locks.standing())
                or revoke_hindrance(found, who, now)
                or await self._store.run(revoke, found, by=who.account, reason=reason, now=now)
            )
            code = AuditCode.ACCESS_REVOKED if refusal is None else AuditCode.REQUEST_REFUSED
            detail = {"refusal": str(refusal.code)} if refusal else {"reason": reason.strip()}
            await self._audit.append(code, who.subject, request=found.id, **detail)
        except StoreError as error:
            return self._unavailable(error, who)
        if refusal is None:
            return RedirectResponse(request.url.path, 303)
        if refusal.code is Code.REASON_NEEDED:
            return self._draw(request, found, who, problem=refusal, reason=reason)
        return self._pages.refusal(refusal, visitor=who, again=request.url.path)

    async def _decided(self, found: rows.Request, who: SignedIn, choice: Choice) -> Refusal | None:
        """Decide, and keep that or why not; raises StoreError, and then nothing was decided."""
        now, shut_out = self._clock.now(), barred(who, await self._locks.standing())
        refusals: list[Refusal] = []

        def deed(store: Store) -> tuple[AuditCode, dict[str, str]]:
            detail = {"request": found.id, "decision": choice.state}
            if refusal := shut_out or decide(store, found, who, choice, now):
                refusals.append(refusal)
                return AuditCode.REQUEST_REFUSED, detail | {"refusal": str(refusal.code)}
            detail |= {"reason": choice.reason.strip(), "session": found.session_id}
            return AuditCode.REQUEST_DECIDED, detail

        await self._audit.together(deed, who.subject)
        return refusals[0] if refusals else None

    async def _found(self, request: Request) -> rows.Request | Refusal:
        """The request that the link in the address names."""
        named = self._links.read(request.path_params["token"], self._clock.now())
        if isinstance(named, Refusal):
            return named
        try:
            found = await self._store.run(lambda store: store.requests.get(named.request_id))
        except StoreError as error:
            return Refusal(Code.STORE_UNAVAILABLE, cause=str(error))
        if found is None or not hmac.compare_digest(found.binding, named.binding):
            return Refusal(Code.REQUEST_UNKNOWN)
        return found

    def _draw(
        self,
        request: Request,
        found: rows.Request,
        who: SignedIn,
        *,
        problem: Refusal | None = None,
        reason: str = "",
    ) -> Response:
        now = self._clock.now()
        hindered = hindrance(found, who, now)
        return self._pages.draw(
            "request.html",
            visitor=who,
            status=200 if problem is None else 422,
            form=form_token(request.session),
            now=now,
            request=found,
            state=_state(found, now),
            pieces=pieces(found.text, found.dangerous),
            hindrance=hindered,
            opens=self._opens(found) if found.kind == ACCESS else found.seconds,
            may_revoke=revoke_hindrance(found, who, now) is None,
            path=request.url.path,
            problem=problem,
            reason=reason,
            refresh=_REFRESH_SECONDS if hindered is not None and not _is_past(found, now) else 0,
        )

    def _entry(self, row: rows.Request, who: SignedIn, now: float) -> dict[str, object]:
        return {
            "request": row,
            "state": _state(row, now),
            "link": f"/approvals/{self._links.token(row)}",
            "hindrance": hindrance(row, who, now),
        }

    async def _guest(self, request: Request) -> SignedIn | Response:
        """Who may look, or the answer for whoever may not."""
        who = self._visitor(request)
        if who is None:
            return _to_login(request)
        try:
            refusal = barred(who, await self._locks.standing())
        except StoreError as error:
            return self._unavailable(error, who)
        if refusal is None:
            return who
        is_locked = refusal.code is Code.LOCKED
        return self._pages.refusal(refusal, visitor=who) if is_locked else _to_login(request)

    def _visitor(self, request: Request) -> SignedIn | None:
        return visitor(request.session, self._clock.now(), self._settings.session_seconds)

    def _unavailable(self, error: StoreError, who: SignedIn) -> Response:
        _LOG.warning("the store failed a page", cause=str(error))
        return self._pages.refusal(Refusal(Code.STORE_UNAVAILABLE), visitor=who)


def _to_login(request: Request) -> Response:
    return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)


def _is_past(row: rows.Request, now: float) -> bool:
    if is_open(row, now):
        return False
    return row.state != "pending" or row.expires_at <= now


def _state(row: rows.Request, now: float) -> str:
    """The state in the words of an approver."""
    if row.kind == ACCESS and row.state == APPROVED:
        return "open" if is_open(row, now) else "over"
    if row.state == "pending" and row.expires_at <= now:
        return "expired"
    return {"used": "approved", "lapsed": "approved"}.get(row.state, row.state)
