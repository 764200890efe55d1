"""Composes the demo provider from its parts.

What always holds: only requests for the issuer's own host are served (DNS rebinding); an error of
a request is a sentence, never a trace. What it does not do: listen
(`bastion.demo.identity_provider.server`).
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bastion.clock import Clock
from bastion.demo.identity_provider.accounts import Door
from bastion.demo.identity_provider.device_codes import DeviceCodes
from bastion.demo.identity_provider.endpoints import Endpoints
from bastion.demo.identity_provider.pages import message, style
from bastion.demo.identity_provider.secrets_folder import Secrets
from bastion.demo.identity_provider.sign_in import SignIn
from bastion.demo.identity_provider.tokens import Mint


def create_app(
    secrets: Secrets,
    *,
    issuer: str,
    redirect_uris: Sequence[str],
    clock: Clock,
    interval: int = 1,
) -> Starlette:
    """The provider at *issuer*; *interval* is how many seconds a terminal waits between asks."""
    devices = DeviceCodes(clock, interval)
    pages = SignIn(
        Door(secrets.password, clock),
        devices,
        clock,
        issuer=issuer,
        redirect_uris=tuple(redirect_uris),
    )
    endpoints = Endpoints(Mint(secrets.key), pages.codes, devices, clock, issuer=issuer)
    host = urlsplit(issuer).hostname or ""
    return Starlette(
        routes=[
            Route("/", _start, methods=["GET"]),
            Route("/style.css", style, methods=["GET"]),
            *pages.routes(),
            *endpoints.routes(),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=[host], www_redirect=False),
        ],
        exception_handlers={HTTPException: _problem},
    )


async def _start(_request: Request) -> Response:
    return RedirectResponse("/device", 303)


async def _problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return message("That did not work", f"{error.detail}.", error.status_code)
