"""Listens for engineers, and makes the inner servers that answer jumps.

What always holds: only the hardened algorithms are offered, no compression, no agent or X11
forwarding, no file access of asyncssh's own. What it does not do: decide who may do what.
"""

import asyncio
from dataclasses import replace
from weakref import WeakSet

import asyncssh
from asyncssh.connection import SSHServerConnection, SSHServerConnectionOptions

from bastion import guards
from bastion.ca.issue import HostAuthority
from bastion.ca.signatories import Signatories
from bastion.clock import Clock
from bastion.config import Ssh
from bastion.downstream.authentication import Examiner
from bastion.downstream.connection import Door, DownstreamConnection
from bastion.downstream.device_login import DeviceLogin
from bastion.downstream.limits import HalfOpen
from bastion.downstream.presence import Presence
from bastion.downstream.reception import Reception
from bastion.downstream.server import Inner, Opener, Outer
from bastion.looking import Looking

_LOOK_SECONDS = 30.0
_BY_APPLICATION = 11  # SSH_DISCONNECT_BY_APPLICATION, RFC 4253 section 11.1


class InnerConnection(DownstreamConnection):
    """The connection inside a jump: it is who the outer one is, and comes from where it comes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: SSHServerConnectionOptions,
        door: Door,
        outer: DownstreamConnection,
    ) -> None:
        super().__init__(loop, options, replace(door, half_open=HalfOpen(1)))
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

    _outer_options: SSHServerConnectionOptions

    def __init__(
        self,
        settings: Ssh,
        *,
        host_key: asyncssh.SSHKey,
        host_authority: HostAuthority,
        signatories: Signatories,
        reception: Reception,
        opener: Opener,
        clock: Clock,
        device_login: DeviceLogin | None = None,
    ) -> None:
        self._settings = settings
        self._device_login = device_login
        self._presence = Presence(settings, host_key, host_authority, clock)
        self._reception, self._opener = reception, opener
        examiner = Examiner(signatories, clock, max_seconds=settings.max_certificate_seconds)
        half_open = HalfOpen(settings.max_half_open)
        self._door = Door(settings, half_open, examiner, reception.refuse)
        self._connections: WeakSet[DownstreamConnection] = WeakSet()
        self._server: asyncio.Server | None = None
        self._looking = Looking("the host certificate", self._renew, seconds=_LOOK_SECONDS)

    async def start(self) -> int:
        """Listen; the port. Raises OSError where the address cannot be had."""
        guards.install()
        loop = asyncio.get_running_loop()
        await self._renew()
        address = self._settings.listen

        def made() -> DownstreamConnection:
            connection = DownstreamConnection(loop, self._outer_options, self._door)
            self._connections.add(connection)
            return connection

        self._server = await loop.create_server(made, address.host, address.port)
        self._looking.start()
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self, seconds: float) -> None:
        """Take no more connections, end the living ones, and wait for their journals."""
        if self._server is not None:
            self._server.close()
        await self._looking.stop()
        for connection in list(self._connections):
            connection.disconnect(_BY_APPLICATION, "bastion: the bastion is stopping")
        await self._opener.live.drained(seconds)

    async def _renew(self) -> None:
        """Take the options of now; raises SigningError where none can be had any more."""
        self._outer_options = await self._presence.options(self._settings.name, self._outer)

    def _outer(self) -> Outer:
        return Outer(self._reception, self._opener, self._inner_connection, self._device_login)

    async def _inner_connection(
        self, outer: DownstreamConnection, target: str
    ) -> SSHServerConnection:
        options = await self._presence.options(
            target, lambda: Inner(self._reception, self._opener, target)
        )
        return InnerConnection(asyncio.get_running_loop(), options, self._door, outer)
