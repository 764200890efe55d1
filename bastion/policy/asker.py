"""Who asks for access, from where and when: what the access rules look at.

What always holds: an address that cannot be read is None, which no network holds; an IPv4 address
that came in an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address. What it does not do: prove
anything; `bastion.policy.authorize` makes one from an `Identity`, `bastion access explain` from
what it was told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from bastion.address import read
from bastion.authorization import Permit
from bastion.identity import Evidence, Identity


@dataclass(frozen=True)
class Asker:
    """Somebody who asks.

    Attributes:
        address: where the connection came from; None where that is not known.
        now: Unix seconds.
        fresh_at: Unix seconds at which the age of the login counts: `now`, or when a session that
            is looked at again was opened.
        is_pinned: their certificate is good from certain addresses only, this one among them.
        permits: the approvals that may count for the host and login in question.
    """

    subject: str
    account: str
    groups: frozenset[str]
    issuer: str
    evidence: Evidence
    address: IPv4Address | IPv6Address | None
    now: float
    fresh_at: float
    is_pinned: bool = False
    permits: tuple[Permit, ...] = ()


def asker_of(
    identity: Identity, now: float, fresh_at: float | None = None, permits: Iterable[Permit] = ()
) -> Asker:
    """*identity*, asking at *now*."""
    return Asker(
        subject=identity.subject,
        account=identity.account,
        groups=identity.groups,
        issuer=identity.issuer,
        evidence=identity.evidence,
        address=parse_address(identity.address),
        now=now,
        fresh_at=now if fresh_at is None else fresh_at,
        is_pinned=identity.is_pinned,
        permits=tuple(permits),
    )


@lru_cache(maxsize=1024)
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in *text*, without a scope (`%eth0`); None where it is none."""
    return read(text.partition("%")[0])
