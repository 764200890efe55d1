"""A downstream connection: asyncssh's server side with the doors closed that it leaves open.

What always holds: only certificates are accepted, and the identity is bound to a request whose
signature was verified in the same call, and dropped when the next request starts; what an
unauthenticated peer can make the bastion hold is bounded; whoever meets a limit is told which, and
the audit log too. What it does not do: open channels.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from asyncssh.connection import SSHServerConnection, SSHServerConnectionOptions
from asyncssh.constants import (
    MSG_CHANNEL_OPEN,
    MSG_USERAUTH_REQUEST,
    OPEN_RESOURCE_SHORTAGE,
)
from asyncssh.packet import PacketDecodeError, SSHPacket
from asyncssh.public_key import SSHKey, SSHOpenSSHCertificate

from bastion.ca.certificate import NotACertificate, read
from bastion.config.algorithms import Algorithms
from bastion.config.limits import Limits
from bastion.downstream.antechamber import Antechamber
from bastion.downstream.authentication import (
    Examiner,
    Refused,
    identify,
    is_strong_signature,
    principal_for,
    refused,
    refused_key,
)
from bastion.downstream.doorman import address_of
from bastion.downstream.limits import HalfOpen
from bastion.downstream.notes import Notes
from bastion.downstream.turnstile import Turnstile
from bastion.guards.guess import WrongGuess
from bastion.guards.listeners import Listeners
from bastion.guards.parting import Parting
from bastion.guards.pressure import Backpressure
from bastion.guards.speed import Corked, FastCiphers, Unhurried
from bastion.identity import Identity
from bastion.printable import printable
from bastion.refusal import Code, Refusal

_LOG = structlog.get_logger()
_BY_APPLICATION, _NO_MORE_AUTH_METHODS = 11, 14  # RFC 4253 section 11.1
_MAX_TYPE = 64
_MAX_NOTED = 3
"""Refusals that one connection may leave in the audit log; it is nobody's yet."""

_WEAK = "its signature algorithm is too weak"
_NOT_PROVEN = "the signature is not of its key"

Note = Callable[[str, Refused], Awaitable[None]]
"""Keeps that a login from an address was refused."""


@dataclass(frozen=True)
class Door:
    """What all connections of one listener have in common.

    Attributes:
        limits: what connections may take.
        algorithms: what is accepted.
        turnstile: counts by address and by person.
        antechamber: where bytes wait that come before the login.
        half_open: the connections that have not logged in.
        notes: keeps who met a limit.
        examiner: looks at certificates.
        note: keeps refusals.
    """

    limits: Limits
    algorithms: Algorithms
    turnstile: Turnstile
    antechamber: Antechamber
    half_open: HalfOpen
    notes: Notes
    examiner: Examiner
    note: Note


class DownstreamConnection(
    Corked,
    Unhurried,
    FastCiphers,
    WrongGuess,
    Backpressure,
    Listeners,
    Parting,
    SSHServerConnection,
):
    """One engineer's connection.

    Attributes:
        identity: who it is, once proven.
        examined: the CA of the certificate that is accepted, if its key is proven.
        address: where it comes from.
        depth: how many jumps it is in.
        jumps: the connections within it, and within those.
    """

    depth = 0

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: SSHServerConnectionOptions,
        door: Door,
    ) -> None:
        super().__init__(loop, options)
        self._door, self._limits, self._half_open = door, door.limits, door.half_open
        self._failures = self._bytes = 0
        self._has_tried = self._is_full = False
        self._counted = ""
        self._noted: set[str] = set()
        self.jumps: set[DownstreamConnection] = set()
        self.identity: Identity | None = None
        self.examined: SSHKey | None = None
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; the greediest address pays for one too many."""
        self.address = address_of(transport)
        victim = self._half_open.enter(self, self.address)
        if isinstance(victim, DownstreamConnection):
            victim.shut(Refusal(Code.TOO_MANY_HALF_OPEN))
        super().connection_made(transport)
        self._peer_addr = self.address

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Take bytes, not without end before the login."""
        if not self._auth_complete:
            self._bytes += len(data)
            if self._bytes > self._limits.max_preauth_bytes:
                self.shut(Refusal(Code.TOO_MUCH_BEFORE_LOGIN))
                return
            self._line_up(data)
            return
        super().data_received(data, datatype)

    def take(self, data: bytes) -> None:
        """Look at bytes that came before the login, now that it is their turn."""
        if self._transport is not None:
            self._transport.resume_reading()
            self._look_at(data)

    def _look_at(self, data: bytes) -> None:
        super().data_received(data)

    def _line_up(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.pause_reading()
            self._door.antechamber.add(self, data)

    def process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> Any:
        """Forget what the last authentication request proved before the next one is looked at."""
        # asyncssh keeps its own methods in a table: to override one of them would do nothing.
        if pkttype == MSG_USERAUTH_REQUEST and not self._auth_complete:
            self.identity = self.examined = None
            self._has_tried |= _is_attempt(packet.get_remaining_payload())
        is_full = len(self._channels) >= self._limits.max_channels
        if pkttype == MSG_CHANNEL_OPEN and is_full:
            self._refuse_one_more(SSHPacket(packet.get_remaining_payload()))
            return True
        return super().process_packet(pkttype, pktid, packet)

    def _refuse_one_more(self, asked: SSHPacket) -> None:
        """Refuse a channel before it counts, so that of many at once as many open as may."""
        asked.get_string()
        number, reason = asked.get_uint32(), Refusal(Code.TOO_MANY_CHANNELS).text()
        self._note_full()
        self.send_channel_open_failure(number, OPEN_RESOURCE_SHORTAGE, reason, "")

    def _note_full(self) -> None:
        """Keep that there was no room, once for each connection."""
        if not self._is_full:
            self._is_full = True
            subject = self.identity.subject if self.identity else ""
            self._door.notes.limit(Refusal(Code.TOO_MANY_CHANNELS), self.address, subject)

    def shut(self, refusal: Refusal, code: int = _BY_APPLICATION) -> None:
        """Close it at a limit, say which, and keep it for the audit log."""
        if self._transport is None:
            return
        self._door.notes.limit(
            refusal, self.address, self.identity.subject if self.identity else ""
        )
        self.disconnect(code, refusal.text())

    def come_in(self) -> Refusal | None:
        """Count it as one of the person's connections; why it may not be one more."""
        if self.identity is None:
            return Refusal(Code.INTERNAL)
        self._leave()  # a request that another one has cut short may have come as far
        refusal = self._door.turnstile.enter(self.identity.subject)
        if refusal is None:
            self._counted = self.identity.subject
        else:
            self._door.notes.limit(refusal, self.address, self.identity.subject)
        return refusal

    def send_userauth_failure(self, partial_success: bool) -> None:  # noqa: FBT001  asyncssh's
        """Refuse an authentication request, not without end."""
        self._failures += 1
        if self._failures > self._limits.max_auth_tries:
            most = f"at most {self._limits.max_auth_tries} on one connection"
            self.shut(Refusal(Code.TOO_MANY_FAILURES, most), _NO_MORE_AUTH_METHODS)
            return
        super().send_userauth_failure(partial_success)

    async def send_userauth_success(self) -> None:
        """The login is complete, unless the person may not come in now.

        They are told before they hear of success: else a jump is under way already, and the end of
        its channel keeps ssh from showing why.
        """
        self._half_open.leave(self, self.address)
        owner: Any = self._owner  # one of downstream.server's
        refusal = await owner.welcome()
        if refusal is not None:
            self.disconnect(_BY_APPLICATION, refusal.text())
        elif not self.is_closed():
            await super().send_userauth_success()

    async def validate_public_key(
        self, username: str, key_data: bytes, msg: bytes, signature: bytes
    ) -> bool:
        """Whether a public key request is good; *msg* is empty for an unsigned probe."""
        try:
            certificate = read(key_data)
        except NotACertificate as error:
            return await self._refuse(refused_key(str(error), username, key_data))
        except ValueError as error:
            return await self._refuse(refused(str(error), username))
        found = self._door.examiner.examine(certificate, username, self.address)
        if isinstance(found, str):
            return await self._refuse(refused(found, username, certificate))
        if msg and not is_strong_signature(signature, self._door.algorithms.signatures):
            return await self._refuse(refused(_WEAK, username, certificate))
        self.examined = certificate.signing_key
        if not await super().validate_public_key(username, key_data, msg, signature):
            return await self._refuse(refused(_NOT_PROVEN, username, certificate))
        if msg:
            self.identity = identify(certificate, self.address, found)
        return True

    def wait_longer(self, seconds: float) -> None:
        """Let the login take *seconds* from now on: a person has to sign in elsewhere."""
        self._cancel_login_timer()
        self._login_timer = self._loop.call_later(seconds, self._login_timer_callback)

    def has_room(self, coming: int = 0) -> bool:
        """Whether one more channel may open than those *coming*; that there was no room is kept."""
        has_room = len(self._channels) + coming <= self._limits.max_channels
        if not has_room:
            self._note_full()
        return has_room

    def refusal_of(self, channel_type: bytes) -> str:
        """What a client is told that asks for a channel of a type that is never opened."""
        name = printable(channel_type.decode("utf-8", "replace"), _MAX_TYPE)
        return Refusal(Code.CHANNEL_REFUSED, name).text()

    async def _refuse(self, refusal: Refused) -> bool:
        """Keep why, once for each cause and not without end; False, for it is refused."""
        _LOG.info("login refused", address=self.address, cause=refusal.cause)
        if refusal.cause not in self._noted and len(self._noted) < _MAX_NOTED:
            self._noted.add(refusal.cause)
            await self._door.note(self.address, refusal)
        return False

    async def _validate_openssh_certificate(
        self, username: str, cert: SSHOpenSSHCertificate
    ) -> SSHKey | None:
        principal = principal_for(cert, username)
        return await super()._validate_openssh_certificate(principal, cert)

    def _login_timer_callback(self) -> None:
        self._login_timer = None
        self.shut(Refusal(Code.LOGIN_TIMEOUT))

    def _cleanup(self, exc: Exception | None) -> None:
        self._half_open.leave(self, self.address)
        if self._has_tried and not self._auth_complete and self.identity is None:
            self._door.turnstile.fail(self.address)
        self._leave()
        super()._cleanup(exc)

    def _leave(self) -> None:
        """Give back the place among the person's connections."""
        counted, self._counted = self._counted, ""
        if counted:
            self._door.turnstile.leave(counted)


def _is_attempt(request: bytes) -> bool:
    """Whether it tries to prove something: every client asks with `none` first what there is."""
    fields = SSHPacket(request)
    try:
        method = [fields.get_string() for _ in ("user", "service", "method")][-1]
    except PacketDecodeError:
        return True
    return method != b"none"
