"""What is said last is heard: a connection that we end is closed only when the other side has read.

asyncssh aborts the transport right behind its disconnect message. Where the client has sent
something that nobody reads any more, its kernel hears a reset, ssh's next write fails with "Broken
pipe", and the sentence that says why is never shown.

What always holds: the connection itself is over at once, nothing that the client still sends is
looked at, and after `PARTING_SECONDS` the transport is gone. What it does not do: wait for
strangers; who has not logged in is cut off as asyncssh does it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

PARTING_SECONDS = 1.0


class Parting:
    """Mixed into a connection class before asyncssh's."""

    _loop: asyncio.AbstractEventLoop
    _transport: Any
    _auth_complete: bool
    _cleanup: Callable[[Exception | None], None]

    def _force_close(self, exc: Exception | None) -> None:
        transport = self._transport
        is_plain = isinstance(transport, asyncio.Transport) and not transport.is_closing()
        if not is_plain or not self._auth_complete:
            super()._force_close(exc)  # type: ignore[misc]  # asyncssh's
            return
        self._transport = None
        self._loop.call_soon(self._cleanup, exc)
        _Deaf(transport, self._loop)


class _Deaf(asyncio.Protocol):
    """Waits until the other side has closed too."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(PARTING_SECONDS, transport.abort)
        transport.set_protocol(self)
        try:
            transport.write_eof()
            transport.resume_reading()
        except OSError:  # its socket has been reset: nobody is there to hear
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read, so that there is no reset; nothing else."""

    def eof_received(self) -> bool:
        """It has closed: so do we."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        del exc
        self._timer.cancel()
