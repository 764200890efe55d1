"""Who is turned away is told why, costs little, and holds nothing."""

import asyncio
import contextlib

import pytest

from bastion.downstream.doorman import Doorman, farewell
from bastion.refusal import Code, Refusal
from tests.servers.waiting import until

REFUSAL = Refusal(Code.ADDRESS_TOO_BUSY)


class Served(asyncio.Protocol):
    """What serves who is let in: says hello, and what it hears."""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"hello ")

    def data_received(self, data):
        self.transport.write(data)


@contextlib.asynccontextmanager
async def standing(refusal):
    """A doorman at a port; gives the port, the addresses that he saw, and who is leaving."""
    seen, leaving = [], set()

    def ask(address):
        seen.append(address)
        return refusal

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Doorman(ask, Served, leaving), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen, leaving


async def test_who_may_come_in_is_served():
    """Nothing of what they say is lost."""
    async with standing(None) as (port, seen, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"there")
        assert await reader.readexactly(11) == b"hello there"
        assert seen == ["127.0.0.1"]
        writer.close()


async def test_who_may_not_is_told_although_they_speak_first():
    """What they have said is read, so that the words arrive; then both sides close."""
    async with standing(REFUSAL) as (port, _, leaving):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"SSH-2.0-me\r\n" * 1000)
        said = await reader.read()
        assert said == farewell(REFUSAL)
        assert REFUSAL.text().encode() in said
        assert len(leaving) == 1
        writer.close()
        await until(lambda: not leaving)


async def test_who_does_not_leave_is_put_out(monkeypatch):
    """After a moment."""
    monkeypatch.setattr("bastion.downstream.doorman._GOODBYE_SECONDS", 0.05)
    async with standing(REFUSAL) as (port, _, leaving):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(_flood(writer), 10)
        assert not leaving


async def _flood(writer):
    while True:
        writer.write(bytes(1 << 20))
        await writer.drain()


async def test_of_many_only_some_are_told(monkeypatch):
    """The others are closed at once."""
    monkeypatch.setattr("bastion.downstream.doorman._MAX_GOODBYES", 1)
    async with standing(REFUSAL) as (port, _, leaving):
        first = await asyncio.open_connection("127.0.0.1", port)
        assert await first[0].read() == farewell(REFUSAL)
        second = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            assert await second[0].read() == b""
        assert len(leaving) == 1
        for _, writer in (first, second):
            writer.close()


@pytest.mark.parametrize("length", range(9))
def test_the_packet_is_as_rfc_4253_says(length):
    """Whole blocks of eight, padded by four bytes at least."""
    said = farewell(Refusal(Code.ADDRESS_TOO_BUSY, "x" * length))
    version, _, packet = said.partition(b"\r\n")
    assert version.startswith(b"SSH-2.0-")
    assert len(packet) % 8 == 0
    assert int.from_bytes(packet[:4], "big") == len(packet) - 4
    assert packet[4] >= 4
    assert packet[5] == 1
