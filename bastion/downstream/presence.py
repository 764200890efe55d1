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
from bastion.config.algorithms import Algorithms
from bastion.config.limits import Limits
from bastion.errors import SigningError
from bastion.guards.algorithms import SERVER_VERSION, options

CERTIFICATE_SECONDS = 24 * 3600
MAX_NAMES = 1024
"""Names that are kept: one host can be asked for by as many as its loopback has addresses."""

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
        self,
        settings: Ssh,
        key: asyncssh.SSHKey,
        authority: HostAuthority,
        clock: Clock,
        *,
        limits: Limits = Limits(),  # noqa: B008  frozen
        algorithms: Algorithms = Algorithms(),  # noqa: B008  frozen
    ) -> None:
        self._settings, self._key = settings, key
        self._authority, self._clock = authority, clock
        self._limits, self._algorithms = limits, algorithms
        self._presented: dict[str, _Presented] = {}

    async def options(self, name: str, server: ServerMaker) -> SSHServerConnectionOptions:
        """Options for answering as *name*; raises SigningError."""
        now, ca = self._clock.now(), self._authority.signing_line()
        known = self._presented.get(name)
        if known is not None and known.is_fresh(now, ca):
            self._keep(name, known)
            return known.options
        try:
            made = _Presented(await self._construct(name, server), now, ca)
        except SigningError as error:
            if known is None or not known.is_usable(now):
                raise
            _LOG.error("no new host certificate; the old one serves", cause=str(error))
            return known.options
        self._keep(name, made)
        return made.options

    def _keep(self, name: str, presented: _Presented) -> None:
        """Keep what was used last."""
        self._presented.pop(name, None)
        self._presented[name] = presented
        if len(self._presented) > MAX_NAMES:
            del self._presented[next(iter(self._presented))]

    async def _construct(self, name: str, server: ServerMaker) -> SSHServerConnectionOptions:
        certificate = await self._authority.certify(self._key, name, seconds=CERTIFICATE_SECONDS)
        made: SSHServerConnectionOptions = await SSHServerConnectionOptions.construct(
            server_factory=server,
            server_host_keys=[(self._key, certificate)],
            server_version=SERVER_VERSION,
            login_timeout=self._limits.login_seconds,
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
            **options(self._algorithms),
        )
        return made
