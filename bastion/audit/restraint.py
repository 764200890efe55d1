"""How many entries of refusals somebody may leave in the audit log, and what of the others.

Whoever reaches the port can be refused as often as they like. The first refusals are written one by
one; from an address that goes on, and from all addresses together, only so many a minute. The
others are counted, and the counts are one entry every few seconds ("12 more from 192.0.2.7").

What always holds: a refusal is written or counted, never neither; what is held in memory is
bounded, however many addresses come (IPv6 counts by /64). What it does not do: write, or read a
clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bastion.address import source

_MAX_ADDRESSES = 1000
OTHERS = "other addresses"


@dataclass(frozen=True)
class Rate:
    """So many at once, and after that one every so many seconds."""

    burst: int
    seconds: float


ONE_ADDRESS, ALL_ADDRESSES = Rate(100, 6.0), Rate(500, 2.0)
ONE_PERSON, ALL_PEOPLE = Rate(100, 6.0), Rate(5000, 0.2)

Counts = Mapping[str, Mapping[str, int]]
"""By code, and by address: how many were not written one by one."""


@dataclass
class _Bucket:
    """What is left of a rate."""

    rate: Rate
    left: float
    at: float

    def refill(self, now: float) -> None:
        gained = max(0.0, now - self.at) / self.rate.seconds
        self.left, self.at = min(self.rate.burst, self.left + gained), now

    @property
    def is_full(self) -> bool:
        return self.left >= self.rate.burst


@dataclass
class Restraint:
    """Decides which entries are written.

    Attributes:
        one: for each.
        all: for all of them together.
        name: what counts as one, of an address or whatever else tells them apart.
        others: what those count as who are too many to be told apart.
    """

    one: Rate = ONE_ADDRESS
    all: Rate = ALL_ADDRESSES
    name: Callable[[str], str] = source
    others: str = OTHERS
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _total: _Bucket | None = None
    _counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def allows(self, code: str, who: str, now: float) -> bool:
        """Whether an entry for *who* is to be written at *now*; else it is counted."""
        source = self.name(who)
        bucket, total = self._bucket(source, now), self._whole(now)
        if min(bucket.left, total.left) >= 1:
            bucket.left -= 1
            total.left -= 1
            return True
        self._count(code, source, 1)
        return False

    def take(self) -> Counts:
        """What was counted since it was last taken."""
        taken, self._counts = self._counts, {}
        return taken

    def put_back(self, counts: Counts) -> None:
        """Count *counts* again: they could not be written."""
        for code, by_source in counts.items():
            for who, number in by_source.items():
                self._count(code, who, number)

    def _count(self, code: str, source: str, number: int) -> None:
        counts = self._counts.setdefault(code, {})
        if source not in counts and len(counts) >= _MAX_ADDRESSES:
            source = self.others
        counts[source] = counts.get(source, 0) + number

    def _whole(self, now: float) -> _Bucket:
        self._total = self._total or _Bucket(self.all, self.all.burst, now)
        self._total.refill(now)
        return self._total

    def _bucket(self, source: str, now: float) -> _Bucket:
        if source not in self._buckets and len(self._buckets) >= _MAX_ADDRESSES:
            self._forget(now)
        if source not in self._buckets and len(self._buckets) >= _MAX_ADDRESSES:
            source = self.others
        bucket = self._buckets.setdefault(source, _Bucket(self.one, self.one.burst, now))
        bucket.refill(now)
        return bucket

    def _forget(self, now: float) -> None:
        """Let go of addresses that have been quiet."""
        for bucket in self._buckets.values():
            bucket.refill(now)
        self._buckets = {
            source: bucket for source, bucket in self._buckets.items() if not bucket.is_full
        }
