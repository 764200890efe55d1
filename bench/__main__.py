"""Measures every way in turn, several rounds, and prints medians as ratios to ProxyJump."""

import argparse
import asyncio
import base64
import os
import statistics
import tempfile
from pathlib import Path

from bench import policy
from bench.measures import connect, echoes, throughput
from bench.ways import Way, ways

MIB = 1 << 20


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="ways", choices=("ways", "policy"))
    parser.add_argument("--mib", type=int, default=512, help="size of the exec output (MiB)")
    parser.add_argument("--keys", type=int, default=200, help="keystrokes for the echo")
    parser.add_argument("--rounds", type=int, default=3, help="rounds over all ways")
    options = parser.parse_args()
    if options.what == "policy":
        policy.main(options.rounds)
    else:
        asyncio.run(bench(options))


async def bench(options: argparse.Namespace) -> None:
    """Measure everything once the ways are open."""
    with tempfile.TemporaryDirectory(prefix="bastion-bench-") as folder:
        data = Path(folder, "data")
        _write_data(data, options.mib)
        async with ways(Path(folder, "ways")) as all_ways:
            for title, unit, measure in _measures(options, data):
                await _measured(title, unit, measure, all_ways, options.rounds)


def _measures(options: argparse.Namespace, data: Path):
    yield (
        "connect and exec (10 times)",
        "ms",
        lambda way: _median_of([connect(way.arguments) * 1000 for _ in range(10)]),
    )
    for name, share in (("p50", 0.50), ("p99", 0.99)):
        yield (
            f"keystroke echo {name} ({options.keys} keys)",
            "ms",
            lambda way, share=share: _share(echoes(way.arguments, options.keys), share) * 1000,
        )
    yield (
        f"exec output ({options.mib} MiB)",
        "MiB/s",
        lambda way: throughput(way.arguments, data) / MIB,
    )


async def _measured(title: str, unit: str, measure, all_ways: list[Way], rounds: int) -> None:
    """Measure the ways in turn, so that a busy moment hits all of them, and print."""
    figures: dict[str, list[float]] = {way.name: [] for way in all_ways}
    for _ in range(rounds):
        for way in all_ways:
            figures[way.name].append(await asyncio.to_thread(measure, way))
    print(f"\n{title}")
    baseline = _median_of(figures["ProxyJump"])
    for name, values in figures.items():
        median = _median_of(values)
        spread = " ".join(f"{value:.2f}" for value in values)
        print(f"  {name:<20} {median:9.2f} {unit:<6} {median / baseline:5.2f} x   [{spread}]")


def _write_data(path: Path, mebibytes: int) -> None:
    """Text that does not compress, as a model's log or a dump would be."""
    line = base64.b64encode(os.urandom(3 * MIB // 4))
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(line)


def _median_of(values: list[float]) -> float:
    return statistics.median(values)


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


if __name__ == "__main__":
    main()
