"""A client that guesses the key exchange and sends its first packet at once (RFC 4253 section 7).

Dropbear does. The guess is wrong unless both sides name the same key exchange first *and* the same
kind of host key first; then the packet must be ignored. asyncssh compares the client's first key
exchange with the one that was agreed on, and the host keys not at all: it takes a packet that the
client itself holds for wrong, and ends the connection at the next one.

What always holds: a packet is ignored exactly where RFC 4253 says so. What it does not do: guess.
"""

from collections.abc import Awaitable
from typing import Any

from asyncssh.constants import MSG_KEXINIT
from asyncssh.packet import SSHPacket

_COOKIE_BYTES = 16


class WrongGuess:
    """Mixed into a server connection class before asyncssh's."""

    _ignore_first_kex: bool
    _server_kexinit: bytes
    _client_kexinit: bytes

    def process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> Any:
        """Look at the guess once asyncssh has agreed on the algorithms."""
        answer = super().process_packet(pkttype, pktid, packet)  # type: ignore[misc]  # asyncssh's
        return self._agreed(answer) if pkttype == MSG_KEXINIT else answer

    async def _agreed(self, agreeing: Awaitable[None]) -> None:
        await agreeing
        self._ignore_first_kex = is_wrong_guess(self._client_kexinit, self._server_kexinit)


def is_wrong_guess(client: bytes, server: bytes) -> bool:
    """Whether the client has sent a packet for another key exchange than the one agreed on."""
    theirs, ours = SSHPacket(client), SSHPacket(server)
    wanted, offered = _first_two(theirs), _first_two(ours)
    for _ in range(8):  # ciphers, MACs, compression and languages, each way
        theirs.get_namelist()
    return theirs.get_boolean() and wanted != offered


def _first_two(packet: SSHPacket) -> list[Any]:
    """The first key exchange and the first kind of host key of a KEXINIT."""
    packet.get_byte()
    packet.get_bytes(_COOKIE_BYTES)
    return [packet.get_namelist()[:1], packet.get_namelist()[:1]]
