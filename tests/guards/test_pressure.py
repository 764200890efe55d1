"""A full TCP buffer reaches the sessions; the stock code never tells them."""

import asyncio

import asyncssh
from asyncssh.connection import SSHServerConnection

from bastion.guards.pressure import Backpressure


class Guarded(Backpressure, SSHServerConnection):
    """A server connection with the guard."""


async def flood(pair) -> None:
    """The client announces a huge window and reads nothing; the server sends 32 MiB."""
    pair.client._transport.pause_reading()
    pair.sender.chan.write(b"x" * 32 * 1024 * 1024)


async def opened(connect, server_class):
    pair = await connect(server_class)
    await pair.client.create_session(
        asyncssh.SSHClientSession, "x", encoding=None, window=0xFFFFFFFF
    )
    await pair.sender.is_started.wait()
    return pair


async def test_a_full_buffer_holds_the_session_back_and_lets_it_go_on(connect):
    """The session is told once that the buffer is full, and once that it has room."""
    pair = await opened(connect, Guarded)
    await flood(pair)
    assert pair.sender.reasons == [("tcp", True)]
    resumed = asyncio.Event()
    stock = pair.server.resume_writing

    def resume():
        stock()
        resumed.set()

    pair.server.resume_writing = resume
    pair.client._transport.resume_reading()
    await resumed.wait()
    assert pair.sender.reasons == [("tcp", True), ("tcp", False)]


async def test_the_stock_code_still_needs_the_guard(connect):
    """When this fails, asyncssh passes TCP back-pressure on by itself: take the guard out."""
    pair = await opened(connect, SSHServerConnection)
    await flood(pair)
    assert pair.sender.reasons == []
