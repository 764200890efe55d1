"""The conditions that rules of access.toml share: for whom, for which hosts, and when.

What always holds: each class is a set of keys, and `miss` of each names the first key that is not
met, or nothing; a key that a rule does not have is met. Inside a key one entry is enough. What it
does not do: say what follows; `bastion.policy.grant` has the rules.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase, translate
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bastion.policy.asker import Asker
from bastion.policy.window import Hours, Window, hours_until
from bastion.target import Target
from bastion.verdict import Profile

Network = IPv4Network | IPv6Network
Text = Annotated[str, Field(min_length=1)]
_MAPPED_BITS = 96  # ::ffff:0:0/96 holds the IPv4 addresses (RFC 4291 section 2.5.5.2)
_SKEW_SECONDS = 60  # a provider's clock may be a little ahead
PINNED_ADDRESS = "pinned_address"
ASSURANCES = ("login_age_seconds", "acr", "amr", PINNED_ADDRESS)
"""The keys that a new login can meet."""


def _texts(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _unmapped(network: Network) -> Network:
    mapped = isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS
    low = network.network_address
    if mapped and isinstance(low, IPv6Address) and low.ipv4_mapped is not None:
        return IPv4Network((low.ipv4_mapped, network.prefixlen - _MAPPED_BITS))
    return network


class _Keys(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Who(_Keys):
    """For whom a rule is."""

    groups: tuple[Text, ...] = Field((), min_length=1)
    """The person is in one of these groups."""
    subjects: tuple[Text, ...] = Field((), min_length=1)
    """The person is one of these, by the `sub` claim of their provider."""
    claims: Mapping[Text, Annotated[tuple[Text, ...], BeforeValidator(_texts)]] = {}
    """Further claims: each has one of these values or globs."""
    issuers: tuple[Text, ...] = Field((), min_length=1)
    """One of these identity providers vouches for the person."""

    def misses_who(self, asker: Asker) -> str:
        """The first of these keys that *asker* does not meet; empty where all are met."""
        if self.groups and asker.groups.isdisjoint(self.groups):
            return "groups"
        if self.subjects and asker.subject not in self.subjects:
            return "subjects"
        if self.claims and not self._has_claims(asker.evidence.claims):
            return "claims"
        if self.issuers and asker.issuer not in self.issuers:
            return "issuers"
        return ""

    @property
    def is_for_everybody(self) -> bool:
        """Whether no key says whom the rule is for."""
        return not (self.groups or self.subjects or self.claims or self.issuers)

    def _has_claims(self, claims: Mapping[str, str]) -> bool:
        return all(
            name in claims and any(fnmatchcase(claims[name], glob) for glob in globs)
            for name, globs in self.claims.items()
        )


class Where(_Keys):
    """For which hosts a rule is."""

    targets: tuple[Annotated[Text, AfterValidator(str.lower)], ...] = Field(min_length=1)
    """Host names or globs (`gpu-*`)."""
    labels: Mapping[str, str] = {}
    """Labels that the host must have, all of them."""

    def misses_where(self, target: Target) -> str:
        """The first of these keys that *target* does not meet; empty where all are met."""
        if not _globs(self.targets).match(target.name):
            return "targets"
        if self.labels and not self.labels.items() <= target.labels.items():
            return "labels"
        return ""


class Circumstances(_Keys):
    """From where, and when."""

    networks: tuple[Annotated[Network, AfterValidator(_unmapped)], ...] = Field((), min_length=1)
    """Networks (CIDR) that the connection must come from."""
    windows: tuple[Window, ...] = Field((), min_length=1)
    """Times; what was opened in one ends with it."""

    def misses_circumstances(self, asker: Asker) -> str:
        """The first of these keys that *asker* does not meet; empty where all are met."""
        if self.networks and not self.holds_address(asker):
            return "networks"
        if self.windows and self.open_until(asker.now) is None:
            return "windows"
        return ""

    def is_open(self, now: float) -> bool:
        """Whether *now* is in one of the windows, or there are none."""
        return not self.windows or self.open_until(now) is not None

    def open_until(self, now: float) -> float | None:
        """Until when the windows are open without a gap; None where none is open at *now*."""
        return hours_until(self._hours, now)

    @cached_property
    def _hours(self) -> tuple[Hours, ...]:
        return tuple(window.hours for window in self.windows)

    def holds_address(self, asker: Asker) -> bool:
        """Whether one of the networks holds the address that *asker* comes from."""
        address = asker.address
        if address is not None:
            for network in self.networks:
                if address in network:
                    return True
        return False


class Assurance(_Keys):
    """How sure the login must be: of the person, and of the machine it is used from."""

    login_age_seconds: int | None = Field(None, gt=0)
    """How long ago the person may have signed in there (`auth_time`)."""
    acr: tuple[Text, ...] = Field((), min_length=1)
    """The context class of that sign-in is one of these."""
    amr: tuple[Text, ...] = Field((), min_length=1)
    """One of these methods was used in it (`otp`, `hwk`, `mfa`)."""
    pinned_address: Literal[True] | None = None
    """The certificate is good from certain addresses only (source-address), this one among them."""

    def misses_assurance(self, asker: Asker) -> str:
        """The first of these keys that *asker* does not meet; empty where all are met."""
        evidence = asker.evidence
        if self.login_age_seconds is not None:
            age = asker.fresh_at - evidence.authenticated_at
            is_fresh = -_SKEW_SECONDS <= age <= self.login_age_seconds
            if not evidence.authenticated_at or not is_fresh:
                return "login_age_seconds"
        if self.acr and evidence.acr not in self.acr:
            return "acr"
        if self.amr and evidence.amr.isdisjoint(self.amr):
            return "amr"
        return PINNED_ADDRESS if self.pinned_address and not asker.is_pinned else ""


class Bounds(_Keys):
    """How much a rule lets happen at most."""

    session_seconds: int | None = Field(None, gt=0)
    """How long a session may last."""
    idle_seconds: int | None = Field(None, gt=0)
    """How long nothing may be typed or sent."""
    sessions: int | None = Field(None, gt=0)
    """How many sessions the person may have open at once, on all hosts."""
    profile: Profile | None = None
    """What becomes of commands that no rule speaks of: `guardrail`, `protected` or `locked`."""


@lru_cache(maxsize=8192)  # kept over reloads: compiling is the dear part of one
def _globs(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))
