"""A downstream connection: asyncssh's server side with the doors closed that it leaves open.

What always holds: only certificates are accepted, and the identity is bound to a request whose
signature was verified in the same call, and dropped when the next request starts; what an
unauthenticated peer can make the bastion hold is bounded. What it does not do: open channels.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any

import structlog
from asyncssh.connection import SSHServerConnection, SSHServerConnectionOptions
from asyncssh.public_key import SSHKey, SSHOpenSSHCertificate

from bastion.ca.certificate import NotACertificate, read
from bastion.config import Ssh
from bastion.downstream.authentication import (
    Examiner,
    Refused,
    identify,
    is_strong_signature,
    principal_for,
    refused,
)
from bastion.downstream.limits import HalfOpen
from bastion.guards.pressure import Backpressure
from bastion.guards.speed import Corked, FastCiphers
from bastion.identity import Identity

_LOG = structlog.get_logger()
_NO_MORE_AUTH_METHODS = 14  # RFC 4253 section 11.1
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
        settings: the limits.
        half_open: the connections that have not logged in.
        examiner: looks at certificates.
        note: keeps refusals.
    """

    settings: Ssh
    half_open: HalfOpen
    examiner: Examiner
    note: Note


class DownstreamConnection(Corked, FastCiphers, Backpressure, SSHServerConnection):
    """One engineer's connection.

    Attributes:
        identity: who it is, once proven.
        examined: the CA of the certificate that is accepted, if its key is proven.
        address: where it comes from.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: SSHServerConnectionOptions,
        door: Door,
    ) -> None:
        super().__init__(loop, options)
        self._door, self._settings, self._half_open = door, door.settings, door.half_open
        self._failures = 0
        self._noted: set[str] = set()
        self.identity: Identity | None = None
        self.examined: SSHKey | None = None
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; the greediest address pays for one too many."""
        peer = transport.get_extra_info("peername")
        self.address = self._peer_addr = _plain(str(peer[0])) if peer else ""
        victim = self._half_open.enter(self, self.address)
        if isinstance(victim, DownstreamConnection):
            victim.abort()
        super().connection_made(transport)

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Take bytes, not without end before the login."""
        waiting = len(self._inpbuf) + len(data)
        if not self._auth_complete and waiting > self._settings.max_preauth_bytes:
            _LOG.warning("too many bytes before login", address=self.address)
            self.abort()
            return
        super().data_received(data, datatype)

    def send_userauth_failure(self, partial_success: bool) -> None:  # noqa: FBT001  asyncssh's
        """Refuse an authentication request, not without end."""
        self._failures += 1
        if self._failures > self._settings.max_auth_tries:
            self.disconnect(_NO_MORE_AUTH_METHODS, "Too many authentication failures")
            return
        super().send_userauth_failure(partial_success)

    async def send_userauth_success(self) -> None:
        """The login is complete."""
        self._half_open.leave(self, self.address)
        await super().send_userauth_success()

    async def validate_public_key(
        self, username: str, key_data: bytes, msg: bytes, signature: bytes
    ) -> bool:
        """Whether a public key request is good; *msg* is empty for an unsigned probe."""
        try:
            certificate = read(key_data)
        except NotACertificate as error:
            _LOG.info("login refused", address=self.address, cause=str(error))
            return False
        except ValueError as error:
            return await self._refuse(refused(str(error), username))
        found = self._door.examiner.examine(certificate, username, self.address)
        if isinstance(found, str):
            return await self._refuse(refused(found, username, certificate))
        if msg and not is_strong_signature(signature):
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

    def has_room(self) -> bool:
        """Whether one more channel may open."""
        return len(self._channels) < self._settings.max_channels

    async def _refuse(self, refusal: Refused) -> bool:
        """Keep why, once for each cause and not without end; False, for it is refused."""
        _LOG.info("login refused", address=self.address, cause=refusal.cause)
        if refusal.cause not in self._noted and len(self._noted) < _MAX_NOTED:
            self._noted.add(refusal.cause)
            await self._door.note(self.address, refusal)
        return False

    def _process_userauth_request(self, *args: Any) -> Any:
        if not self._auth_complete:
            self.identity = self.examined = None
        return super()._process_userauth_request(*args)

    async def _validate_openssh_certificate(
        self, username: str, cert: SSHOpenSSHCertificate
    ) -> SSHKey | None:
        principal = principal_for(cert, username)
        return await super()._validate_openssh_certificate(principal, cert)

    def _cleanup(self, exc: Exception | None) -> None:
        self._half_open.leave(self, self.address)
        super()._cleanup(exc)


def _plain(address: str) -> str:
    """An IPv4 address also where it came to an IPv6 socket, so that networks can be compared."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)
