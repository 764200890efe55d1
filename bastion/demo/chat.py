"""The demo's chat: a webhook receiver on loopback that hands every request on to a function.

What always holds: a message whose signature does not fit is refused; docs/PROTOCOL.approval is all
that it knows. What it does not do: keep messages.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bastion.serve.webserver import WebServer


@dataclass(frozen=True)
class Told:
    """What the chat was told of one request for approval."""

    account: str
    target: str
    command: str
    url: str


class DemoChat:
    """A receiver; `url` is known once it started."""

    def __init__(self, secret: bytes, on_message: Callable[[Told], None]) -> None:
        self._secret, self._on_message = secret, on_message
        app = Starlette(routes=[Route("/hook", self._receive, methods=["POST"])])
        self._server = WebServer(app, "127.0.0.1", 0)
        self.url = ""

    async def start(self) -> None:
        """Listen on a port that the system chooses."""
        self.url = f"http://127.0.0.1:{await self._server.start()}/hook"

    async def stop(self) -> None:
        """Stop listening."""
        await self._server.stop()

    async def _receive(self, request: Request) -> Response:
        content = await request.body()
        if not is_signed(self._secret, request, content):
            return Response(status_code=403)
        if _is_alert(content):  # for people to read; the demo has nobody who looks into it
            return Response(status_code=204)
        told = _told(content)
        if told is None:
            return Response(status_code=400)
        self._on_message(told)
        return Response(status_code=204)


def is_signed(secret: bytes, request: Request, content: bytes) -> bool:
    """Whether who knows *secret* has sent *content*, the body of *request*, at the time it says."""
    stamp = request.headers.get("x-bastion-timestamp", "")
    mac = hmac.new(secret, b"v1:" + stamp.encode() + b":" + content, hashlib.sha256)
    given = request.headers.get("x-bastion-signature", "")
    return hmac.compare_digest(f"v1={mac.hexdigest()}".encode(), given.encode())


def _is_alert(content: bytes) -> bool:
    try:
        return bool(json.loads(content)["type"] == "alert")
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def _told(content: bytes) -> Told | None:
    """What *content* says; None where it is no message of ours."""
    try:
        tree = json.loads(content)
        said = [tree[name] for name in ("account", "target", "command", "url")]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return Told(*said) if all(isinstance(value, str) for value in said) else None
