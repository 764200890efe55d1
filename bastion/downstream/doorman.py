"""The first look at a new TCP connection: it is given to asyncssh, or told why not, and closed.

Whoever is turned away costs no key exchange and no connection object of asyncssh's. The words are a
disconnect message behind our version (RFC 4253 section 11.1), which ssh shows as they are.

What always holds: of those who are turned away only so many are waited for, and none for long, so
that they hold nothing. What it does not do: decide; `Turnstile` does.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from asyncssh.constants import MSG_DISCONNECT
from asyncssh.packet import Byte, String, UInt32

from bastion.address import plain
from bastion.guards.algorithms import SERVER_VERSION
from bastion.refusal import Refusal

_TOO_MANY = 12  # SSH_DISCONNECT_TOO_MANY_CONNECTIONS, RFC 4253 section 11.1
_GOODBYE_SECONDS = 2.0
_MAX_GOODBYES = 64
_BLOCK_BYTES, _LEAST_PADDING = 8, 4

Ask = Callable[[str], Refusal | None]
"""Why nobody from this address may come in now."""
Admit = Callable[[], asyncio.Protocol]
"""Makes what serves who may."""


def farewell(refusal: Refusal) -> bytes:
    """Our version, and an unencrypted packet that says why (RFC 4253 section 6)."""
    words = (Byte(MSG_DISCONNECT), UInt32(_TOO_MANY), String(refusal.text()), String(""))
    payload = b"".join(words)
    padding = -(len(payload) + 5) % _BLOCK_BYTES
    padding += _BLOCK_BYTES if padding < _LEAST_PADDING else 0
    packet = Byte(padding) + payload + bytes(padding)
    return b"SSH-2.0-" + SERVER_VERSION.encode() + b"\r\n" + UInt32(len(packet)) + packet


class Doorman(asyncio.Protocol):
    """Stands at one new connection."""

    def __init__(self, ask: Ask, admit: Admit, leaving: set["Doorman"]) -> None:
        self._ask, self._admit, self._leaving = ask, admit, leaving
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Let it in, or say why not."""
        refusal = self._ask(address_of(transport))
        if refusal is None:
            connection = self._admit()
            transport.set_protocol(connection)
            connection.connection_made(transport)
        elif len(self._leaving) >= _MAX_GOODBYES:
            transport.abort()
        else:
            self._turn_away(transport, refusal)

    def data_received(self, data: bytes) -> None:
        """What it says is read, so that ours is not lost, and forgotten."""

    def eof_received(self) -> bool:
        """It has heard."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        del exc
        self._leaving.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _turn_away(self, transport: asyncio.Transport, refusal: Refusal) -> None:
        self._leaving.add(self)
        transport.write(farewell(refusal))
        transport.write_eof()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_GOODBYE_SECONDS, transport.abort)


def address_of(transport: asyncio.BaseTransport) -> str:
    """Where a connection comes from; empty where nobody knows."""
    peer = transport.get_extra_info("peername")
    return plain(str(peer[0])) if peer else ""
