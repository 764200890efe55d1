"""What forwarded connections reach in tests: an echo on loopback, on TCP and on a Unix socket.

It answers `ECHO:` and all that came, once the other side has sent all: so half-close shows. HTTP it
answers at once.
"""

import asyncio
from pathlib import Path
from typing import Self


class Echo:
    """An echo.

    Attributes:
        folder: where its socket `echo.sock` is.
        port: its TCP port.
        asked: how many have connected.
        heard: how the last of them began.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.asked, self.heard = folder, 0, 0, b""
        self._servers: list[asyncio.Server] = []

    @property
    def socket(self) -> Path:
        return self.folder / "echo.sock"

    async def __aenter__(self) -> Self:
        tcp = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self._servers = [tcp, await asyncio.start_unix_server(self._answer, self.socket)]
        self.port = tcp.sockets[0].getsockname()[1]
        return self

    async def pause(self) -> None:
        """Stop listening on TCP."""
        self._servers[0].close()
        await self._servers[0].wait_closed()

    async def resume(self) -> None:
        """Listen again where it did."""
        self._servers[0] = await asyncio.start_server(self._answer, "127.0.0.1", self.port)

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
            await server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        first = self.heard = await reader.read(1 << 16)
        if first.startswith(b"GET "):
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello\n")
        else:
            writer.write(b"ECHO:" + first + await reader.read())
        writer.close()


async def ask(where: int | Path, data: bytes) -> bytes:
    """What whoever listens at *where* answers to *data*."""
    if isinstance(where, Path):
        reader, writer = await asyncio.open_unix_connection(where)
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", where)
    try:
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()
