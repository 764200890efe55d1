"""TCP back-pressure for the channels of a connection.

asyncssh's `pause_writing` does nothing, so a peer that announces a huge window and then stops
reading fills the transport's buffer (397 MB were measured). `Backpressure` passes the transport's
word on to the session of every channel, which stops what feeds it.

What always holds: a session that can be held back is told of every change, once each.
"""

import asyncio
from typing import Any, Protocol, runtime_checkable

_HIGH_WATER_BYTES = 1 << 20


@runtime_checkable
class Pausable(Protocol):
    """A channel's session that can stop what feeds it."""

    def hold_back(self, why: str, on: bool) -> None:  # noqa: FBT001  asyncio's style of callback
        """Stop (or go on) reading from the other side, for the reason *why*."""
        ...


class Backpressure:
    """Mixed into a connection class before asyncssh's."""

    _channels: dict[int, Any]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Make the transport speak up in time."""
        super().connection_made(transport)  # type: ignore[misc]  # asyncssh's, by mixing in
        if isinstance(transport, asyncio.WriteTransport):
            transport.set_write_buffer_limits(high=_HIGH_WATER_BYTES)

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._tell(on=True)

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._tell(on=False)

    def _tell(self, *, on: bool) -> None:
        for channel in list(self._channels.values()):
            session = getattr(channel, "_session", None)
            if isinstance(session, Pausable):
                session.hold_back("tcp", on)
