"""Dials hosts: one upstream connection for each downstream connection, with a key of its own.

What always holds: dialing needs an `Authorization`; the key is made for this connection, its
certificate lives about two minutes and names the person; nothing of the bastion's own user (agent,
config, default keys, known hosts) is used. Failures arrive as UpstreamError with the code that the
user is shown and the cause for the log. What it does not do: relay.
"""

import asyncio
from asyncio import Future
from typing import Protocol

import asyncssh
from asyncssh.connection import SSHClientConnection, SSHClientConnectionOptions

from bastion.authorization import Authorization
from bastion.config import Upstream
from bastion.errors import UpstreamError
from bastion.guards.algorithms import OPTIONS
from bastion.guards.pressure import Backpressure
from bastion.guards.speed import Corked
from bastion.refusal import Code
from bastion.upstream.hostkeys import pinned

_KEEPALIVE_SECONDS = 15


class UpstreamConnection(Corked, Backpressure, SSHClientConnection):
    """A client connection with our guards."""


class KeyMaker(Protocol):
    """Makes the gateway-held key of one upstream connection, with its certificate."""

    def __call__(self, login: str, key_id: str) -> tuple[asyncssh.SSHKey, asyncssh.SSHCertificate]:
        """A key that opens the account *login*; its certificate's key id is *key_id*."""
        ...


class Dialer:
    """Opens upstream connections."""

    def __init__(self, make_key: KeyMaker, settings: Upstream) -> None:
        self._make_key, self._settings = make_key, settings

    async def dial(self, authorization: Authorization, connection_id: str) -> UpstreamConnection:
        """A connection to the authorized host as the authorized login; raises UpstreamError."""
        try:
            async with asyncio.timeout(self._settings.connect_seconds):
                return await self._connect(authorization, connection_id)
        except (OSError, asyncssh.Error) as error:
            raise _failure(authorization, error) from error

    async def _connect(
        self, authorization: Authorization, connection_id: str
    ) -> UpstreamConnection:
        target = authorization.target
        loop = asyncio.get_running_loop()
        options = await self._options(authorization, connection_id)
        waiter: Future[None] = loop.create_future()
        options.waiter = waiter
        _, connection = await loop.create_connection(
            lambda: UpstreamConnection(loop, options, wait="auth"), target.address, target.port
        )
        connection.set_extra_info(host=target.address, port=target.port)
        try:
            await waiter
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _options(
        self, authorization: Authorization, connection_id: str
    ) -> SSHClientConnectionOptions:
        key_id = f"bastion {authorization.identity.subject} {connection_id}"
        pair = self._make_key(authorization.login, key_id)
        options: SSHClientConnectionOptions = await SSHClientConnectionOptions.construct(
            host=authorization.target.address,
            port=authorization.target.port,
            username=authorization.login,
            client_keys=[pair],
            known_hosts=pinned(authorization.target),
            host_key_alias=authorization.target.name,
            preferred_auth="publickey",
            disable_trivial_auth=True,
            login_timeout=self._settings.connect_seconds,
            keepalive_interval=_KEEPALIVE_SECONDS,
            config=None,
            agent_path=None,
            gss_host=None,
            x509_trusted_certs=None,
            **OPTIONS,
        )
        return options


def _failure(authorization: Authorization, error: Exception) -> UpstreamError:
    where = f"{authorization.login}@{authorization.target.name}"
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return UpstreamError(Code.HOST_KEY_CHANGED, f"{where}: {error}")
    if isinstance(error, asyncssh.PermissionDenied):
        return UpstreamError(Code.HOST_LOGIN_REFUSED, f"{where}: {error}")
    return UpstreamError(Code.HOST_UNREACHABLE, f"{where}: {error!r}")


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
