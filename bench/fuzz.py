"""Fuzzes the whole path of a command, reading and judging: `python -m bench.fuzz`.

Lines are mutants of `tests/command/bypasses.toml`, made from a seed. Nothing may raise, hang or
take longer than the promise of 300 ms; what does is printed with its seed, and the end is an error.
"""

import argparse
import collections
import gc
import resource
import signal
import time
from pathlib import Path
from random import Random

from bastion.command.extract import extract
from bastion.policy.command_rules import CommandRules, load
from bastion.policy.judge import judge
from bastion.rulepack import shipped_rules
from tests.command.lines import mutants, seeds

MOST_MS = 300.0
_HANGS_SECONDS = 5
_MEMORY_BYTES = 2 << 30
_EVERY = 50_000


def main() -> None:
    """Fuzz, and say how it went."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first line")
    parser.add_argument("--kept", type=Path, help="a file for the lines that failed")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    signal.signal(signal.SIGALRM, _hangs)
    failed = fuzz(options.inputs, options.seed)
    if options.kept:
        options.kept.write_text("".join(f"{why}\t{line!r}\n" for why, line in failed))
    raise SystemExit(1 if failed else 0)


def fuzz(inputs: int, seed: int) -> list[tuple[str, str]]:
    """The lines that failed, with why; figures are printed on the way."""
    rules, made = load(shipped_rules() / "commands"), mutants(Random(seed), seeds())  # noqa: S311  a seed, no secret
    failed: list[tuple[str, str]] = []
    verdicts: collections.Counter[str] = collections.Counter()
    took: list[float] = []
    gc.disable()  # its pauses are measured on the service, not here
    for number in range(1, inputs + 1):
        line = next(made)
        verdict, why, ms = _tried(rules, line)
        verdicts[verdict] += 1
        took.append(ms)
        if why:
            failed.append((why, line))
            print(f"{why}: {line!r}", flush=True)
        if number % _EVERY == 0 or number == inputs:
            gc.collect()
            took.sort()
            p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
            counts = ", ".join(f"{count} {name}" for name, count in verdicts.most_common())
            print(
                f"{number} lines, {len(failed)} failed; p50 {p50:.2f} ms, p99 {p99:.2f} ms, "
                f"max {took[-1]:.1f} ms; {counts}",
                flush=True,
            )
    return failed


def _tried(rules: CommandRules, line: str) -> tuple[str, str, float]:
    """Verdict, what is wrong where something is, and how many milliseconds it took."""
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, _HANGS_SECONDS)
    try:
        verdict, why = str(judge(rules, extract(line)).verdict), ""
    except Exception as error:  # noqa: BLE001  any exception is a find
        verdict, why = "none", f"raises {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    ms = (time.process_time() - begun) * 1000
    return verdict, why or (f"took {ms:.0f} ms" if ms > MOST_MS else ""), ms


def _hangs(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"no answer in {_HANGS_SECONDS} s")


if __name__ == "__main__":
    main()
