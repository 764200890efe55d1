"""What the bastion costs beside OpenSSH's ProxyJump: terminals, streams, files, many commands.

Of the things to measure, `ways` is connecting, keystrokes and a stream; `files` is sftp, scp and
rsync; `execs` is many commands at once over one connection; `policy` is the rules by themselves;
`gate` is what typing costs; `abuse` is what others feel, and how much memory it takes, while
strangers press the bastion.
"""

import argparse
import asyncio
import base64
import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import abuse, gate, policy
from bench.execs import at_once
from bench.figures import Measure, compare
from bench.measures import connect, echoes, throughput
from bench.transfers import transfers
from bench.ways import Way, ways

MIB = 1 << 20
_WAYS = ("ways", "files", "execs")
_CHOICES = ("all", *_WAYS, "policy", "gate", "abuse")


def main() -> None:
    """Read the options, measure, print."""
    options = _parser().parse_args()
    if options.what == "policy":
        policy.main(options.rounds)
    elif options.what == "gate":
        asyncio.run(gate.bench(options.enters, options.keys))
    elif options.what == "abuse":
        asyncio.run(abuse.bench(options.connections, options.read_mib, options.readers))
    else:
        asyncio.run(bench(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("what", nargs="?", default="all", choices=_CHOICES, help="all is the ways, files, execs")
    add("--mib", type=int, default=512, help="size of the stream and of the big file (MiB)")
    add("--files", type=int, default=2000, help="how many small files")
    add("--file-rules", action="store_true", help="with the rules for files that ship")
    add("--connections", type=int, default=10_000, help="of strangers, with abuse")
    add("--readers", type=int, default=3, help="of each kind of slow engineers, with abuse")
    add("--read-mib", type=int, default=300, help="what each of them reads (MiB)")
    add("--execs", type=int, default=100, help="commands at once")
    add("--keys", type=int, default=200, help="keystrokes for the echo")
    add("--enters", type=int, default=100, help="lines to accept, with gate")
    add("--rounds", type=int, default=3, help="rounds over all ways")
    add("--only", default="", help="measure only what has this in its title")
    return parser


async def bench(options: argparse.Namespace) -> None:
    """Measure everything once the ways are open."""
    with tempfile.TemporaryDirectory(prefix="bastion-bench-") as name:
        folder = Path(name)
        data = folder / "data"
        _write_data(data, options.mib)
        async with ways(folder / "ways", file_rules=options.file_rules) as all_ways:
            for measure in _measures(options, folder, data):
                if options.only in measure.title:
                    chosen = all_ways if measure.has_direct else all_ways[1:]
                    await compare(measure, chosen, options.rounds)


def _measures(options: argparse.Namespace, folder: Path, data: Path) -> Iterator[Measure]:
    wanted = _WAYS if options.what == "all" else (options.what,)
    if "ways" in wanted:
        yield from _ways(options, data)
    if "files" in wanted:
        yield from transfers(folder, data, options.files, folders_by_rsync=not options.file_rules)
    if "execs" in wanted:
        title = f"{options.execs} commands at once, one ControlMaster"
        socket = folder / "control"
        yield Measure(title, "a second", lambda way: at_once(way, options.execs, socket))


def _ways(options: argparse.Namespace, data: Path) -> Iterator[Measure]:
    def connecting(way: Way) -> float:
        return statistics.median([connect(way.arguments) * 1000 for _ in range(10)])

    def echo(share: float, way: Way) -> float:
        return _share(echoes(way.arguments, options.keys), share) * 1000

    keys = f"({options.keys} keys)"
    yield Measure("connect and exec (10 times)", "ms", connecting, is_time=True)
    yield Measure(f"keystroke echo p50 {keys}", "ms", lambda way: echo(0.50, way), is_time=True)
    yield Measure(f"keystroke echo p99 {keys}", "ms", lambda way: echo(0.99, way), is_time=True)
    title = f"exec output ({options.mib} MiB)"
    yield Measure(title, "MiB/s", lambda way: throughput(way.arguments, data) / MIB)


def _write_data(path: Path, mebibytes: int) -> None:
    """Text that does not compress, as a model's log or a dump would be."""
    line = base64.b64encode(os.urandom(3 * MIB // 4))
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(line)


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


if __name__ == "__main__":
    main()
