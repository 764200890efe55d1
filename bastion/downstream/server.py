"""What a connection may do after its login: a session by user name, or a jump to a host.

    ssh root@gpu-01@bastion   the outer connection carries the sessions (`Outer`)
    ssh -J bastion gpu-01     the direct-tcpip channel of the outer connection is not forwarded but
                              answered by an inner server that has a host certificate for the asked
                              name (`Inner`); the identity is the outer one, nobody logs in twice

What always holds: every channel has an `Authorization`, or is a jump to a host that the person may
reach; docs/doors.md has every door. What it does not do: relay.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import asyncssh
import structlog
from asyncssh.connection import SSHServerConnection

from bastion.authorization import Authorization
from bastion.downstream.admission import Admission
from bastion.downstream.carrying import Carrying
from bastion.downstream.channels import ChannelSession, refuse
from bastion.downstream.commands.call import Call
from bastion.downstream.commands.channel import CommandSession
from bastion.downstream.connection import DownstreamConnection
from bastion.downstream.destination import Destination, parse
from bastion.downstream.device_login import DeviceLogin
from bastion.downstream.forwarding import Forwarding, Reached
from bastion.downstream.lending import Lending, Loan
from bastion.downstream.lobby import Lobby
from bastion.downstream.menu.doorway import ChosenSession, MenuDoorway
from bastion.downstream.menu.session import MenuSession
from bastion.downstream.opener import Opener
from bastion.downstream.reception import Reception
from bastion.downstream.sign_in import SignIn
from bastion.downstream.told import Told
from bastion.downstream.vestibule import Vestibule
from bastion.errors import SigningError, StoreError
from bastion.identity import Identity
from bastion.policy.endpoint import destination
from bastion.refusal import Code, Refusal
from bastion.target import Login, Target
from bastion.upstream.connection import Link

_LOG = structlog.get_logger()
_SSH_PORT = 22
_BY_APPLICATION = 11  # SSH_DISCONNECT_BY_APPLICATION, RFC 4253 section 11.1


InnerMaker = Callable[[DownstreamConnection, str, str], Awaitable[SSHServerConnection]]
"""Makes the inner server of a jump: the connection that it is in, the name that was asked for, and
the host of the inventory that it stands for."""


class _Server(asyncssh.SSHServer):
    """What both kinds share: one destination, one upstream connection, many sessions."""

    def __init__(self, reception: Reception, opener: Opener, inner: InnerMaker) -> None:
        self._reception, self._opener, self._inner = reception, opener, inner
        self._connection: DownstreamConnection | None = None
        self._link: Link | None = None
        self._carrying = Carrying(opener)
        self._forwarding = Forwarding(self, reception, self._carrying)
        self._lending = Lending(lambda: self._connection, self._carrying)

    def connection_made(self, conn: SSHServerConnection) -> None:
        """The transport is there; nobody has logged in yet."""
        if isinstance(conn, DownstreamConnection):
            self._connection = conn

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and so is what was opened for it."""
        if exc is not None:
            _LOG.debug("connection lost", cause=str(exc))
        self._opener.live.leave(self)
        self._carrying.close()
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

    def may(self, answer: Authorization) -> Refusal | None:  # noqa: ARG002  each channel is asked
        """Whatever it is let do, it may stay open."""
        return None

    def leave(self, refusal: Refusal) -> None:
        """Close it and what was opened for it, and say why."""
        if self._link is not None:
            self._link.close()
        if self._connection is not None:
            self._connection.disconnect(_BY_APPLICATION, refusal.text())

    async def welcome(self) -> Refusal | None:
        """Let somebody in who has logged in; why not, where they may not come in."""
        return None

    def session_requested(self) -> Any:
        """A session channel: asyncssh waits for the coroutine's answer."""
        return self._session()

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Any:
        """A direct-tcpip channel: a session on a host, or a connection through this one."""
        return _answered(self._forwarding.connect(dest_host, dest_port, (orig_host, orig_port)))

    def unix_connection_requested(self, dest_path: str) -> Any:
        """A direct-streamlocal channel."""
        return _answered(self._forwarding.connect_socket(dest_path))

    def server_requested(self, listen_host: str, listen_port: int) -> Any:
        """A tcpip-forward request."""
        return self._forwarding.listen(listen_host, listen_port)

    def unix_server_requested(self, listen_path: str) -> Any:
        """A streamlocal-forward request."""
        return self._forwarding.listen_socket(listen_path)

    # For the forwarding (forwarding.Hub).

    @property
    def connection(self) -> DownstreamConnection | None:
        """The connection, once it is there."""
        return self._connection

    def here(self) -> Target | None:
        """The host that this connection names, if there is one of that name."""
        destination = self._destination()
        return self._reception.find(destination.target) if destination else None

    async def reach(self) -> Reached:
        """What opens that host; raises ChannelOpenError."""
        identity, destination = self.identity, self._destination()
        if identity is None or destination is None:
            raise refuse(Refusal(Code.NO_DESTINATION))
        answer = await _guarded(self._reception.authorize(identity, destination))
        if isinstance(answer, Refusal):
            raise refuse(answer)
        return Reached(answer, self._linked(answer))

    async def enter(self, asked: str, target: str) -> SSHServerConnection:
        """An inner server that answers as *asked* for the host *target*."""
        if self._connection is None:
            raise refuse(Refusal(Code.INTERNAL))
        try:
            return await self._inner(self._connection, asked.lower(), target)
        except SigningError as error:
            _LOG.error("no host certificate", host=asked, cause=str(error))
            raise refuse(Refusal(Code.CA_UNAVAILABLE)) from error

    def _destination(self) -> Destination | None:
        raise NotImplementedError

    async def _session(self) -> asyncssh.SSHServerSession[bytes]:
        connection, destination = self._connection, self._destination()
        if connection is None or connection.identity is None:
            raise refuse(Refusal(Code.INTERNAL))
        if not connection.has_room():
            raise refuse(Refusal(Code.TOO_MANY_CHANNELS))
        if destination is None:
            identity = connection.identity
            command = partial(CommandSession, partial(self._call, identity))
            return Lobby(command, partial(self._menu, identity))
        answer = await _guarded(self._entrance(connection.identity, destination))
        if isinstance(answer, Refusal):
            raise refuse(answer)
        session: asyncssh.SSHServerSession[bytes] = answer
        return session

    def _call(
        self,
        identity: Identity,
        words: tuple[str, ...],
        out: Callable[[str], None],
        err: Callable[[str], None],
    ) -> Call:
        """A call of one of the bastion's own commands."""
        opener = self._opener
        return Call(identity, words, self._reception, opener.access, opener.clock, out, err)

    def _menu(self, identity: Identity, told: Told) -> MenuSession:
        """The menu of the hosts that *identity* may reach."""
        entrance = partial(self._entrance, make=self._chosen_session)
        return MenuSession(MenuDoorway(identity, self._reception, entrance), told)

    async def _entrance(
        self,
        identity: Identity,
        destination: Destination,
        make: Callable[[Authorization], ChannelSession] | None = None,
    ) -> asyncssh.SSHServerSession[bytes] | Refusal:
        """What serves a session channel: at once, or after an approval."""
        make = make or self._channel_session
        answer = await self._reception.admission(identity, destination)
        if isinstance(answer, Refusal):
            return answer
        if isinstance(answer, Authorization) and not await self._reception.asking(
            identity, destination
        ):
            return make(answer)
        admission = Admission(self._reception, self._opener.access)
        return Vestibule(
            partial(admission.admitted, identity, destination),
            make,
            self._opener.clock.now,
        )

    def _channel_session(self, authorization: Authorization) -> ChannelSession:
        link = self._linked(authorization)
        return ChannelSession(
            authorization,
            lambda channel: self._opener.relay(channel, link, authorization),
            self._opener.live,
            Loan(self._lending, authorization),
        )

    def _chosen_session(self, authorization: Authorization) -> ChannelSession:
        link = self._opener.link(authorization)
        return ChosenSession(
            authorization,
            lambda channel: self._opener.relay(channel, link, authorization),
            self._opener.live,
            Loan(Lending(lambda: self._connection, self._carrying), authorization),
            link,
        )

    def _linked(self, authorization: Authorization) -> Link:
        link = self._link = self._link or self._opener.link(authorization)
        if link.authorization.permits != authorization.permits:
            link.authorization = authorization  # what it goes on by: an older approval may end
        return link


class Outer(_Server):
    """A connection that a person has opened to the bastion itself."""

    def __init__(
        self,
        reception: Reception,
        opener: Opener,
        inner: InnerMaker,
        device_login: DeviceLogin | None = None,
        banner: str = "",
    ) -> None:
        super().__init__(reception, opener, inner)
        self._banner = banner
        self._sign_in = SignIn(device_login, reception) if device_login else None

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  whoever it is has to log in
        """Every login needs a certificate, or a sign-in at the provider."""
        banner, self._banner = self._banner, ""
        if banner and self._connection is not None:
            self._connection.send_auth_banner(f"{banner}\n")
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
        """What the person is shown, and asked where there are several issuers."""
        del lang, submethods
        if self._sign_in is None or self._connection is None:
            return False
        return await self._sign_in.begin(self._connection, username)

    async def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        """Wait until the person has signed in, or go on to where they chose to."""
        if self._sign_in is None or self._connection is None:
            return False
        return await self._sign_in.answer(self._connection, username, responses)

    async def welcome(self) -> Refusal | None:
        """Let somebody in who has proven who they are; why not, where they may not come in."""
        connection = self._connection
        if connection is None or connection.identity is None:
            return Refusal(Code.INTERNAL)
        return connection.come_in() or await self._reception.greet(connection.identity)

    async def auth_completed(self) -> None:
        """Somebody has logged in."""
        self._opener.live.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and so is what was opened for it."""
        if self._sign_in is not None:
            self._sign_in.close()
        super().connection_lost(exc)

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Any:
        """A direct-tcpip channel: without a host to pass through, a jump to one, or refused."""
        if self._destination() is None:
            return _answered(self._jump(dest_host, dest_port))
        return super().connection_requested(dest_host, dest_port, orig_host, orig_port)

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
            raise refuse(Refusal(Code.TOO_MANY_CHANNELS))
        endpoint = destination(host, port)
        at = None if isinstance(endpoint, Refusal) else self._reception.ssh_host(endpoint, None)
        name = at.name if at else host
        answer = await _guarded(self._reception.may_reach(connection.identity, name))
        if isinstance(answer, Refusal):
            raise refuse(answer)
        if at is None:
            raise refuse(Refusal(Code.CHANNEL_REFUSED, "port forwarding"))
        return await self.enter(host, name)


class Inner(_Server):
    """The connection inside a jump; its user name is the account on the host."""

    def __init__(
        self, reception: Reception, opener: Opener, inner: InnerMaker, target: str
    ) -> None:
        super().__init__(reception, opener, inner)
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


async def _answered(asking: Coroutine[Any, Any, Any]) -> Any:
    """What *asking* opens; whatever goes wrong ends this channel, not the connection."""
    try:
        return await asking
    except asyncssh.ChannelOpenError:
        raise
    except StoreError as error:
        raise refuse(Refusal(Code.STORE_UNAVAILABLE)) from error
    except Exception as error:  # the last net
        _LOG.exception("a channel could not be opened")
        raise refuse(Refusal(Code.INTERNAL)) from error


async def _guarded(asking: Coroutine[Any, Any, Any]) -> Any:
    """What *asking* answers; a store that fails is a refusal."""
    try:
        return await asking
    except StoreError as error:
        return Refusal(Code.STORE_UNAVAILABLE, cause=str(error))
