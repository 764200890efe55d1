"""Dials hosts: one upstream connection for each downstream connection.

What always holds: dialing needs an `Authorization`; the host proves its pinned key before it is
asked for anything, and so does every host on the way to it; nothing of the bastion's own user
(agent, config, default keys, known hosts) is used. By default the key is made for this connection,
its certificate lives about two minutes and names the person. Failures arrive as UpstreamError with
the code that the user is shown and the cause for the log. What it does not do: relay, or try again.
"""

import asyncio
import socket
from asyncio import Future
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from typing import Protocol, cast

import asyncssh
from asyncssh.connection import SSHClientConnection, SSHClientConnectionOptions

from bastion.authorization import Authorization, Channel
from bastion.config import Upstream
from bastion.config.algorithms import Algorithms
from bastion.errors import HostKeyError, UpstreamError
from bastion.guards import algorithms as offered
from bastion.guards.lending import Borrower
from bastion.guards.pressure import Backpressure
from bastion.guards.speed import Corked, Unhurried
from bastion.refusal import Code
from bastion.target import Family, Login, Method, Target
from bastion.upstream.hostkeys import algorithms, fingerprints, pinned
from bastion.upstream.login import HostLogin, KeyLogin, KeyPair, PasswordLogin
from bastion.upstream.vault import Vault

_KEEPALIVE_SECONDS = 15
_NEXT_ADDRESS_SECONDS = 0.5
"""How long an address of a host may be silent before the next one is tried as well (RFC 8305)."""

FAMILIES = {
    Family.ANY: socket.AF_UNSPEC,
    Family.IPV4: socket.AF_INET,
    Family.IPV6: socket.AF_INET6,
}


class UpstreamConnection(Corked, Unhurried, Backpressure, Borrower, SSHClientConnection):
    """A client connection with our guards."""


class KeyMaker(Protocol):
    """Makes the gateway-held key of one upstream connection, with its certificate."""

    async def __call__(
        self,
        login: str,
        key_id: str,
        *,
        is_direct: bool,
        is_way: bool,
        channels: AbstractSet[Channel],
    ) -> tuple[asyncssh.SSHKey, asyncssh.SSHCertificate]:
        """A key that opens the account *login*; its certificate's key id is *key_id*.

        A host that is not dialed directly sees the address of the host before it, not ours; one
        that is on the way to another has to forward ports, and nothing else. The others permit
        what *channels* need.
        """
        ...


Alarm = Callable[[Authorization, HostKeyError], Awaitable[None]]
"""Told when a host presented another key than the pinned one."""


class Dialer:
    """Opens upstream connections."""

    def __init__(
        self,
        make_key: KeyMaker,
        settings: Upstream,
        vault: Vault,
        alarm: Alarm,
        algorithms: Algorithms = Algorithms(),  # noqa: B008  frozen
    ) -> None:
        self._make_key, self._settings = make_key, settings
        self._vault, self._alarm = vault, alarm
        self._algorithms = algorithms

    async def dial(self, authorization: Authorization, connection_id: str) -> UpstreamConnection:
        """A connection to the authorized host as the authorized login; raises UpstreamError."""
        target, login = authorization.target, authorization.login
        key_id = f"bastion {authorization.identity.subject} {connection_id}"
        try:
            async with asyncio.timeout(self._settings.connect_seconds):
                return await self._reach(target, login, key_id, authorization.channels)
        except TimeoutError as error:
            raise UpstreamError(
                Code.HOST_TIMEOUT,
                f"{login}@{target.name}: no answer in {self._settings.connect_seconds} s",
            ) from error
        except HostKeyError as error:
            await self._alarm(authorization, error)
            raise

    async def _reach(
        self, target: Target, login: Login, key_id: str, channels: AbstractSet[Channel] | None
    ) -> UpstreamConnection:
        """Log in to *target*, after logging in to the hosts on the way; they have no *channels*."""

        async def certified() -> KeyPair:
            is_direct = target.via is None
            is_way, kinds = channels is None, channels or frozenset()
            return await self._make_key(
                login, key_id, is_direct=is_direct, is_way=is_way, channels=kinds
            )

        owner = self._login(target, certified)
        if target.via is None:
            return await self._enter(target, login, owner, None)
        jump_login = Login(target.via.jump_login)
        way = await self._reach(target.via, jump_login, key_id, None)
        try:
            return await self._enter(target, login, owner, way)
        except BaseException:
            way.abort()
            raise

    async def _enter(
        self, target: Target, login: Login, owner: HostLogin, way: UpstreamConnection | None
    ) -> UpstreamConnection:
        try:
            options = await self._options(target, login, owner)
            return await _connect(target, options, way)
        except (OSError, asyncssh.Error) as error:
            raise owner.failure or _failure(target, login, owner, error) from error

    def _login(self, target: Target, certified: Callable[[], Awaitable[KeyPair]]) -> HostLogin:
        match target.method:
            case Method.CERTIFICATE:
                return KeyLogin(certified)
            case Method.KEY:
                return KeyLogin(lambda: self._vault.key(target))
            case Method.PASSWORD:
                return PasswordLogin(lambda: self._vault.password(target))

    async def _options(
        self, target: Target, login: Login, owner: HostLogin
    ) -> SSHClientConnectionOptions:
        options: SSHClientConnectionOptions = await SSHClientConnectionOptions.construct(
            client_factory=lambda: owner,
            host=target.address,
            port=target.port,
            username=login,
            client_keys=None,
            known_hosts=pinned(target),
            host_key_alias=target.name,
            server_host_key_algs=algorithms(target),
            preferred_auth=owner.methods,
            disable_trivial_auth=True,
            login_timeout=self._settings.connect_seconds,
            keepalive_interval=_KEEPALIVE_SECONDS,
            config=None,
            agent_path=None,
            gss_host=None,
            x509_trusted_certs=None,
            **offered.options(self._algorithms, allow_legacy=target.allow_legacy_algorithms),
        )
        return options


async def _connect(
    target: Target, options: SSHClientConnectionOptions, way: UpstreamConnection | None
) -> UpstreamConnection:
    """Connect, through the connection *way* where there is one, and wait for the login."""
    loop = asyncio.get_running_loop()
    waiter: Future[None] = loop.create_future()
    options.waiter = waiter

    def made() -> UpstreamConnection:
        return UpstreamConnection(loop, options, wait="auth")

    connection = await _carried(target, made, way) if way else await _dialed(target, made)
    connection.set_extra_info(host=target.address, port=target.port)
    try:
        await waiter
    except BaseException:
        connection.abort()
        raise
    return connection


async def _dialed(target: Target, made: Callable[[], UpstreamConnection]) -> UpstreamConnection:
    """On TCP; the host's addresses are tried one after the other until one answers."""
    _, connection = await asyncio.get_running_loop().create_connection(
        made,
        target.address,
        target.port,
        family=FAMILIES[target.family],
        happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS,
    )
    return connection


async def _carried(
    target: Target, made: Callable[[], UpstreamConnection], way: UpstreamConnection
) -> UpstreamConnection:
    """In a direct-tcpip channel of the connection *way*, which ends with it."""
    connections: list[UpstreamConnection] = []

    def session() -> asyncssh.SSHTCPSession[bytes]:
        connections.append(made())
        # asyncssh's connections have what a session has: this is how its own tunnels are made.
        return cast("asyncssh.SSHTCPSession[bytes]", connections[0])

    await way.create_connection(session, target.address, target.port)
    connections[0].set_tunnel(way)
    return connections[0]


def _failure(target: Target, login: Login, owner: HostLogin, error: Exception) -> UpstreamError:
    where = f"{login}@{target.name}"
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return HostKeyError(
            Code.HOST_KEY_CHANGED,
            f"{where}: {error}",
            host=target.name,
            presented=owner.presented,
            pinned=fingerprints(target),
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return UpstreamError(Code.HOST_LOGIN_REFUSED, f"{where}: {error}")
    return UpstreamError(code_of(error), f"{where}: {error!r}")


def code_of(error: Exception) -> Code:
    """What the user is told of an *error* on the way to a host."""
    match error:
        case ConnectionRefusedError():
            return Code.HOST_REFUSED
        case TimeoutError():
            return Code.HOST_TIMEOUT
        case socket.gaierror():
            return Code.HOST_NAME_UNKNOWN
        case _:
            return Code.HOST_UNREACHABLE


class Link:
    """The upstream connection of one downstream connection, dialed when it is first needed."""

    def __init__(self, dialer: Dialer, authorization: Authorization, connection_id: str) -> None:
        self._dialer, self._connection_id = dialer, connection_id
        self.authorization = authorization
        self._dialing: asyncio.Task[UpstreamConnection] | None = None

    async def connection(self) -> UpstreamConnection:
        """The connection; raises UpstreamError. A lost or failed one is dialed anew."""
        if self._dialing is None or self._is_over(self._dialing):
            dial = self._dialer.dial(self.authorization, self._connection_id)
            self._dialing = asyncio.create_task(dial)
        return await asyncio.shield(self._dialing)

    def close(self) -> None:
        """Close it, or stop dialing."""
        dialing, self._dialing = self._dialing, None
        if dialing is None:
            return
        if not dialing.done():
            dialing.cancel()
        elif not dialing.cancelled() and dialing.exception() is None:
            dialing.result().close()

    @staticmethod
    def _is_over(dialing: asyncio.Task[UpstreamConnection]) -> bool:
        if not dialing.done():
            return False
        failed = dialing.cancelled() or dialing.exception() is not None
        return failed or dialing.result().is_closed()
