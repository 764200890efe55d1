"""Listens for engineers, and makes the inner servers that answer jumps.

What always holds: only the hardened algorithms are offered, no compression, no agent or X11
forwarding, no file access of asyncssh's own. What it does not do: decide who may do what.
"""

import asyncio
from collections.abc import Callable
from weakref import WeakSet

import asyncssh
from asyncssh.connection import SSHServerConnection, SSHServerConnectionOptions

from bastion import guards
from bastion.ca.issue import HostAuthority
from bastion.clock import Clock
from bastion.config import Ssh
from bastion.downstream.connection import DownstreamConnection
from bastion.downstream.limits import HalfOpen
from bastion.downstream.reception import Reception
from bastion.downstream.server import Inner, Opener, Outer
from bastion.guards.algorithms import OPTIONS, SERVER_VERSION

_HOST_CERTIFICATE_SECONDS = 24 * 3600
_BY_APPLICATION = 11  # SSH_DISCONNECT_BY_APPLICATION, RFC 4253 section 11.1
_KEEPALIVE_CHANCES = 3


class InnerConnection(DownstreamConnection):
    """The connection inside a jump: it is who the outer one is, and comes from where it comes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: SSHServerConnectionOptions,
        settings: Ssh,
        outer: DownstreamConnection,
    ) -> None:
        super().__init__(loop, options, settings, HalfOpen(1))
        self._outer = outer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It comes from where the outer connection comes from."""
        super().connection_made(transport)
        self.address = self._peer_addr = self._outer.address

    async def send_userauth_success(self) -> None:
        """Nobody logs in twice; the outer connection's login counts."""
        self.identity = self._outer.identity
        await super().send_userauth_success()


class Listener:
    """The SSH server of one bastion process."""

    def __init__(
        self,
        settings: Ssh,
        *,
        host_key: asyncssh.SSHKey,
        host_authority: HostAuthority,
        user_cas: frozenset[asyncssh.SSHKey],
        reception: Reception,
        opener: Opener,
        clock: Clock,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._host_key, self._host_authority = host_key, host_authority
        self._user_cas, self._reception, self._opener = user_cas, reception, opener
        self._half_open = HalfOpen(settings.max_half_open)
        self._options: dict[str, tuple[float, SSHServerConnectionOptions]] = {}
        self._connections: WeakSet[DownstreamConnection] = WeakSet()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; the port. Raises OSError where the address cannot be had."""
        guards.install()
        loop = asyncio.get_running_loop()
        options = await self._construct(self._settings.name, self._outer)
        address = self._settings.listen

        def made() -> DownstreamConnection:
            connection = DownstreamConnection(loop, options, self._settings, self._half_open)
            self._connections.add(connection)
            return connection

        self._server = await loop.create_server(made, address.host, address.port)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self, seconds: float) -> None:
        """Take no more connections, end the living ones, and wait for their journals."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.disconnect(_BY_APPLICATION, "bastion: the bastion is stopping")
        await self._opener.live.drained(seconds)

    def _outer(self) -> Outer:
        return Outer(self._reception, self._opener, self._inner_connection, self._user_cas)

    async def _inner_connection(
        self, outer: DownstreamConnection, target: str
    ) -> SSHServerConnection:
        options = await self._options_for(target)
        return InnerConnection(asyncio.get_running_loop(), options, self._settings, outer)

    async def _options_for(self, target: str) -> SSHServerConnectionOptions:
        """Options with a host certificate for *target*, made anew before it runs out."""
        until, options = self._options.get(target, (0.0, None))
        now = self._clock.now()
        if options is None or until <= now:
            options = await self._construct(
                target, lambda: Inner(self._reception, self._opener, target)
            )
            self._options[target] = (now + _HOST_CERTIFICATE_SECONDS / 2, options)
        return options

    async def _construct(
        self, name: str, server: Callable[[], asyncssh.SSHServer]
    ) -> SSHServerConnectionOptions:
        certificate = self._host_authority.certify(
            self._host_key, name, seconds=_HOST_CERTIFICATE_SECONDS
        )
        options: SSHServerConnectionOptions = await SSHServerConnectionOptions.construct(
            server_factory=server,
            server_host_keys=[(self._host_key, certificate)],
            server_version=SERVER_VERSION,
            login_timeout=self._settings.login_seconds,
            keepalive_interval=self._settings.keepalive_seconds,
            keepalive_count_max=_KEEPALIVE_CHANCES,
            encoding=None,
            line_editor=False,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_scp=False,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            **OPTIONS,
        )
        return options
