"""Runs a web application on a socket of ours, by uvicorn, beside everything else in the loop.

What always holds: the socket is bound before `start` returns, so that a taken port is an error of
the start; signals stay ours. Plain HTTP is served on loopback only (`bastion.config.Web` refuses
others). What it does not do: know what it serves.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

_STOP_SECONDS = 5


class _Server(uvicorn.Server):
    """uvicorn's server, without its signal handlers, telling when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever started us."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        self.ready.set()


class WebServer:
    """One web server."""

    def __init__(
        self,
        app: Any,
        host: str,
        port: int,
        *,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        self._address = (host, port)
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Serve; the port. Raises OSError where the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        bound = socket.create_server(self._address, family=family, backlog=128)
        self._task = asyncio.create_task(self._server.serve(sockets=[bound]))
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait([self._task, ready], return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            ready.cancel()
            bound.close()
            self._task.result()
        port: int = bound.getsockname()[1]
        return port

    async def stop(self) -> None:
        """Finish what is under way, briefly, and stop."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
