"""Under which names the bastion answers: asyncssh's options with a host certificate for each.

What always holds: a certificate is made anew at half of its life and after a rotation of the host
CA; while the CA's key cannot be used, the old one serves to its end. What it does not do: listen.
"""

from collections.abc import Callable
from dataclasses import dataclass

import asyncssh
import structlog
from asyncssh.connection import SSHServerConnectionOptions

from bastion.ca.issue import HostAuthority
from bastion.clock import Clock
from bastion.config import Ssh
from bastion.errors import SigningError
from bastion.guards.algorithms import OPTIONS, SERVER_VERSION

CERTIFICATE_SECONDS = 24 * 3600

_LOG = structlog.get_logger()
_KEEPALIVE_CHANCES = 3

ServerMaker = Callable[[], asyncssh.SSHServer]


@dataclass(frozen=True)
class _Presented:
    options: SSHServerConnectionOptions
    made_at: float
    ca: str

    def is_fresh(self, now: float, ca: str) -> bool:
        return ca == self.ca and now < self.made_at + CERTIFICATE_SECONDS / 2

    def is_usable(self, now: float) -> bool:
        return now < self.made_at + CERTIFICATE_SECONDS


class Presence:
    """The names of one bastion process."""

    def __init__(
        self, settings: Ssh, key: asyncssh.SSHKey, authority: HostAuthority, clock: Clock
    ) -> None:
        self._settings, self._key = settings, key
        self._authority, self._clock = authority, clock
        self._presented: dict[str, _Presented] = {}

    async def options(self, name: str, server: ServerMaker) -> SSHServerConnectionOptions:
        """Options for answering as *name*; raises SigningError."""
        now, ca = self._clock.now(), self._authority.signing_line()
        known = self._presented.get(name)
        if known is not None and known.is_fresh(now, ca):
            return known.options
        try:
            made = _Presented(await self._construct(name, server), now, ca)
        except SigningError as error:
            if known is None or not known.is_usable(now):
                raise
            _LOG.error("no new host certificate; the old one serves", cause=str(error))
            return known.options
        self._presented[name] = made
        return made.options

    async def _construct(self, name: str, server: ServerMaker) -> SSHServerConnectionOptions:
        certificate = await self._authority.certify(self._key, name, seconds=CERTIFICATE_SECONDS)
        options: SSHServerConnectionOptions = await SSHServerConnectionOptions.construct(
            server_factory=server,
            server_host_keys=[(self._key, certificate)],
            server_version=SERVER_VERSION,
            login_timeout=self._settings.login_seconds,
            keepalive_interval=self._settings.keepalive_seconds,
            keepalive_count_max=_KEEPALIVE_CHANCES,
            encoding=None,
            line_editor=False,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_scp=False,
            password_auth=False,
            kbdint_auth=True,  # the server object says whether; `Inner` never asks
            host_based_auth=False,
            gss_host=None,
            **OPTIONS,
        )
        return options
