"""Signs people in to the pages: authorization code flow with PKCE, state and nonce (OIDC core 3.1).

What always holds: `next` leads to a path of ours or to the inbox, never elsewhere; an answer counts
only in the browser that asked, of the issuer that was asked, and once; who is locked is not signed
in. What it does not do: remember the provider tokens; they are verified and dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bastion.audit.entry import AuditCode
from bastion.audit.log import AuditLog
from bastion.clock import Clock
from bastion.config import Web
from bastion.errors import StoreError, TokenError
from bastion.identity import Person
from bastion.locks.book import LockBook
from bastion.locks.lock import locked, refusal
from bastion.oidc.code_flow import Begun
from bastion.oidc.id_token import verify
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.store.rows import Login
from bastion.store.worker import StoreWorker
from bastion.web.doors import Door
from bastion.web.pages import Pages
from bastion.web.security import is_same_origin, read_form
from bastion.web.visitor import RelevantGroups, is_own_form, sign_in

_LOG = structlog.get_logger()
_HOME = "/approvals"
_LOCAL = re.compile(r"/[A-Za-z0-9_.~-][A-Za-z0-9/_.~-]*")
_MAX_PATH_CHARS = 512
_MAX_CAUSE_CHARS = 200
_MAX_BEGUN = 3  # sign-ins that a browser may have under way, in tabs


def local_path(path: str) -> str:
    """*path* where it is one of ours, else the inbox: a link must not lead people elsewhere.

    It is kept in a cookie, so it has a limit; every link of ours is shorter.
    """
    return path if len(path) <= _MAX_PATH_CHARS and _LOCAL.fullmatch(path) else _HOME


class SignIn:
    """The pages `/login`, `/login/callback` (one for each issuer) and `/logout`."""

    def __init__(
        self,
        settings: Web,
        *,
        doors: Sequence[Door],
        locks: LockBook,
        store: StoreWorker,
        audit: AuditLog,
        clock: Clock,
        pages: Pages,
        relevant: RelevantGroups,
    ) -> None:
        self._settings, self._pages, self._relevant = settings, pages, relevant
        self._doors = tuple(doors)
        self._locks, self._store, self._audit, self._clock = locks, store, audit, clock

    def routes(self) -> list[BaseRoute]:
        """What this module serves."""
        return [
            Route("/login", self._begin),
            *(Route(door.callback, self._finish) for door in self._doors),
            Route("/logout", self._leave, methods=["POST"]),
        ]

    async def _begin(self, request: Request) -> Response:
        as_other = request.query_params.get("as") == "other"
        next_path = local_path(request.query_params.get("next", _HOME))
        door = self._chosen(request.query_params.get("at", ""))
        if door is None:
            return self._pages.draw(
                "login.html", doors=self._doors, next_path=next_path, as_other=as_other
            )
        try:
            begun = await door.flow.begin(self._back(door), prompt="login" if as_other else "")
        except TokenError as error:
            return await self._failed(request, str(error))
        waiting = dict(list(request.session.get("begun", {}).items())[1 - _MAX_BEGUN :])
        waiting[begun.state] = {**asdict(begun), "url": "", "next": next_path}
        request.session["begun"] = waiting
        return RedirectResponse(begun.url, 303)

    def _chosen(self, number: str) -> Door | None:
        """The door of that *number*, or the only one; None where a person has to choose."""
        if len(self._doors) == 1:
            return self._doors[0]
        numbered = {str(at): door for at, door in enumerate(self._doors, 1)}
        return numbered.get(number)

    def _back(self, door: Door) -> str:
        return f"{self._settings.url}{door.callback}"

    async def _finish(self, request: Request) -> Response:
        (door,) = (door for door in self._doors if door.callback == request.url.path)
        kept = request.session.get("begun", {}).pop(request.query_params.get("state", ""), None)
        ours = door.provider.settings.issuer
        is_from_there = request.query_params.get("iss", ours) == ours  # RFC 9207, where it is told
        if kept is None or kept["redirect_uri"] != self._back(door) or not is_from_there:
            return await self._failed(request, "the answer fits no sign-in of this browser")
        next_path = kept.pop("next")
        code = request.query_params.get("code", "")
        if not code:
            return await self._failed(request, request.query_params.get("error", "no code"))
        try:
            tokens = await door.flow.finish(code, Begun(**kept))
            verified = await verify(
                door.provider,
                tokens.id_token,
                nonce=kept["nonce"],
                access_token=tokens.access_token,
                reserved=door.reserved,
            )
        except TokenError as error:
            return await self._failed(request, str(error))
        return await self._accepted(request, verified.person, next_path)

    async def _accepted(self, request: Request, person: Person, next_path: str) -> Response:
        now, address = self._clock.now(), _address(request)
        row = Login(now, "web", person.subject, person.account, address)
        try:
            locks = await self._locks.standing()
            if lock := locked(locks, person):
                return await self._shut_out(request, person, refusal(lock))
            await self._store.run(lambda store: store.sessions.add_login(row))
            await self._audit.append(AuditCode.WEB_LOGIN_ACCEPTED, person.subject, address=address)
        except StoreError as error:
            _LOG.warning("a sign-in could not be kept", cause=str(error))
            return self._pages.refusal(Refusal(Code.STORE_UNAVAILABLE))
        sign_in(request.session, person, self._relevant(), locks, now)
        return RedirectResponse(next_path, 303)

    async def _shut_out(self, request: Request, person: Person, why: Refusal) -> Response:
        """Whoever is locked has no session from now on, nor one of before."""
        request.session.clear()
        await self._audit.refused(
            AuditCode.WEB_LOGIN_REFUSED, person.subject, address=_address(request), cause=why.cause
        )
        return self._pages.refusal(why)

    async def _failed(self, request: Request, cause: str) -> Response:
        cause = printable(cause, _MAX_CAUSE_CHARS)
        _LOG.info("sign-in failed", cause=cause)
        try:
            await self._audit.refused(
                AuditCode.WEB_LOGIN_REFUSED, address=_address(request), cause=cause
            )
        except StoreError as error:
            _LOG.warning("a refused sign-in could not be kept", cause=str(error))
        return self._pages.refusal(Refusal(Code.SIGN_IN_FAILED), again=_HOME)

    async def _leave(self, request: Request) -> Response:
        form = await read_form(request)
        if not is_same_origin(request, self._settings.url) or not is_own_form(
            request.session, form.get("form")
        ):
            return self._pages.refusal(Refusal(Code.FORM_EXPIRED))
        request.session.clear()
        return self._pages.draw("left.html")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
