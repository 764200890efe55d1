"""How long lines waited from Enter until the host may run them.

Counted by witness: `shell` from the shell's question to its answer, `screen` from the key that
accepts to its release. `enter` is from the key to the answer to the shell's question, so that the
way to the host and back, and what its shell does meanwhile, are in it. What people decided, an
approval say, is not counted.

What always holds: memory is bounded, whatever comes. What it does not do: take the time.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

ENTER = "enter"
"""What a person waited behind Enter in a shell that asks."""
BOUNDS = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 35, 50, 75, 100, 250, 500, 1000)
"""Upper bounds of the buckets, in milliseconds; what is longer is counted as the last."""
_MILLISECONDS = 1000


@dataclass(frozen=True)
class Shares:
    """What half of the lines, and all but one of a hundred, waited at most, in milliseconds."""

    count: int
    p50: float
    p99: float
    longest: float


class Latency:
    """The histograms of one process."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        self._longest: dict[str, float] = {}

    def add(self, witness: str, seconds: float) -> None:
        """A line that *witness* read waited for so many *seconds*."""
        milliseconds = seconds * _MILLISECONDS
        counts = self._counts.setdefault(witness, [0] * len(BOUNDS))
        counts[min(bisect_left(BOUNDS, milliseconds), len(BOUNDS) - 1)] += 1
        self._longest[witness] = max(self._longest.get(witness, 0.0), milliseconds)

    def shares(self) -> Mapping[str, Shares]:
        """What was counted, by witness."""
        return {witness: self._share(witness) for witness in sorted(self._counts)}

    def _share(self, witness: str) -> Shares:
        counts, longest = self._counts[witness], round(self._longest[witness], 2)
        return Shares(
            count=sum(counts),
            p50=min(_at(counts, 0.50), longest),
            p99=min(_at(counts, 0.99), longest),
            longest=longest,
        )


def _at(counts: list[int], share: float) -> float:
    """The bound that *share* of all stay under."""
    left = share * sum(counts)
    for bound, count in zip(BOUNDS, counts, strict=True):
        left -= count
        if left <= 0:
            return bound
    return BOUNDS[-1]
