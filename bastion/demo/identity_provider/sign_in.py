"""The pages on which a person of the demo signs in: for an application, or for a terminal.

What always holds: nothing is granted without the password, each time; an authorization request is
answered once; a wrong password keeps the person on the page. What it does not do: redeem a code
(`bastion.demo.identity_provider.endpoints`).
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bastion.clock import Clock
from bastion.demo.identity_provider.accounts import ACCOUNTS, Account, Door
from bastion.demo.identity_provider.clients import Asked, Refused, read_request
from bastion.demo.identity_provider.device_codes import DeviceCodes, DeviceRequest
from bastion.demo.identity_provider.pages import message, page, read_form, read_query
from bastion.demo.identity_provider.shelf import Shelf

CODE_SECONDS = 60
_PAGE_SECONDS = 600


@dataclass(frozen=True)
class Granted:
    """What an authorization code stands for."""

    asked: Asked
    account: Account


class SignIn:
    """The pages, and the codes they give."""

    def __init__(
        self,
        door: Door,
        devices: DeviceCodes,
        clock: Clock,
        *,
        issuer: str,
        redirect_uris: tuple[str, ...],
    ) -> None:
        self._door = door
        self._devices = devices
        self._issuer = issuer
        self._redirect_uris = redirect_uris
        self._asked: Shelf[Asked] = Shelf(clock, _PAGE_SECONDS)
        self.codes: Shelf[Granted] = Shelf(clock, CODE_SECONDS)

    def routes(self) -> list[Route]:
        """Where the pages are."""
        return [
            Route("/authorize", self.show, methods=["GET"]),
            Route("/authorize", self.answer, methods=["POST"]),
            Route("/device", self.show_device, methods=["GET"]),
            Route("/device", self.answer_device, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The sign-in page of an authorization request."""
        read = read_request(read_query(request), self._redirect_uris, self._issuer)
        if isinstance(read, Refused):
            if read.redirect:
                return RedirectResponse(read.redirect, 303)
            return message("This link does not work", read.sentence, 400)
        return self._ask(read, self._asked.put(read))

    async def answer(self, request: Request) -> Response:
        """What the person of a sign-in page decided."""
        form = await read_form(request)
        name = form.get("request", "")
        asked = self._asked.get(name)
        if asked is None:
            return message("This page is out of date", "Go back and start again.", 400)
        if form.get("decision") != "allow":
            self._asked.take(name)
            return RedirectResponse(asked.answer(self._issuer, error="access_denied"), 303)
        entered = self._door.try_to_enter(form.get("account", ""), form.get("password", ""))
        if isinstance(entered, str):
            return self._ask(asked, name, form.get("account", ""), entered)
        self._asked.take(name)
        code = self.codes.put(Granted(asked, entered))
        return RedirectResponse(asked.answer(self._issuer, code=code), 303)

    async def show_device(self, request: Request) -> Response:
        """The page where a code is typed; or, with a code, the one where it is decided."""
        typed = read_query(request).get("user_code", "")
        if not typed:
            return page("code.html", problem="")
        found = self._devices.find(typed)
        return _unknown_code() if found is None else _ask_device(found)

    async def answer_device(self, request: Request) -> Response:
        """What the person decided about a code."""
        form = await read_form(request)
        found = self._devices.find(form.get("user_code", ""))
        if found is None:
            return _unknown_code()
        if form.get("decision") != "allow":
            self._devices.decide(found, None)
            return message("Sign-in denied", "The terminal was not let in.")
        entered = self._door.try_to_enter(form.get("account", ""), form.get("password", ""))
        if isinstance(entered, str):
            return _ask_device(found, form.get("account", ""), entered)
        self._devices.decide(found, entered)
        text = f"The terminal is signed in as {entered.name}. You can close this page."
        return message("You are signed in", text, kind="good")

    def _ask(self, asked: Asked, name: str, account: str = "", problem: str = "") -> Response:
        return page(
            "sign_in.html",
            403 if problem else 200,
            goes_to=asked.origin,
            action="/authorize",
            hidden={"request": name},
            user_code="",
            accounts=ACCOUNTS.values(),
            account=account,
            problem=problem,
        )


def _unknown_code() -> Response:
    problem = "This code is unknown, used or expired. Compare it with your terminal."
    return page("code.html", 404, problem=problem)


def _ask_device(found: DeviceRequest, account: str = "", problem: str = "") -> Response:
    return page(
        "sign_in.html",
        403 if problem else 200,
        action="/device",
        hidden={"user_code": found.user_code},
        user_code=found.user_code,
        accounts=ACCOUNTS.values(),
        account=account,
        problem=problem,
    )
