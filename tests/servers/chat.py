"""A chat's side of the webhook: real HTTP on a port of its own, as docs/PROTOCOL.approval says.

async with receiver(secret) as chat:
    chat.url, chat.requests            # what was taken; forged and stale messages are refused

`chat.answers` are the statuses of the next messages; 204 when there is none.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bastion.demo.chat import is_signed
from bastion.serve.webserver import WebServer

MAX_AGE_SECONDS = 300


@dataclass
class Receiver:
    """What one chat was told."""

    secret: bytes
    now: Callable[[], float] = time.time
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    tries: int = 0
    refused: list[str] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: Request) -> Response:
        """Take one message, if it is the bastion's."""
        self.tries += 1
        content = await request.body()
        if why := self._problem(request, content):
            self.refused.append(why)
            return Response(why, 403)
        if self.answers:
            return self.answers.pop(0)
        self.requests.append(json.loads(content))
        self.told.set()
        return Response(status_code=204)

    async def elsewhere(self, request: Request) -> Response:
        """Where a redirect would lead; nothing may come here."""
        self.refused.append(f"followed a redirect to {request.url.path}")
        return Response(status_code=204)

    def _problem(self, request: Request, content: bytes) -> str:
        if not is_signed(self.secret, request, content):
            return "forged"
        age = self.now() - int(request.headers["X-Bastion-Timestamp"])
        return "" if abs(age) <= MAX_AGE_SECONDS else "stale"


@contextlib.asynccontextmanager
async def receiver(secret: bytes, **more: Any) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    chat = Receiver(secret, **more)
    routes = [
        Route("/hook", chat.receive, methods=["POST"]),
        Route("/elsewhere", chat.elsewhere, methods=["GET", "POST"]),
    ]
    server = WebServer(Starlette(routes=routes), "127.0.0.1", 0)
    chat.url = f"http://127.0.0.1:{await server.start()}/hook"
    try:
        yield chat
    finally:
        await server.stop()
