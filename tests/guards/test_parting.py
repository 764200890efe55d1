"""A client that still sends hears why it is disconnected; by stock, its kernel hears a reset."""

import socket
import struct

import asyncssh
from asyncssh.connection import SSHServerConnection
from asyncssh.constants import MSG_IGNORE
from asyncssh.packet import String

from bastion.guards import parting
from bastion.guards.parting import Parting
from tests.servers.waiting import turn, until

WHY, TOO_MANY_CONNECTIONS = "because", 12  # RFC 4253 section 11.1


class Guarded(Parting, SSHServerConnection):
    """A server connection with the guard."""


def sends(pair):
    """The client sends something, which needs no answer."""
    pair.client.send_packet(MSG_IGNORE, String(b"x" * 1000))


async def heard(pair):
    """What the client hears that goes on sending while it is disconnected, and then listens."""
    server, client = pair.server._transport, pair.client._transport
    server.pause_reading()
    client.pause_reading()
    sends(pair)
    pair.server.disconnect(TOO_MANY_CONNECTIONS, WHY)
    await until(lambda: pair.server._owner is None)
    sends(pair)
    await turn()  # a reset is noticed by who writes
    sends(pair)
    if not client.is_closing():
        client.resume_reading()
    return await pair.lost


async def test_the_reason_is_heard(connect):
    """It was on its way before the end."""
    lost = await heard(await connect(Guarded))
    assert isinstance(lost, asyncssh.DisconnectError)
    assert WHY in lost.reason


async def test_the_stock_code_still_needs_the_guard(connect):
    """The guard can go once asyncssh waits for the other side by itself."""
    assert not isinstance(await heard(await connect()), asyncssh.DisconnectError)


async def test_who_does_not_leave_is_cut_off(connect, monkeypatch):
    """A client that neither reads nor closes keeps nothing open."""
    monkeypatch.setattr(parting, "PARTING_SECONDS", 0.05)
    pair = await connect(Guarded)
    transport = pair.server._transport
    pair.client._transport.pause_reading()
    pair.server.disconnect(TOO_MANY_CONNECTIONS, WHY)
    await until(lambda: transport.get_extra_info("socket").fileno() == -1)


async def test_a_client_whose_socket_is_reset_is_let_go(connect):
    """Nobody is there to hear; the connection is over all the same."""
    pair = await connect(Guarded)
    client = pair.client._transport.get_extra_info("socket")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pair.server._transport.pause_reading()
    pair.client._transport.abort()  # with a reset
    await pair.lost
    pair.server.eof_received()  # as asyncio does where the end came before the reset
    await until(lambda: pair.server._owner is None)
