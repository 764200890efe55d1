"""Runs some of the gate's scenarios by hand: `python -m bench.scenarios bash guardrail`."""

import argparse
import asyncio
import re
import tempfile
from collections import Counter
from pathlib import Path

from tests.gate.host import SHELLS
from tests.gate.matrix import AT_ONCE, runs
from tests.gate.record import FAILURES, Result
from tests.gate.scenario import scenarios
from tests.gate.site import PROFILES, UNGATED, Run, gate_site


def main() -> None:
    """Run some by hand, and say what the record says."""
    parser = argparse.ArgumentParser(prog="python -m bench.scenarios", description=__doc__)
    parser.add_argument("shell", choices=SHELLS)
    parser.add_argument("way", choices=(UNGATED, *PROFILES))
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--match", default="", help="a regular expression for names or groups")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--show", action="store_true", help="the terminal of each as well")
    asyncio.run(_main(parser.parse_args()))


async def _main(options: argparse.Namespace) -> None:
    only = set(filter(None, options.only.split(",")))
    chosen = [
        scenario
        for scenario in scenarios()
        if (not only or scenario.name in only)
        and re.search(options.match, f"{scenario.group}/{scenario.name}")
    ]
    with tempfile.TemporaryDirectory(prefix="bastion-gate-") as folder:
        async with gate_site(Path(folder), 2 * len(chosen)) as site:
            found = await runs(site, chosen, options.shell, options.way, options.at_once)
            for name, run in found.items():
                _print(name, run, shows_all=options.show)
            print(Counter(str(run.result) for run in found.values()))
            print("ran:", sum(run.ran for run in found.values()), "of", len(found))
            log = site.deployment.log.read_text()
            print(log[-3000:] if "Traceback" in log else "")


def _print(name: str, run: Run, *, shows_all: bool) -> None:
    print(f"{run.result:8} {'ran' if run.ran else '   '} {name}")
    if run.record is not None and (shows_all or run.result in {*FAILURES, Result.STOPPED}):
        for line in run.record.lines():
            print(f"           {line}")
    if shows_all:
        print(f"           {run.shown[-1500:]!r}")


if __name__ == "__main__":
    main()
