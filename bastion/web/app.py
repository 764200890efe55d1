"""The web application: routes, middleware, error pages.

What always holds: the guards of `bastion.web.security` are outside of everything else; an error
that nobody expected shows no cause. What it does not do: make what the pages need.
"""

from collections.abc import Sequence
from importlib import resources

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bastion.config import Web
from bastion.refusal import Code, Refusal
from bastion.web.pages import Pages
from bastion.web.security import guards

_LOG = structlog.get_logger()


def create_app(
    settings: Web, secret: bytes, pages: Pages, routes: Sequence[BaseRoute]
) -> Starlette:
    """The application; *secret* signs its cookies."""
    is_https = settings.url.startswith("https://")
    sessions = Middleware(
        SessionMiddleware,
        secret_key=secret.hex(),
        session_cookie="__Host-bastion" if is_https else "bastion",
        max_age=settings.session_seconds,
        same_site="lax",
        https_only=is_https,
    )
    static = StaticFiles(directory=str(resources.files("bastion.web") / "static"))
    return Starlette(
        routes=[Route("/", _home), *routes, Mount("/static", static)],
        middleware=[*guards(settings.url), sessions],
        exception_handlers={HTTPException: _Errors(pages).http, Exception: _Errors(pages).any},
    )


async def _home(request: Request) -> Response:  # noqa: ARG001  everybody is sent to the inbox
    return RedirectResponse("/approvals", 303)


class _Errors:
    """Answers for what went wrong outside of a page."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def http(self, request: Request, error: Exception) -> Response:
        """An address that is not there, a method that is not taken."""
        if not isinstance(error, HTTPException):
            return await self.any(request, error)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"sentence": error.detail}, error.status_code, error.headers)
        answer = self._pages.draw("missing.html", status=error.status_code, detail=error.detail)
        answer.headers.update(error.headers or {})
        return answer

    async def any(self, request: Request, error: Exception) -> Response:
        """What nobody expected: the log has the cause."""
        _LOG.error("a page failed", path=request.url.path, exc_info=error)
        return self._pages.refusal(Refusal(Code.INTERNAL))
