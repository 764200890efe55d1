"""Listens for engineers, and makes the inner servers that answer jumps.

What always holds: only the hardened algorithms are offered, no compression, no agent or X11
forwarding, no file access of asyncssh's own. What it does not do: decide who may do what.
"""

import asyncio
from copy import copy
from dataclasses import replace
from weakref import WeakSet

import asyncssh
from asyncssh.connection import SSHServerConnection, SSHServerConnectionOptions

from bastion import guards
from bastion.ca.issue import HostAuthority
from bastion.ca.signatories import Signatories
from bastion.clock import Clock
from bastion.config import Ssh
from bastion.config.algorithms import Algorithms
from bastion.config.limits import Limits
from bastion.downstream.antechamber import Antechamber
from bastion.downstream.authentication import Examiner
from bastion.downstream.channels import refuse
from bastion.downstream.connection import Door, DownstreamConnection
from bastion.downstream.device_login import DeviceLogin
from bastion.downstream.doorman import Doorman
from bastion.downstream.limits import HalfOpen
from bastion.downstream.notes import Notes
from bastion.downstream.opener import Opener
from bastion.downstream.presence import Presence
from bastion.downstream.reception import Reception
from bastion.downstream.server import Inner, Outer
from bastion.downstream.turnstile import Turnstile
from bastion.looking import Looking
from bastion.refusal import Code, Refusal

_LOOK_SECONDS = 30.0
_MAX_DEPTH = 8
"""Jumps within jumps: each takes its share of Python's stack, and nobody needs so many."""
_AT_ONCE = 4
"""Connections that asyncio takes in one turn of the event loop; it has one number for this and for
the next."""
_BACKLOG = 512
"""Connections that the system keeps until they are taken."""
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
        self.depth, self.jumps = outer.depth + 1, outer.jumps
        self.jumps.add(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It comes from where the outer connection comes from."""
        super().connection_made(transport)
        self.address = self._peer_addr = self._outer.address

    def _line_up(self, data: bytes) -> None:
        # It is in the connection of somebody who has logged in.
        self._look_at(data)

    async def send_userauth_success(self) -> None:
        """Nobody logs in twice; the outer connection's login counts."""
        self.identity = self._outer.identity
        await super().send_userauth_success()

    def _cleanup(self, exc: Exception | None) -> None:
        self.jumps.discard(self)
        super()._cleanup(exc)


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
        limits: Limits = Limits(),  # noqa: B008  frozen
        algorithms: Algorithms = Algorithms(),  # noqa: B008  frozen
        banner: str = "",
    ) -> None:
        self._settings, self._banner = settings, banner
        self._device_login = device_login
        self._presence = Presence(
            settings, host_key, host_authority, clock, limits=limits, algorithms=algorithms
        )
        self._reception, self._opener = reception, opener
        examiner = Examiner(signatories, clock, max_seconds=settings.max_certificate_seconds)
        self._turnstile, self._notes = Turnstile(limits, clock), Notes(reception.limited)
        self._door = Door(
            limits=limits,
            algorithms=algorithms,
            turnstile=self._turnstile,
            antechamber=Antechamber(),
            half_open=self._turnstile.half_open,
            notes=self._notes,
            examiner=examiner,
            note=reception.refuse,
        )
        self._leaving: set[Doorman] = set()
        self._connections: WeakSet[DownstreamConnection] = WeakSet()
        self._server: asyncio.Server | None = None
        self._looking = Looking("the host certificate", self._renew, seconds=_LOOK_SECONDS)

    async def start(self) -> int:
        """Listen; the port. Raises OSError where the address cannot be had."""
        guards.install()
        loop = asyncio.get_running_loop()
        await self._renew()
        address = self._settings.listen

        def admitted() -> DownstreamConnection:
            connection = DownstreamConnection(loop, self._outer_options, self._door)
            self._connections.add(connection)
            return connection

        def arrived() -> Doorman:
            return Doorman(self._may_come, admitted, self._leaving)

        self._server = await loop.create_server(
            arrived, address.host, address.port, backlog=_AT_ONCE
        )
        for listening in self._server.sockets:
            with listening.dup() as same:
                same.listen(_BACKLOG)
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
        await self._notes.finished()

    def _may_come(self, address: str) -> Refusal | None:
        refusal = self._turnstile.arrive(address)
        if refusal is not None:
            self._notes.limit(refusal, address)
        return refusal

    async def _renew(self) -> None:
        """Take the options of now; raises SigningError where none can be had any more."""
        self._outer_options = await self._presence.options(self._settings.name, self._outer)

    def _outer(self) -> Outer:
        return Outer(
            self._reception,
            self._opener,
            self._inner_connection,
            self._device_login,
            self._banner,
        )

    def _bound(self, outer: DownstreamConnection) -> None:
        """One more jump, unless it is too many; raises ChannelOpenError."""
        if outer.depth >= _MAX_DEPTH:
            raise refuse(Refusal(Code.CHANNEL_REFUSED, f"at most {_MAX_DEPTH} jumps in a row"))
        if len(outer.jumps) >= self._door.limits.max_channels:
            raise refuse(Refusal(Code.TOO_MANY_CHANNELS))

    async def _inner_connection(
        self, outer: DownstreamConnection, asked: str, target: str
    ) -> SSHServerConnection:
        def made() -> Inner:
            return Inner(self._reception, self._opener, self._inner_connection, target)

        # The options of a name are kept, but `localhost` is another host on each.
        options = copy(await self._presence.options(asked, made))
        options.protocol_factory = made
        self._bound(outer)
        return InnerConnection(asyncio.get_running_loop(), options, self._door, outer)
