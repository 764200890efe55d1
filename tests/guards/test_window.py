"""The window grows by what was consumed; by stock, a sender runs ahead of a slow reader."""

import asyncio

import asyncssh
import pytest
from asyncssh.channel import SSHChannel

from bastion import guards
from bastion.guards.window import install

WINDOW = 2 * 1024 * 1024


class SlowReader(asyncssh.SSHClientSession):
    """Takes one chunk at a time."""

    def __init__(self) -> None:
        self.has_chunk = asyncio.Event()
        self.taken = 0

    def connection_made(self, chan):
        self.chan = chan

    def data_received(self, data, _datatype):
        self.taken += len(data)
        self.chan.pause_reading()
        self.has_chunk.set()


async def most_buffered(pair, rounds: int = 120) -> int:
    """The most bytes that ever waited in the client while it reads slowly."""
    channel, reader = await pair.client.create_session(SlowReader, "x", encoding=None)
    await pair.sender.is_started.wait()
    pair.sender.chan.write(b"x" * 24 * 1024 * 1024)
    most = 0
    for _ in range(rounds):
        await reader.has_chunk.wait()
        reader.has_chunk.clear()
        # One answered request later everything that the sender may send has arrived.
        await pair.client._make_global_request(b"ping@test")
        most = max(most, sum(len(data) for data, _ in channel._recv_buf))
        channel.resume_reading()
    return most


async def test_a_slow_reader_bounds_what_is_sent(connect):
    """No more than a window waits, however much there is to send."""
    guards.install()
    assert await most_buffered(await connect()) <= WINDOW


async def test_the_stock_code_still_needs_the_guard(connect, monkeypatch):
    """When this fails, asyncssh has mended its window: take the guard out."""
    install()
    monkeypatch.setattr(SSHChannel, "_deliver_data", SSHChannel._stock_deliver_data)
    assert await most_buffered(await connect()) > WINDOW


def test_installing_again_changes_nothing():
    """Two installs do not wrap twice."""
    install()
    first = SSHChannel._deliver_data
    install()
    assert SSHChannel._deliver_data is first


async def test_channels_with_an_encoding_keep_the_stock_behaviour(connect):
    """Text channels of asyncssh itself still decode."""
    install()
    pair = await connect()

    class Reader(asyncssh.SSHClientSession):
        def __init__(self):
            self.text = asyncio.get_running_loop().create_future()

        def data_received(self, data, _datatype):
            self.text.set_result(data)

    _, reader = await pair.client.create_session(Reader, "x", encoding="utf-8")
    await pair.sender.is_started.wait()
    pair.sender.chan.write("é".encode())
    assert await reader.text == "é"


@pytest.fixture(autouse=True)
def _quiet_transport():
    """Nothing of a test is left in asyncssh's class."""
    yield
    install()
