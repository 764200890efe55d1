"""What one connection forwards: `-L`, `-D`, `-W` and Unix sockets through its host, `-R` back.

    direct-tcpip to an SSH port of the inventory   → a session, answered by an inner server
    direct-tcpip, direct-streamlocal               → a stream through the host, by the rules
    tcpip-forward, streamlocal-forward             → the host listens; each connection is a stream

What always holds: nothing is connected from this machine itself; SSH never passes as a stream, but
where a rule names that very place; whoever may not reach a host learns nothing of it. What it does
not do: carry bytes (`bastion.relay.forward`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import asyncssh
import structlog
from asyncssh.connection import SSHServerConnection

from bastion.audit.entry import AuditCode
from bastion.authorization import Authorization, Channel
from bastion.downstream.carrying import Carrying
from bastion.downstream.channels import refuse
from bastion.downstream.connection import DownstreamConnection
from bastion.downstream.reception import Reception
from bastion.errors import StoreError
from bastion.guards.speed import MAX_PACKET_BYTES
from bastion.identity import Identity
from bastion.policy.endpoint import Endpoint, destination, interface, unix_socket
from bastion.policy.forwards import SSH_PORT, is_named, may_connect, may_listen
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.relay.forward import Carriage
from bastion.relay.pipe import Half, Side
from bastion.target import Target
from bastion.upstream.connection import Link

_LOG = structlog.get_logger()
_TOO_MANY = Refusal(Code.TOO_MANY_CHANNELS)
_MAX_ORIGIN = 64

Arrived: TypeAlias = "Half | SSHServerConnection"


@dataclass(frozen=True)
class Reached:
    """The host that a connection goes to."""

    authorization: Authorization
    link: Link


class Hub(Protocol):
    """The server of the connection."""

    @property
    def connection(self) -> DownstreamConnection | None:
        """The connection, once it is there."""
        ...

    def here(self) -> Target | None:
        """The host that its user name or its jump names, if there is one of that name."""
        ...

    async def reach(self) -> Reached:
        """What opens that host; raises ChannelOpenError."""
        ...

    async def enter(self, asked: str, target: str) -> SSHServerConnection:
        """An inner server that answers as *asked* for the host *target*."""
        ...


class Forwarding:
    """The forwarding of one connection."""

    def __init__(self, hub: Hub, reception: Reception, carrying: Carrying) -> None:
        self._hub, self._reception, self._carrying = hub, reception, carrying
        self._listeners: set[_Listening] = set()

    async def connect(self, host: str, port: int, origin: tuple[str, int]) -> Arrived:
        """A direct-tcpip channel: a session on a host, or a stream; raises ChannelOpenError."""
        endpoint = await self._read(destination(host, port))
        target = self._reception.ssh_host(endpoint, self._hub.here())
        if target is not None and (entered := await self._enter(host, target)):
            return entered
        if endpoint.port == SSH_PORT:
            raise refuse(await self._denied(Refusal(Code.SSH_NOT_FORWARDED), endpoint))
        reached = await self._hub.reach()
        is_ssh = target is not None or self._reception.is_ssh_port(endpoint)

        def is_exact(answer: Authorization) -> bool:
            return target is None and is_named(answer, endpoint)

        def may(answer: Authorization) -> Refusal | None:
            hidden = Refusal(Code.SSH_NOT_FORWARDED) if is_ssh and not is_exact(answer) else None
            return may_connect(answer, endpoint) or hidden

        if refusal := may(reached.authorization):
            raise refuse(await self._denied(refusal, endpoint))

        async def depart(half: Callable[[], Half]) -> object:
            connection = await reached.link.connection()
            return await connection.create_connection(
                half, endpoint.host, endpoint.port, *_plain(origin), max_pktsize=MAX_PACKET_BYTES
            )

        carriage = Carriage(
            Channel.FORWARD,
            str(endpoint),
            "user",
            may,
            may_be_ssh=is_exact(reached.authorization),
        )
        return await self._carrying.carry(carriage, reached.authorization, depart)

    async def connect_socket(self, path: str) -> Half:
        """A direct-streamlocal channel: a stream to a socket of the host."""
        endpoint = await self._read(unix_socket(path))
        reached = await self._hub.reach()
        if refusal := may_connect(reached.authorization, endpoint):
            raise refuse(await self._denied(refusal, endpoint))

        async def depart(half: Callable[[], Half]) -> object:
            connection = await reached.link.connection()
            return await connection.create_unix_connection(
                half, endpoint.path, max_pktsize=MAX_PACKET_BYTES
            )

        carriage = _carriage(Channel.FORWARD, "user", endpoint, may_connect)
        return await self._carrying.carry(carriage, reached.authorization, depart)

    async def listen(self, host: str, port: int) -> Any:
        """A tcpip-forward request: the host's listener, or False."""

        async def begin(reached: Reached, endpoint: Endpoint) -> asyncssh.SSHListener:
            asked = "" if endpoint.host == "*" else endpoint.host
            upstream = await reached.link.connection()

            def arrived(orig_host: str, orig_port: int) -> Awaitable[Half]:
                origin = _plain((orig_host, orig_port))
                place = (host, listener.get_port())

                async def open_(user: DownstreamConnection, half: Callable[[], Half]) -> object:
                    return await user.create_connection(half, *place, *origin)

                return self._arrived(reached, endpoint, open_)

            listener = await upstream.create_server(arrived, asked, port, encoding=None)
            return listener

        return await self._listen(interface(host, port), begin)

    async def listen_socket(self, path: str) -> Any:
        """A streamlocal-forward request: the host's listener, or False."""

        async def begin(reached: Reached, endpoint: Endpoint) -> asyncssh.SSHListener:
            upstream = await reached.link.connection()

            def arrived() -> Awaitable[Half]:

                async def open_(user: DownstreamConnection, half: Callable[[], Half]) -> object:
                    return await user.create_unix_connection(half, path)

                return self._arrived(reached, endpoint, open_)

            return await upstream.create_unix_server(arrived, endpoint.path, encoding=None)

        return await self._listen(unix_socket(path), begin)

    async def _enter(self, asked: str, target: Target) -> SSHServerConnection | None:
        """A session on *target*; None where the person may not reach it."""
        answer = await self._reception.may_reach(self._identity(), target.name)
        if isinstance(answer, Refusal):
            if answer.code is Code.ACCESS_DENIED:
                return None
            raise refuse(answer)
        return await self._hub.enter(asked, target.name)

    async def _listen(self, endpoint: Endpoint | Refusal, begin: "_Begin") -> Any:
        """The answer to a global request: nothing may be raised, or the connection ends."""
        try:
            listener = await self._begun(await self._read(endpoint), begin)
        except asyncssh.ChannelOpenError as error:
            self.say(error.reason)
            return False
        except asyncio.CancelledError:
            return False
        except Exception as error:  # noqa: BLE001  the last net: this connection has sessions
            _LOG.warning("listening failed", cause=repr(error))
            self.say(Refusal(Code.FORWARD_FAILED).text())
            return False
        if self._hub.connection is None or self._hub.connection.is_closed():
            listener.close()
            return False
        return listener

    async def _begun(self, endpoint: Endpoint, begin: "_Begin") -> "_Listening":
        reached = await self._hub.reach()
        refusal = may_listen(reached.authorization, endpoint)
        if refusal is None and len(self._listeners) >= self._carrying.max_listeners:
            refusal = Refusal(Code.CHANNEL_REFUSED, "too many listeners")
        if refusal is not None:
            raise refuse(await self._denied(refusal, endpoint))
        await self._reception.note(
            AuditCode.FORWARD_LISTENING,
            self._identity().subject,
            target=reached.authorization.target.name,
            login=reached.authorization.login,
            at=str(endpoint),
        )
        listening = _Listening(self, reached, endpoint, await begin(reached, endpoint))
        self._listeners.add(listening)
        self._carrying.live.enter(listening)
        return listening

    def closed(self, listening: "_Listening") -> None:
        """It listens no more."""
        self._listeners.discard(listening)
        self._carrying.live.leave(listening)

    def say(self, sentence: str) -> None:
        """A global request is refused without words; `ssh -v` shows these."""
        if self._hub.connection is not None and not self._hub.connection.is_closed():
            self._hub.connection.send_debug(sentence, always_display=True)

    async def _arrived(self, reached: Reached, endpoint: Endpoint, open_: "_Open") -> Half:
        """Somebody has connected to where the host listens; raises ChannelOpenError."""
        user = self._hub.connection
        if user is None or not user.has_room(self._carrying.arriving + 1):
            raise refuse(_TOO_MANY)

        async def depart(half: Callable[[], Half]) -> object:
            return await open_(user, half)

        carriage = _carriage(Channel.FORWARD_REMOTE, "host", endpoint, may_listen)
        return await self._carrying.carry(carriage, reached.authorization, depart)

    async def _read(self, endpoint: Endpoint | Refusal) -> Endpoint:
        """The *endpoint*, if it could be read and there is room; raises ChannelOpenError."""
        connection = self._hub.connection
        if connection is None or not connection.has_room():
            raise refuse(_TOO_MANY)
        if isinstance(endpoint, Refusal):
            raise refuse(await self._denied(endpoint, None))
        return endpoint

    async def _denied(self, refusal: Refusal, endpoint: Endpoint | None) -> Refusal:
        """Keep the denial; it is one whether or not that can be kept."""
        identity, here = self._identity(), self._hub.here()
        try:
            await self._reception.denied(
                identity,
                target=here.name if here else "",
                to=str(endpoint or refusal.detail),
                cause=str(refusal.code),
            )
        except StoreError as error:
            return Refusal(Code.STORE_UNAVAILABLE, cause=str(error))
        return refusal

    def _identity(self) -> Identity:
        connection = self._hub.connection
        if connection is None or connection.identity is None:
            raise refuse(Refusal(Code.INTERNAL))
        return connection.identity


_Begin: TypeAlias = Callable[[Reached, Endpoint], Awaitable[asyncssh.SSHListener]]
_Open: TypeAlias = Callable[[DownstreamConnection, Callable[[], Half]], Awaitable[object]]


class _Listening(asyncssh.SSHListener):
    """The host's listener, while somebody has use for it and may (live.LiveConnection)."""

    def __init__(
        self,
        forwarding: Forwarding,
        reached: Reached,
        endpoint: Endpoint,
        listener: asyncssh.SSHListener,
    ) -> None:
        super().__init__()
        self._forwarding, self._listener = forwarding, listener
        self._reached, self._endpoint = reached, endpoint
        self.identity: Identity | None = reached.authorization.identity

    @property
    def authorization(self) -> Authorization:
        """What the host is reached with."""
        return self._reached.link.authorization

    def may(self, answer: Authorization) -> Refusal | None:
        """A refusal where *answer* does not let the host listen there."""
        return may_listen(answer, self._endpoint)

    def leave(self, refusal: Refusal) -> None:
        """Listen no more, and say why."""
        self.close()
        self._forwarding.say(refusal.text())

    def get_port(self) -> int:
        """The port that the host chose."""
        return self._listener.get_port()

    def close(self) -> None:
        """Tell the host, unless it is gone."""
        self._forwarding.closed(self)
        self._listener.close()


def _carriage(
    kind: Channel,
    arrives: Side,
    endpoint: Endpoint,
    may: Callable[[Authorization, Endpoint], Refusal | None],
) -> Carriage:
    return Carriage(kind, str(endpoint), arrives, lambda answer: may(answer, endpoint))


def _plain(origin: tuple[str, int]) -> tuple[str, int]:
    """Who connects, as the other side says; the host may log it."""
    host, port = origin
    return printable(host, _MAX_ORIGIN), port
