"""What guards every page: response headers, the host name, the size of a body, the form's origin.

What always holds: no script runs and nothing is framed (CSP), nothing personal is cached, a request
for another host name is refused (DNS rebinding), a body has a limit. What it does not do: know who
is looking (`bastion.web.visitor`).
"""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024
_MAX_FIELDS = 10
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send forms with Origin: null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
_HSTS = "max-age=31536000"


class Guarded:
    """ASGI middleware: adds the headers, refuses a body that is too large."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app, self._is_https = app, is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message))
            await send(message)

        if _announced(scope) > MAX_BODY_BYTES:
            answer = PlainTextResponse("bastion: the request is too large", 413)
            await answer(scope, receive, guarded)
            return
        await self._app(scope, _limited(receive), guarded)

    def _add(self, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers[name] = value
        headers.setdefault("Cache-Control", "no-store")
        if self._is_https:
            headers["Strict-Transport-Security"] = _HSTS


def _announced(scope: Scope) -> int:
    """The announced length of the body; a chunked one is limited while it is read."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _limited(receive: Receive) -> Receive:
    """*receive*, which ends in an error page for whoever sends more than the limit."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return limited


def guards(url: str) -> list[Middleware]:
    """The middleware for pages that people reach at *url*."""
    parts = urlsplit(url)
    return [
        Middleware(Guarded, is_https=parts.scheme == "https"),
        Middleware(TrustedHostMiddleware, allowed_hosts=[parts.hostname or ""], www_redirect=False),
    ]


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form of ours; HTTPException where the body is none."""
    async with request.form(max_files=0, max_fields=_MAX_FIELDS) as form:
        return {name: str(value) for name, value in form.items()}


def is_same_origin(request: Request, url: str) -> bool:
    """Whether a form was sent by a page of *url*: browsers say so, and cannot be made to lie."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    return site == "same-origin" and origin in {None, origin_of(url)}


def origin_of(url: str) -> str:
    """The origin of *url* as browsers write it: small letters, no port where it is the default."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_default = parts.port in {None, {"http": 80, "https": 443}.get(parts.scheme)}
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{parts.port}")
