"""Channels that are never opened are refused in words, listeners that are not there harm nobody."""

import asyncssh
import pytest
from asyncssh.connection import SSHServerConnection
from asyncssh.constants import MSG_REQUEST_FAILURE
from asyncssh.packet import String, UInt32

from bastion.guards.listeners import TYPES, Listeners

CANCELS = [
    (b"cancel-tcpip-forward", String("localhost"), UInt32(9)),
    (b"cancel-streamlocal-forward@openssh.com", String("/nowhere")),
]


class Guarded(Listeners, SSHServerConnection):
    """A server connection with the guard."""

    def refusal_of(self, channel_type):
        return f"never {channel_type.decode()}"


async def _opened(pair, kind, *more):
    channel = pair.client.create_tcp_channel()
    with pytest.raises(asyncssh.ChannelOpenError) as refused:
        await channel._open(kind, *more)
    return refused.value


@pytest.mark.parametrize("kind", [b"weird@x", b"x11", b"channel", b"auth-agent@openssh.com"])
async def test_a_channel_of_another_type_is_refused_in_words(connect, kind):
    """Also one that a server opens at a client; the connection goes on."""
    pair = await connect(server_class=Guarded)
    error = await _opened(pair, kind)
    assert (error.code, error.reason) == (3, f"never {kind.decode()}")
    assert (await _opened(pair, kind)).reason == error.reason


async def test_a_tunnel_is_refused_in_words(connect):
    """As something that is known and not allowed."""
    pair = await connect(server_class=Guarded)
    error = await _opened(pair, b"tun@openssh.com", UInt32(1), UInt32(0))
    assert (error.code, error.reason) == (1, "never tun@openssh.com")


async def test_other_channels_are_asyncsshs(connect):
    """A session opens; a connection is refused by whoever serves."""
    pair = await connect(server_class=Guarded)
    await pair.client.create_session(asyncssh.SSHClientSession, "x")
    error = await _opened(pair, TYPES[1], String("h"), UInt32(1), String(""), UInt32(0))
    assert "never" not in error.reason


@pytest.mark.parametrize("cancel", CANCELS, ids=["port", "socket"])
async def test_taking_back_what_is_not_there_fails_alone(connect, cancel):
    """The connection and its sessions go on."""
    pair = await connect(server_class=Guarded)
    kind, _ = await pair.client._make_global_request(*cancel)
    assert kind == MSG_REQUEST_FAILURE
    await pair.client.create_session(asyncssh.SSHClientSession, "x")


@pytest.mark.parametrize("cancel", CANCELS, ids=["port", "socket"])
async def test_the_stock_code_still_needs_the_guard(connect, cancel):
    """When this fails, asyncssh answers that by itself: take the guard out."""
    pair = await connect()
    await pair.client._make_global_request(*cancel)
    assert isinstance(await pair.lost, asyncssh.DisconnectError)


async def test_what_was_listened_at_is_taken_back(connect):
    """The guard stands in nobody's way."""
    pair = await connect(server_class=Guarded)
    closed = []

    class Listener(asyncssh.SSHListener):
        def close(self):
            closed.append(True)

    pair.server._local_listeners["localhost", 9] = Listener()
    pair.server._local_listeners["/nowhere"] = Listener()
    for cancel in CANCELS:
        await pair.client._make_global_request(*cancel)
    assert closed == [True, True]
    assert not pair.server._local_listeners
