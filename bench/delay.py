"""A TCP proxy that takes its time: every byte arrives half a round trip later, in order."""

import asyncio
import contextlib


class Delay:
    """Leads to *port* of this machine.

    Attributes:
        port: where it listens, once started.
        leads_to: the port behind it.
        round_trip: seconds that it adds to a question and its answer.
    """

    def __init__(self, port: int, round_trip: float) -> None:
        self.port, self.round_trip = port, round_trip
        self.leads_to = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _joined(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection("127.0.0.1", self.leads_to)
        await asyncio.gather(self._carried(near, far_out), self._carried(far, near_out))

    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                loop.call_later(self.round_trip / 2, _write, writer, data)
        loop.call_later(self.round_trip / 2, writer.close)


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)
