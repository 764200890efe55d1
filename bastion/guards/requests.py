"""Channel requests that a relay passes on: replies, exit statuses, eow.

asyncssh answers and ends channels by itself and has no public door for a relay that answers later
and passes on what the host says.

What always holds: nothing is sent on a channel that was closed. Our own EOF does not close a
channel for requests: an exit status after it still counts (RFC 4254 section 6.10), so `is_closing`,
which says yes from our EOF on, is the wrong question.
"""

from typing import Any

from asyncssh import SSHServerSession
from asyncssh.channel import SSHChannel, SSHServerChannel
from asyncssh.packet import Boolean, String, UInt32


def reply(channel: SSHServerChannel[bytes], *, accepted: bool) -> None:
    """Answer the channel request that was left open by returning None, if it still is."""
    if channel._request_queue:  # noqa: SLF001  it is empty when the client has gone
        channel._report_response(accepted)  # noqa: SLF001


def send_exit_status(channel: SSHServerChannel[bytes], status: int) -> None:
    """Pass an exit status on without closing the channel."""
    if _may_send(channel):
        channel._send_request(b"exit-status", UInt32(status))  # noqa: SLF001


def send_exit_signal(
    channel: SSHServerChannel[bytes], signal: str, message: str, language: str, *, core: bool
) -> None:
    """Pass an exit signal on without closing the channel."""
    if _may_send(channel):
        channel._send_request(  # noqa: SLF001
            b"exit-signal", String(signal), Boolean(core), String(message), String(language)
        )


def send_eow(channel: SSHChannel[bytes]) -> None:
    """Tell the host's side that no more output can be taken (OpenSSH PROTOCOL section 2.1)."""
    if _may_send(channel):
        channel._send_request(b"eow@openssh.com")  # noqa: SLF001


def hand_over(channel: SSHServerChannel[bytes], session: SSHServerSession[bytes]) -> None:
    """Let *session* serve *channel* from now on, instead of the one that has so far."""
    channel._session = session  # noqa: SLF001


def _may_send(channel: SSHChannel[Any]) -> bool:
    return channel._send_state not in {"close_pending", "closed"}  # noqa: SLF001
