"""Window credit for what was consumed.

asyncssh 2.24.1 refills a channel's receive window to its full size on every chunk that it delivers,
so a peer that is read slowly may send without limit and memory grows (278 MiB of a 300 MiB stream
were measured). Here the window grows by what was delivered, no more (RFC 4254 section 5.2).

What always holds: installed, it mends every channel without an encoding; those with one are
asyncssh's own use and keep the stock behaviour.
"""

from typing import Any

from asyncssh.channel import SSHChannel
from asyncssh.constants import MSG_CHANNEL_WINDOW_ADJUST
from asyncssh.packet import UInt32


def _deliver_data(self: SSHChannel[bytes], data: bytes, datatype: int | None) -> None:
    """Deliver *data*, crediting the peer's window with what is consumed."""
    uncredited = getattr(self, "_uncredited", 0) + len(data)
    if uncredited >= self._init_recv_window // 2:
        self.send_packet(MSG_CHANNEL_WINDOW_ADJUST, UInt32(uncredited))
        self._recv_window += uncredited
        uncredited = 0
    self._uncredited = uncredited  # type: ignore[attr-defined]  # ours, kept with the channel
    if self._session is not None:
        self._session.data_received(data, datatype)


def install() -> None:
    """Mend asyncssh's channels; doing it again does nothing."""
    channel: Any = SSHChannel
    if hasattr(channel, "_stock_deliver_data"):
        return
    stock = channel._stock_deliver_data = channel._deliver_data  # noqa: SLF001  the only door

    def deliver(self: SSHChannel[Any], data: bytes, datatype: int | None) -> None:
        (stock if self._encoding else _deliver_data)(self, data, datatype)

    channel._deliver_data = deliver  # noqa: SLF001
