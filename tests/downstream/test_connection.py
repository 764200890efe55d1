"""What one connection remembers of its attempts to log in."""

import asyncio
from types import SimpleNamespace

import asyncssh
import pytest
from asyncssh.connection import SSHServerConnectionOptions
from asyncssh.constants import MSG_USERAUTH_REQUEST
from asyncssh.packet import PacketDecodeError, SSHPacket, String

from bastion.config.algorithms import Algorithms
from bastion.config.limits import Limits
from bastion.downstream.antechamber import Antechamber
from bastion.downstream.connection import Door, DownstreamConnection
from bastion.downstream.notes import Notes
from bastion.downstream.server import Outer
from bastion.downstream.turnstile import Turnstile
from bastion.identity import Identity
from bastion.refusal import Code, Refusal
from bastion.relay.live import Live
from tests.servers.waiting import turn

ADDRESS = "192.0.2.7"


@pytest.fixture
async def connection(clock):
    """A connection before its login, which nobody has opened."""

    async def keep(*_):
        pass

    turnstile = Turnstile(Limits(failed_logins_per_minute=1), clock)
    door = Door(
        Limits(),
        Algorithms(),
        turnstile,
        Antechamber(),
        turnstile.half_open,
        Notes(keep),
        examiner=None,
        note=keep,
    )
    options = await SSHServerConnectionOptions.construct(
        server_factory=asyncssh.SSHServer,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        gss_host=None,
    )
    connection = DownstreamConnection(asyncio.get_running_loop(), options, door)
    connection.address, connection.turnstile = ADDRESS, turnstile
    yield connection
    connection._cleanup(None)


def request(connection, method: bytes) -> None:
    """An authentication request that cannot be read to its end."""
    fields = String("ann") + String("wrong service") + String(method)
    with pytest.raises((asyncssh.DisconnectError, PacketDecodeError)):
        connection.process_packet(MSG_USERAUTH_REQUEST, 1, SSHPacket(fields))


async def test_what_a_request_proved_is_forgotten_before_the_next_is_read(connection):
    """Whatever becomes of that one; asyncssh calls its own method, not one that overrides it."""
    connection.identity, connection.examined = "somebody", "a key"
    request(connection, b"publickey")
    assert connection.identity is None
    assert connection.examined is None


async def test_whoever_tried_and_did_not_get_in_has_failed(connection):
    """Once for each connection, when it ends."""
    for _ in range(3):
        request(connection, b"publickey")
    assert connection.turnstile.arrive(ADDRESS) is None
    connection._cleanup(None)
    assert connection.turnstile.arrive(ADDRESS) is not None


async def test_whoever_only_asked_what_there_is_has_not_failed(connection):
    """Scanners and monitors do no more."""
    request(connection, b"none")
    connection._cleanup(None)
    assert connection.turnstile.arrive(ADDRESS) is None


async def test_who_goes_while_the_login_is_kept_counts_and_lives_no_more(connection):
    """Nothing is left of them: neither a place of the person's, nor a living connection."""
    is_kept, live = asyncio.Event(), Live()

    async def greet(_identity):
        await is_kept.wait()

    server = Outer(SimpleNamespace(greet=greet), SimpleNamespace(live=live), inner=None)
    connection._owner = server
    server.connection_made(connection)
    connection.identity = Identity("sub-1", "ann", frozenset(), 7, 2**40, "SHA256:x", ADDRESS)
    entering = asyncio.create_task(connection.send_userauth_success())
    await turn()
    assert connection._counted == "sub-1"
    connection._cleanup(None)
    is_kept.set()
    await asyncio.gather(entering, return_exceptions=True)
    assert not live.connections
    assert not connection.turnstile._inside


async def test_who_may_not_come_in_never_hears_of_success(connection):
    """Nothing can be under way when they are told, and it counts as no failure of their address."""

    async def greet(_identity):
        return Refusal(Code.TOO_MANY_LOGINS)

    server = Outer(SimpleNamespace(greet=greet), SimpleNamespace(live=Live()), inner=None)
    connection._owner = server
    server.connection_made(connection)
    connection.identity = Identity("sub-1", "ann", frozenset(), 7, 2**40, "SHA256:x", ADDRESS)
    await connection.send_userauth_success()
    assert not connection._auth_complete
    connection._cleanup(None)
    assert not connection.turnstile._inside
