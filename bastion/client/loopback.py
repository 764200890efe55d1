"""Takes the provider's answer in a browser login: one redirect to this machine (RFC 8252).

What always holds: it listens on 127.0.0.1 only, on the port that it is told or on any
that is free, and counts only an answer with the state of this attempt. What it does not do: open
the browser or redeem the code.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from bastion.errors import ClientError

_MAX_REQUEST_BYTES = 16 * 1024
_READ_SECONDS = 10.0
_PATH = "/callback"
_PAGE = (
    "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
    "Content-Security-Policy: default-src 'none'\r\nCache-Control: no-store\r\n\r\n"
    "<!doctype html><title>bastion</title><h1>{sentence}</h1>"
    "<p>You can close this window and go back to your terminal.</p>"
)


class Loopback:
    """Waits for one redirect, on *port*, or on any that is free.

    An issuer that has a *name* sends people to an address of its own, so that an answer of another
    issuer is not taken for one of this (RFC 9700, 4.4).
    """

    def __init__(self, port: int = 0, name: str = "") -> None:
        self._port, self._path = port, f"{_PATH}/{name}" if name else _PATH
        self._server: asyncio.Server | None = None
        self._answer: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._matches: Callable[[str], bool] = lambda _state: False

    async def start(self) -> str:
        """Listen; the redirect URI. Raises ClientError where the port is taken."""
        try:
            self._server = await asyncio.start_server(
                self._serve, "127.0.0.1", self._port, limit=_MAX_REQUEST_BYTES
            )
        except OSError as error:
            raise ClientError(
                f"this machine's port {self._port}, which the identity provider knows, cannot be"
                f" had: {error.strerror}"
            ) from error
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}{self._path}"

    async def answer(self, matches: Callable[[str], bool]) -> dict[str, str]:
        """The parameters of the first redirect whose state *matches*."""
        self._matches = matches
        return await self._answer

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            writer.write(self._respond(head).encode())
            await writer.drain()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # whoever that was, it was not the browser
        finally:
            writer.close()

    def _respond(self, head: bytes) -> str:
        method, _, rest = head.decode("ascii", "replace").partition(" ")
        address = urlsplit(rest.partition(" ")[0])
        if method != "GET" or address.path != self._path:
            return _PAGE.format(status="404 Not Found", sentence="Nothing is here")
        told = {name: values[0] for name, values in parse_qs(address.query).items()}
        if not self._matches(told.get("state", "")):
            return _PAGE.format(status="400 Bad Request", sentence="That was not our login")
        if not self._answer.done():
            self._answer.set_result(told)
        sentence = "You are logged in" if "code" in told else "The login was refused"
        return _PAGE.format(status="200 OK", sentence=sentence)
