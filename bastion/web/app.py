"""The web application: routes, middleware, error pages.

What always holds: the guards of `bastion.web.security` are outside of everything else; an error
that nobody expected shows no cause. What it does not do: make what the pages need.
"""

import traceback
from collections.abc import Sequence
from importlib import resources

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bastion.config import Web
from bastion.refusal import EXPLAINED, Code, Refusal
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
        middleware=[*guards(settings.url), Middleware(_Caught, pages=pages), sessions],
        exception_handlers={HTTPException: _Errors(pages).http},
    )


async def _home(request: Request) -> Response:  # noqa: ARG001  everybody is sent to the inbox
    return RedirectResponse("/approvals", 303)


class _Caught:
    """ASGI middleware: answers what nobody expected, with the headers of the guards around it."""

    def __init__(self, app: ASGIApp, *, pages: Pages) -> None:
        self._app, self._errors = app, _Errors(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return  # whoever asked has gone, and that is their right
        except Exception as error:
            if scope["type"] != "http" or has_begun:
                raise
            await self._errors.any(scope["path"], error)(scope, receive, send)


class _Errors:
    """Answers for what went wrong outside of a page."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def http(self, request: Request, error: Exception) -> Response:
        """An address that is not there, a method that is not taken."""
        if not isinstance(error, HTTPException):
            return self.any(request.url.path, error)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"sentence": error.detail}, error.status_code, error.headers)
        answer = self._pages.draw("missing.html", status=error.status_code, detail=error.detail)
        answer.headers.update(error.headers or {})
        return answer

    def any(self, path: str, error: Exception) -> Response:
        """What nobody expected: the log has the cause."""
        # Not exc_info: a renderer may add local variables, and those hold cookies and links.
        trace = traceback.format_exception(error)
        _LOG.error("a page failed", path=_without_token(path), trace=trace)
        if not path.startswith("/api/"):
            return self._pages.refusal(Refusal(Code.INTERNAL))
        explained = EXPLAINED[Code.INTERNAL]
        tree = {"sentence": explained.sentence, "next_step": explained.next_step}
        return JSONResponse({"code": str(Code.INTERNAL), **tree}, 500)


def _without_token(path: str) -> str:
    """*path* for the log, which holds no links."""
    return f"{path[:11]}…" if path.startswith("/approvals/") else path
