"""`eow@openssh.com`: a client that can take no more output (`ssh host yes | head`).

An OpenSSH client says so to servers whose version starts with OpenSSH, and then credits the window
no more (OpenSSH PROTOCOL section 2.1). asyncssh does not know the request: the channel would hang
with what is still to be sent, while the host goes on printing. Here pending output is dropped, as
sshd does, and the session is told, to tell the host.

What always holds: installed, it mends every server channel.
"""

from typing import Any, Protocol, runtime_checkable

from asyncssh.channel import SSHServerChannel
from asyncssh.packet import SSHPacket


@runtime_checkable
class OutputStopper(Protocol):
    """A channel's session that wants to know that the client takes no more output."""

    def output_refused(self) -> None:
        """The client sent `eow@openssh.com`."""
        ...


def _process_eow(self: SSHServerChannel[bytes], packet: SSHPacket) -> bool:
    packet.check_end()
    self._send_buf = []
    self._send_buf_len = 0
    self._send_paused = False
    if isinstance(self._session, OutputStopper):
        self._session.output_refused()
    return True


def install() -> None:
    """Mend asyncssh's server channels; doing it again does nothing."""
    channel: Any = SSHServerChannel
    channel._process_eow_at_openssh_dot_com_request = _process_eow  # noqa: SLF001  the only door
