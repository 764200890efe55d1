"""What a connection may do after its login: a session by user name, or a jump to a host.

    ssh root@gpu-01@bastion   the outer connection carries the sessions (`Outer`)
    ssh -J bastion gpu-01     the direct-tcpip channel of the outer connection is not forwarded but
                              answered by an inner server that has a host certificate for the asked
                              name (`Inner`); the identity is the outer one, nobody logs in twice

What always holds: every session channel has an `Authorization`; whatever else a client asks for
(forwarding, tunnels, agent, X11) is refused, for nothing here says yes to it. What it does not do:
relay.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import asyncssh
import structlog
from asyncssh.connection import SSHServerConnection

from bastion.authorization import Authorization
from bastion.downstream.channels import ChannelSession, refuse
from bastion.downstream.connection import DownstreamConnection
from bastion.downstream.destination import Destination, parse
from bastion.downstream.device_login import DeviceLogin
from bastion.downstream.reception import Reception
from bastion.downstream.sign_in import SignIn
from bastion.errors import SigningError, StoreError
from bastion.identity import Identity
from bastion.refusal import Code, Refusal
from bastion.relay.live import Live
from bastion.relay.pump import UserChannel
from bastion.relay.session import RelaySession
from bastion.target import Login
from bastion.upstream.connection import Link

_LOG = structlog.get_logger()
_SSH_PORT = 22
_BY_APPLICATION = 11  # SSH_DISCONNECT_BY_APPLICATION, RFC 4253 section 11.1


class Opener(Protocol):
    """Makes what a connection needs once it is known where it goes."""

    def link(self, authorization: Authorization) -> Link:
        """The upstream connection to be dialed."""
        ...

    def relay(self, channel: UserChannel, link: Link, authorization: Authorization) -> RelaySession:
        """The relay of one channel."""
        ...

    @property
    def live(self) -> Live:
        """Where living sessions are known."""
        ...


InnerMaker = Callable[[DownstreamConnection, str], Awaitable[SSHServerConnection]]


class _Server(asyncssh.SSHServer):
    """What both kinds share: one destination, one upstream connection, many sessions."""

    def __init__(self, reception: Reception, opener: Opener) -> None:
        self._reception, self._opener = reception, opener
        self._connection: DownstreamConnection | None = None
        self._link: Link | None = None

    def connection_made(self, conn: SSHServerConnection) -> None:
        """The transport is there; nobody has logged in yet."""
        if isinstance(conn, DownstreamConnection):
            self._connection = conn

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and so is what was opened for it."""
        if exc is not None:
            _LOG.debug("connection lost", cause=str(exc))
        self._opener.live.leave(self)
        if self._link is not None:
            self._link.close()

    # For the warden (live.LiveConnection).

    @property
    def identity(self) -> Identity | None:
        """Who it is."""
        return self._connection.identity if self._connection else None

    @property
    def authorization(self) -> Authorization | None:
        """What its upstream connection was opened with; None while it has none."""
        return self._link.authorization if self._link else None

    def leave(self, refusal: Refusal) -> None:
        """Close it and what was opened for it, and say why."""
        if self._link is not None:
            self._link.close()
        if self._connection is not None:
            self._connection.disconnect(_BY_APPLICATION, refusal.text())

    def session_requested(self) -> Any:
        """A session channel: asyncssh waits for the coroutine's answer."""
        return self._session()

    def _destination(self) -> Destination | None:
        raise NotImplementedError

    async def _session(self) -> ChannelSession:
        connection, destination = self._connection, self._destination()
        if connection is None or connection.identity is None:
            raise refuse(Refusal(Code.INTERNAL))
        if destination is None:
            raise refuse(Refusal(Code.NO_DESTINATION))
        if not connection.has_room():
            raise refuse(Refusal(Code.CHANNEL_REFUSED, "too many channels"))
        answer = await _guarded(self._reception.authorize(connection.identity, destination))
        if isinstance(answer, Refusal):
            raise refuse(answer)
        link = self._link = self._link or self._opener.link(answer)
        return ChannelSession(
            answer, lambda channel: self._opener.relay(channel, link, answer), self._opener.live
        )


class Outer(_Server):
    """A connection that a person has opened to the bastion itself."""

    def __init__(
        self,
        reception: Reception,
        opener: Opener,
        inner: InnerMaker,
        device_login: DeviceLogin | None = None,
    ) -> None:
        super().__init__(reception, opener)
        self._sign_in = SignIn(device_login, reception) if device_login else None
        self._inner = inner

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  whoever it is has to log in
        """Every login needs a certificate, or a sign-in at the provider."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Certificates come by public key authentication."""
        return True

    def validate_ca_key(self, username: str, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        """Whether *key* may certify people: the connection has just examined its certificate."""
        return self._connection is not None and key == self._connection.examined

    def kbdint_auth_supported(self) -> bool:
        """Whether somebody without a certificate may sign in at the provider."""
        return self._sign_in is not None

    async def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        """What the person is shown; no questions, so the client answers at once."""
        del lang, submethods
        if self._sign_in is None or self._connection is None:
            return False
        return await self._sign_in.begin(self._connection, username)

    async def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        """Wait until the person has signed in."""
        if self._sign_in is None or self._connection is None or responses:
            return False
        return await self._sign_in.finish(self._connection, username)

    async def auth_completed(self) -> None:
        """Somebody has logged in."""
        connection = self._connection
        if connection is None or connection.identity is None:
            raise asyncssh.DisconnectError(_BY_APPLICATION, Refusal(Code.INTERNAL).text())
        refusal = await self._reception.greet(connection.identity)
        if refusal is not None:
            connection.disconnect(_BY_APPLICATION, refusal.text())
        else:
            self._opener.live.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and so is what was opened for it."""
        if self._sign_in is not None:
            self._sign_in.close()
        super().connection_lost(exc)

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Any:
        """A direct-tcpip channel: a jump to a host, or refused."""
        del orig_host, orig_port
        return self._jump(dest_host, dest_port)

    def _destination(self) -> Destination | None:
        connection = self._connection
        if connection is None or connection.identity is None:
            return None
        username = str(connection.get_extra_info("username"))
        return None if username == connection.identity.account else parse(username)

    async def _jump(self, host: str, port: int) -> SSHServerConnection:
        connection = self._connection
        if connection is None or connection.identity is None:
            raise refuse(Refusal(Code.INTERNAL))
        if not connection.has_room():
            raise refuse(Refusal(Code.CHANNEL_REFUSED, "too many channels"))
        answer = await _guarded(self._reception.may_reach(connection.identity, host))
        if isinstance(answer, Refusal):
            raise refuse(answer)
        if port not in (_SSH_PORT, answer.port):
            raise refuse(Refusal(Code.CHANNEL_REFUSED, "port forwarding"))
        try:
            return await self._inner(connection, host)
        except SigningError as error:
            _LOG.error("no host certificate", host=host, cause=str(error))
            raise refuse(Refusal(Code.CA_UNAVAILABLE)) from error


class Inner(_Server):
    """The connection inside a jump; its user name is the account on the host."""

    def __init__(self, reception: Reception, opener: Opener, target: str) -> None:
        super().__init__(reception, opener)
        self._target, self._login = target, Login("")

    def begin_auth(self, username: str) -> bool:
        """Nobody logs in twice: the outer connection's identity counts."""
        self._login = Login(username)
        return False

    async def auth_completed(self) -> None:
        """The outer connection's login counts; from now on this one can be ended by itself."""
        self._opener.live.enter(self)

    def _destination(self) -> Destination | None:
        return Destination(self._target, self._login)


async def _guarded(asking: Coroutine[Any, Any, Any]) -> Any:
    """What *asking* answers; a store that fails is a refusal."""
    try:
        return await asking
    except StoreError as error:
        return Refusal(Code.STORE_UNAVAILABLE, cause=str(error))
