"""A downstream connection: asyncssh's server side with the doors closed that it leaves open.

What always holds: only certificates are accepted, and the identity is bound to a request whose
signature was verified in the same call, and dropped when the next request starts; what an
unauthenticated peer can make the bastion hold is bounded. What it does not do: open channels.
"""

import asyncio
from typing import Any

import asyncssh
import structlog
from asyncssh.connection import SSHServerConnection, SSHServerConnectionOptions
from asyncssh.public_key import SSHKey, SSHOpenSSHCertificate, decode_ssh_certificate

from bastion.config import Ssh
from bastion.downstream.authentication import (
    identify,
    is_strong_signature,
    principal_for,
    weakness,
)
from bastion.downstream.limits import HalfOpen
from bastion.guards.pressure import Backpressure
from bastion.guards.speed import Corked, FastCiphers
from bastion.identity import Identity

_LOG = structlog.get_logger()
_NO_MORE_AUTH_METHODS = 14  # RFC 4253 section 11.1


class DownstreamConnection(Corked, FastCiphers, Backpressure, SSHServerConnection):
    """One engineer's connection.

    Attributes:
        identity: who it is, once proven.
        address: where it comes from.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: SSHServerConnectionOptions,
        settings: Ssh,
        half_open: HalfOpen,
    ) -> None:
        super().__init__(loop, options)
        self._settings, self._half_open = settings, half_open
        self._failures = 0
        self.identity: Identity | None = None
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; the greediest address pays for one too many."""
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
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
        certificate = _decoded(key_data)
        if certificate is None:
            return False
        problem = weakness(
            certificate, username, max_seconds=self._settings.max_certificate_seconds
        )
        if problem or (msg and not is_strong_signature(signature)):
            reason = problem or "its signature algorithm is too weak"
            _LOG.info("certificate refused", address=self.address, reason=reason)
            return False
        accepted = await super().validate_public_key(username, key_data, msg, signature)
        if accepted and msg:
            self.identity = identify(certificate, self.address)
        return accepted

    def has_room(self) -> bool:
        """Whether one more channel may open."""
        return len(self._channels) < self._settings.max_channels

    def _process_userauth_request(self, *args: Any) -> Any:
        if not self._auth_complete:
            self.identity = None
        return super()._process_userauth_request(*args)

    async def _validate_openssh_certificate(
        self, username: str, cert: SSHOpenSSHCertificate
    ) -> SSHKey | None:
        principal = principal_for(cert, username)
        return await super()._validate_openssh_certificate(principal, cert)

    def _cleanup(self, exc: Exception | None) -> None:
        self._half_open.leave(self, self.address)
        super()._cleanup(exc)


def _decoded(key_data: bytes) -> SSHOpenSSHCertificate | None:
    try:
        certificate = decode_ssh_certificate(key_data)
    except (asyncssh.KeyImportError, ValueError):
        return None
    return certificate if isinstance(certificate, SSHOpenSSHCertificate) else None
