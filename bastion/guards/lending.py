"""What an engineer lends to a host: the ssh-agent and the X11 display, channel by channel.

asyncssh would listen on sockets of this machine and hand them to its own callbacks; a relay has no
use for sockets that others here could open. Here the request of the client is put to the channel's
session, the same request is made of the host, and the channels that the host then opens are handed
to a `Lender`, who opens one at the client.

What always holds: nothing listens on this machine; a host that nobody lends to is refused. What it
does not do: decide who may lend.
"""

import binascii
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import asyncssh
from asyncssh.channel import SSHClientChannel, SSHServerChannel
from asyncssh.constants import OPEN_ADMINISTRATIVELY_PROHIBITED
from asyncssh.packet import Boolean, SSHPacket, String, UInt32

_MAX_COOKIE = 256


@dataclass(frozen=True)
class Display:
    """An X11 display as the client offers it (RFC 4254 section 6.3.1).

    Attributes:
        is_single: whether it is for one connection only.
        protocol: of the cookie.
        cookie: in hexadecimal digits; the client has made it up and changes it back.
    """

    is_single: bool
    protocol: bytes
    cookie: bytes
    screen: int


@runtime_checkable
class Lends(Protocol):
    """A channel's session that is asked whether its client may lend something to the host."""

    def agent_requested(self) -> bool:
        """The client offers its ssh-agent."""
        ...

    def display_requested(self, display: Display) -> bool:
        """The client offers its display."""
        ...


class Lender(Protocol):
    """Opens a channel at the client for each that the host opens; raises ChannelOpenError."""

    async def agent(self) -> asyncssh.SSHTCPSession[bytes]:
        """For the ssh-agent."""
        ...

    async def display(self, host: str, port: int) -> asyncssh.SSHTCPSession[bytes]:
        """For the display; *host* and *port* are whom the host names as the program's place."""
        ...


@dataclass(frozen=True)
class Lent:
    """What one session lends."""

    lender: Lender
    agent: bool = False
    display: Display | None = None


class Borrower:
    """Mixed into a client connection class before asyncssh's."""

    lender: Lender | None = None

    def _process_auth_agent_at_openssh_dot_com_open(self, packet: SSHPacket) -> Any:
        packet.check_end()
        return self._channel("create_agent_channel"), self._lent_by().agent()

    def _process_x11_open(self, packet: SSHPacket) -> Any:
        host, port = packet.get_string(), packet.get_uint32()
        packet.check_end()
        shown = self._lent_by().display(host.decode("ascii", "replace"), port)
        return self._channel("create_x11_channel"), shown

    def _channel(self, maker: str) -> Any:
        return getattr(self, maker)()

    def _lent_by(self) -> Lender:
        if self.lender is None:
            raise asyncssh.ChannelOpenError(OPEN_ADMINISTRATIVELY_PROHIBITED, "nothing is lent")
        return self.lender


def offer(channel: SSHClientChannel[bytes], lent: Lent) -> None:
    """Offer to the host what is lent, before it is asked to run anything."""
    connection = channel.get_connection()
    if not isinstance(connection, Borrower):
        return
    connection.lender = lent.lender
    if lent.agent:
        channel._send_request(b"auth-agent-req@openssh.com")  # noqa: SLF001  the only door
    if display := lent.display:
        channel._send_request(  # noqa: SLF001
            b"x11-req",
            Boolean(display.is_single),
            String(display.protocol),
            String(display.cookie),
            UInt32(display.screen),
        )


def _process_agent_request(self: SSHServerChannel[bytes], packet: SSHPacket) -> bool:
    packet.check_end()
    return isinstance(self._session, Lends) and self._session.agent_requested()


def _process_x11_request(self: SSHServerChannel[bytes], packet: SSHPacket) -> bool:
    is_single = packet.get_boolean()
    protocol, cookie = packet.get_string(), packet.get_string()
    display = Display(is_single, protocol, cookie, packet.get_uint32())
    packet.check_end()
    if not isinstance(self._session, Lends) or not _is_plain(display):
        return False
    return self._session.display_requested(display)


def _is_plain(display: Display) -> bool:
    """Whether the host can be given it: a protocol's name, and a cookie in hexadecimal digits."""
    if max(len(display.protocol), len(display.cookie)) > _MAX_COOKIE:
        return False
    try:
        binascii.unhexlify(display.cookie)
        return display.protocol.decode("ascii").isprintable()
    except ValueError:
        return False


def install() -> None:
    """Mend asyncssh's server channels; doing it again does nothing."""
    channel: Any = SSHServerChannel
    channel._process_auth_agent_req_at_openssh_dot_com_request = _process_agent_request  # noqa: SLF001
    channel._process_x11_req_request = _process_x11_request  # noqa: SLF001  the only doors
