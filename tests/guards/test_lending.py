"""Agents and displays are asked for and opened without sockets of this machine."""

import asyncio
import inspect

import asyncssh
import pytest
from asyncssh.connection import SSHClientConnection
from asyncssh.packet import Boolean, String, UInt32

from bastion.guards import lending
from bastion.guards.lending import Borrower, Display, Lent, offer
from tests.guards.conftest import Sender

COOKIE = b"00ff"


class Borrowing(Borrower, SSHClientConnection):
    """A client connection with the guard: the bastion's side towards a host."""


class Lends(Sender):
    """A session of a client that offers something; it lends the agent only."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = []

    def agent_requested(self):
        self.asked.append("agent")
        return True

    def display_requested(self, display):
        self.asked.append(display)
        return False


class Lender:
    """Counts what hosts open."""

    def __init__(self) -> None:
        self.opened = asyncio.Queue()

    async def agent(self):
        self.opened.put_nowait("agent")
        return asyncssh.SSHTCPSession()

    async def display(self, host, port):
        self.opened.put_nowait((host, port))
        return asyncssh.SSHTCPSession()


@pytest.fixture(autouse=True)
def _installed():
    lending.install()


async def _session(pair):
    channel, _ = await pair.client.create_session(asyncssh.SSHClientSession, "x", encoding=None)
    await pair.sender.is_started.wait()
    return channel


def _display(cookie=COOKIE, protocol=b"MIT-MAGIC-COOKIE-1", single=False):  # noqa: FBT002  as on the wire
    return Boolean(single), String(protocol), String(cookie), UInt32(3)


async def test_the_session_is_asked(connect):
    """Its answer is the client's; the display arrives as it was offered."""
    pair = await connect(sender=Lends())
    channel = await _session(pair)
    assert await channel._make_request(b"auth-agent-req@openssh.com") is True
    assert await channel._make_request(b"x11-req", *_display(single=True)) is False
    assert pair.sender.asked == ["agent", Display(True, b"MIT-MAGIC-COOKIE-1", COOKIE, 3)]
    assert pair.server._agent_listener is None


async def test_a_session_that_lends_nothing_is_not_asked(connect):
    """It need not know of any of this."""
    pair = await connect()
    channel = await _session(pair)
    assert await channel._make_request(b"auth-agent-req@openssh.com") is False
    assert await channel._make_request(b"x11-req", *_display()) is False


@pytest.mark.parametrize(
    "display",
    [
        _display(cookie=b"not hex"),
        _display(cookie=b"00" * 200),
        _display(protocol=b"\x1b[31m"),
        _display(protocol=b"\xff"),
    ],
)
async def test_a_hostile_offer_reaches_nobody(connect, display):
    """What is no cookie and no protocol's name is not passed on to a host."""
    pair = await connect(sender=Lends())
    channel = await _session(pair)
    assert await channel._make_request(b"x11-req", *display) is False
    assert pair.sender.asked == []


async def test_what_a_host_opens_is_lent(connect):
    """One channel at the lender for each of the host's, without a socket."""
    pair = await connect(sender=Lends(), client_class=Borrowing)
    channel, lender = await _session(pair), Lender()
    offer(channel, Lent(lender, agent=True, display=Display(False, b"P", COOKIE, 0)))
    await pair.server.create_agent_channel().open(asyncssh.SSHTCPSession)
    await pair.server.create_x11_connection(asyncssh.SSHTCPSession, "10.0.0.1", 7)
    assert await lender.opened.get() == "agent"
    assert await lender.opened.get() == ("10.0.0.1", 7)
    assert pair.sender.asked == ["agent", Display(False, b"P", COOKIE, 0)]


async def test_a_host_that_nobody_lends_to_is_refused(connect):
    """It may open nothing."""
    pair = await connect(client_class=Borrowing)
    with pytest.raises(asyncssh.ChannelOpenError, match="nothing is lent"):
        await pair.server.create_agent_channel().open(asyncssh.SSHTCPSession)
    with pytest.raises(asyncssh.ChannelOpenError, match="nothing is lent"):
        await pair.server.create_x11_connection(asyncssh.SSHTCPSession)


def test_the_stock_code_still_needs_the_guard():
    """When this fails, asyncssh can hand both on without sockets: take the guard out."""
    source = inspect.getsource(asyncssh.connection.SSHServerConnection.create_agent_listener)
    assert "create_unix_forward_listener" in source
