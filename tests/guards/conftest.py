"""A connection between asyncssh's client and server in this process, with and without guards."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncssh
import pytest
from asyncssh.connection import (
    SSHClientConnection,
    SSHClientConnectionOptions,
    SSHServerConnection,
    SSHServerConnectionOptions,
)


class Sender(asyncssh.SSHServerSession):
    """Writes what it is told to; keeps what happens to it."""

    def __init__(self) -> None:
        self.reasons: list[tuple[str, bool]] = []
        self.is_refused = asyncio.Event()
        self.is_started = asyncio.Event()

    def connection_made(self, chan):
        self.chan = chan

    def exec_requested(self, _command):
        return True

    def session_started(self):
        self.is_started.set()

    def hold_back(self, why, on):
        self.reasons.append((why, on))

    def output_refused(self):
        self.is_refused.set()


class _Server(asyncssh.SSHServer):
    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def begin_auth(self, _username):
        return False

    def session_requested(self):
        return self._sender


class Watcher(asyncssh.SSHClient):
    """Keeps why the client's connection ended."""

    def __init__(self) -> None:
        self.lost = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc):
        self.lost.set_result(exc)


class Pair:
    """A client connection and the session that answers it."""

    def __init__(self, client, server, sender) -> None:
        self.client, self.server, self.sender = client, server, sender
        self.lost = client.get_owner().lost


@pytest.fixture
async def connect() -> AsyncIterator[Callable]:
    """Makes a pair with the given connection classes; everything is closed afterwards."""
    loop, opened = asyncio.get_running_loop(), []

    async def made(
        server_class=SSHServerConnection,
        client_class=SSHClientConnection,
        sender=None,
        **server_options,
    ) -> Pair:
        sender, servers = sender or Sender(), []
        options = await SSHServerConnectionOptions.construct(
            server_factory=lambda: _Server(sender),
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            encoding=None,
            line_editor=False,
            gss_host=None,
            **server_options,
        )

        def accepted():
            servers.append(server_class(loop, options))
            return servers[-1]

        listening = await loop.create_server(accepted, "127.0.0.1", 0)
        client_options = await SSHClientConnectionOptions.construct(
            client_factory=Watcher,
            known_hosts=None,
            config=None,
            agent_path=None,
            client_keys=[],
            gss_host=None,
            username="engineer",
        )
        client_options.waiter = loop.create_future()
        address = listening.sockets[0].getsockname()
        _, client = await loop.create_connection(
            lambda: client_class(loop, client_options, wait="auth"), *address
        )
        await client_options.waiter
        opened.append((listening, client, servers[0]))
        return Pair(client, servers[0], sender)

    yield made
    for listening, client, server in opened:
        listening.close()
        client.abort()
        server.abort()
        await asyncio.gather(client.wait_closed(), server.wait_closed(), return_exceptions=True)
