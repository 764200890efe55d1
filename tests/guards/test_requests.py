"""Requests that a relay passes on arrive, also after our own EOF."""

import asyncio

import asyncssh
import pytest

from bastion.guards import requests


class Watcher(asyncssh.SSHClientSession):
    """Keeps how the session ended."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.status, self.signal = None, None

    def exit_status_received(self, status):
        self.status = status
        self.ended.set()

    def exit_signal_received(self, signal, core_dumped, msg, lang):
        self.signal = (signal, core_dumped, msg, lang)
        self.ended.set()

    def eof_received(self):
        return True


@pytest.fixture
async def session(connect):
    """A pair with an open session."""
    pair = await connect()
    pair.channel, pair.watcher = await pair.client.create_session(Watcher, "x", encoding=None)
    await pair.sender.is_started.wait()
    return pair


async def test_an_exit_status_arrives_after_our_eof(session):
    """EOF does not close the channel for requests."""
    session.sender.chan.write_eof()
    requests.send_exit_status(session.sender.chan, 7)
    await session.watcher.ended.wait()
    assert session.watcher.status == 7


async def test_the_stock_code_still_needs_the_guard(session):
    """When this fails, asyncssh's own way leaves the channel open: take the guard out."""
    session.sender.chan.exit(7)
    with pytest.raises(BrokenPipeError):
        session.sender.chan.write(b"what the host says after the status")


async def test_an_exit_signal_arrives_whole(session):
    """Name, core flag, message and language are passed on."""
    requests.send_exit_signal(session.sender.chan, "KILL", "out of memory", "en", core=True)
    await session.watcher.ended.wait()
    assert session.watcher.signal == ("KILL", True, "out of memory", "en")


async def test_nothing_is_sent_on_a_closed_channel(session):
    """A late exit status is dropped; it does not raise into a callback."""
    session.sender.chan.close()
    requests.send_exit_status(session.sender.chan, 7)
    requests.send_exit_signal(session.sender.chan, "KILL", "", "", core=False)
    requests.send_eow(session.sender.chan)
    await session.channel.wait_closed()
    assert session.watcher.status is None


async def test_a_reply_without_a_request_does_nothing(session):
    """The client may have gone before the answer was known."""
    requests.reply(session.sender.chan, accepted=True)
    requests.send_exit_status(session.sender.chan, 0)
    await session.watcher.ended.wait()


async def test_another_session_takes_a_channel_over(session):
    """What comes from then on, comes to it."""
    heard = asyncio.get_running_loop().create_future()

    class Next(asyncssh.SSHServerSession):
        def data_received(self, data, _datatype):
            heard.set_result(data)

    requests.hand_over(session.sender.chan, Next())
    session.channel.write(b"x")
    assert await heard == b"x"
    requests.send_exit_status(session.sender.chan, 0)
    await session.watcher.ended.wait()
