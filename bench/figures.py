"""Measures the ways in turn, several rounds, and prints the medians as ratios to ProxyJump.

What always holds: a ratio of seconds is of time, so less is better; every other is of speed, so
more is better, and one below 0.90 is marked.
"""

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.ways import Way

_BASELINE = "ProxyJump"
_WANTED = 0.9


@dataclass(frozen=True)
class Measure:
    """What is measured on every way.

    Attributes:
        of: the figure of one way, in *unit*.
        is_time: whether less is better.
        has_direct: whether the first way, without any jump, is measured too.
    """

    title: str
    unit: str
    of: Callable[[Way], float]
    is_time: bool = False
    has_direct: bool = True


async def compare(measure: Measure, ways: Sequence[Way], rounds: int) -> None:
    """Measure the ways in turn, so that a busy moment hits all of them, and print."""
    figures: dict[str, list[float]] = {way.name: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            figures[way.name].append(await asyncio.to_thread(measure.of, way))
    print(f"\n{measure.title}", flush=True)
    baseline = statistics.median(figures[_BASELINE])
    for name, values in figures.items():
        print(f"  {name:<20} {_told(measure, values, baseline)}", flush=True)


def _told(measure: Measure, values: list[float], baseline: float) -> str:
    median = statistics.median(values)
    ratio = median / baseline
    kind = "time " if measure.is_time else "speed"
    mark = "  " if measure.is_time or round(ratio, 2) >= _WANTED else " !"
    spread = " ".join(f"{value:.2f}" for value in values)
    return f"{median:9.2f} {measure.unit:<7} {ratio:5.2f} x the {kind}{mark} [{spread}]"
