"""Fuzzes reading and judging by what new code a line reaches: `make fuzz-guided`.

Atheris (libFuzzer) mutates the lines of `tests/command/bypasses.toml` and keeps those that reach
more of the readers, of bashlex and of the rules. What always holds: an exception or a line that
takes longer than 10 seconds ends the run with an error, and the line is kept. What it does not do:
hold the promise of 300 ms, for instrumented code is slow; `make fuzz` does.
"""

import argparse
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bashlex", "bastion.command", "bastion.policy"]):
    from bastion.command.extract import extract
    from bastion.policy.command_rules import load
    from bastion.policy.judge import judge
from bastion.rulepack import shipped_rules
from tests.command.lines import seeds

_LONGEST_BYTES = 4096
_LONGEST_SECONDS = 10
_MOST_MEMORY_MIB = 3072


def main() -> None:
    """Fuzz, and say how it went; libFuzzer prints, and ends the process."""
    parser = argparse.ArgumentParser(prog="make fuzz-guided", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument(
        "--seed", type=int, default=1, help="of the mutations; 0: another each time"
    )
    parser.add_argument(
        "--lines", type=Path, default=Path(".fuzz"), help="where the lines are kept, to go on from"
    )
    options = parser.parse_args()
    options.lines.mkdir(exist_ok=True)
    for number, line in enumerate(seeds()):
        (options.lines / f"seed-{number}").write_bytes(line.encode("utf-8", "surrogateescape"))
    rules = load(shipped_rules() / "commands")
    atheris.Setup(
        [
            parser.prog,
            str(options.lines),
            f"-runs={options.inputs}",
            f"-seed={options.seed}",
            f"-max_len={_LONGEST_BYTES}",
            f"-timeout={_LONGEST_SECONDS}",
            f"-rss_limit_mb={_MOST_MEMORY_MIB}",
            f"-artifact_prefix={options.lines}/failed-",
        ],
        lambda data: judge(rules, extract(data.decode("utf-8", "replace"))),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
