"""Forwarding as a server sees it: doors that asyncssh shuts too hard, or without a word.

- Taking back a listener that is not there is a mistake of the client; asyncssh ends the connection
  with every session in it. Here the request fails, as in OpenSSH.
- Channels of unknown types and tunnels are refused in words of our own.

What always holds: a type of channel that is not in `TYPES` never reaches asyncssh. What it does not
do: say what may be forwarded.
"""

from typing import Any

import asyncssh
from asyncssh.constants import (
    MSG_CHANNEL_OPEN,
    OPEN_ADMINISTRATIVELY_PROHIBITED,
    OPEN_UNKNOWN_CHANNEL_TYPE,
)
from asyncssh.packet import SSHPacket

TYPES = (b"session", b"direct-tcpip", b"direct-streamlocal@openssh.com")
"""The types of channels that a client may ask a server for (RFC 4254, OpenSSH PROTOCOL)."""

_TUNNEL = b"tun@openssh.com"


class Listeners:
    """Mixed into a server connection class before asyncssh's."""

    _local_listeners: dict[Any, Any]

    def refusal_of(self, channel_type: bytes) -> str:
        """What a client is told that asks for a channel of a type that is never opened."""
        raise NotImplementedError

    def process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> Any:
        """Answer a request for a channel that is never opened; the rest is asyncssh's."""
        if pkttype == MSG_CHANNEL_OPEN:
            asked = SSHPacket(packet.get_remaining_payload())
            channel_type = asked.get_string()
            if channel_type not in TYPES:
                self._refuse_channel(channel_type, asked.get_uint32())
                return True
        return super().process_packet(pkttype, pktid, packet)  # type: ignore[misc]  # asyncssh's

    def _refuse_channel(self, channel_type: bytes, channel: int) -> None:
        is_tunnel = channel_type == _TUNNEL
        code = OPEN_ADMINISTRATIVELY_PROHIBITED if is_tunnel else OPEN_UNKNOWN_CHANNEL_TYPE
        error = asyncssh.ChannelOpenError(code, self.refusal_of(channel_type))
        self.send_channel_open_failure(  # type: ignore[attr-defined]  # asyncssh's
            channel, error.code, error.reason, error.lang
        )

    def _process_cancel_tcpip_forward_global_request(self, packet: SSHPacket) -> None:
        asked = SSHPacket(packet.get_remaining_payload())
        host = asked.get_string().decode("utf-8", "replace").lower()
        if (host, asked.get_uint32()) in self._local_listeners:
            super()._process_cancel_tcpip_forward_global_request(packet)  # type: ignore[misc]
        else:
            self._report_global_response(False)  # type: ignore[attr-defined]  # asyncssh's

    def _process_cancel_streamlocal_forward_at_openssh_dot_com_global_request(
        self, packet: SSHPacket
    ) -> None:
        path = SSHPacket(packet.get_remaining_payload()).get_string().decode("utf-8", "replace")
        if path in self._local_listeners:
            super()._process_cancel_streamlocal_forward_at_openssh_dot_com_global_request(packet)  # type: ignore[misc]
        else:
            self._report_global_response(False)  # type: ignore[attr-defined]  # asyncssh's
