"""`bastion rules score`: how much of a labelled corpus a rule pack stops.

What always holds: commands are only read, never run, by the same parser and judge that decide in a
running bastion; what is stopped is what is held or blocked; what would run although it cannot be
seen into (`opaque`) is counted apart. What it does not do: change rules, or say which command of
the corpus the rules should name: no rule may name one.
"""

import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from bastion.command.parser import Parser
from bastion.policy.command_rules import CommandRules
from bastion.policy.judge import judge
from bastion.verdict import Judgement, Verdict

LABELS = ("malicious", "benign", "ambiguous")
_LEAST_FOR_MACRO = 20
_STOPPED = frozenset({Verdict.HOLD, Verdict.BLOCK})


@dataclass(frozen=True)
class Record:
    """One command of the corpus.

    Attributes:
        file: the corpus file without its suffix.
        label: `malicious` (must not pass silently), `benign` (must pass) or `ambiguous`.
    """

    id: str
    file: str
    label: str
    command: str


@dataclass(frozen=True)
class Decision:
    """What the pack decided on a record, and how long that took."""

    record: Record
    judgement: Judgement
    seconds: float

    @property
    def is_stopped(self) -> bool:
        """Whether somebody has to approve it, or nobody can."""
        return self.judgement.verdict in _STOPPED


def records(folder: Path) -> list[Record]:
    """The records of every `*.jsonl` in *folder*; raises OSError or ValueError."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found.append(_record(path, number, line))
    if not found:
        raise ValueError(f"{folder} holds no record in a *.jsonl file")
    return found


async def decide(
    rules: CommandRules, found: Iterable[Record], parser: Parser
) -> Sequence[Decision]:
    """The decision on each record, one after the other."""
    decisions = []
    await parser.start()
    try:
        for record in found:
            begun = time.perf_counter()
            judgement = judge(rules, await parser.read(record.command))
            decisions.append(Decision(record, judgement, time.perf_counter() - begun))
    finally:
        await parser.stop()
    return decisions


def score(decisions: Sequence[Decision]) -> dict[str, Any]:
    """The figures, by label and file."""
    by_label = {label: [d for d in decisions if d.record.label == label] for label in LABELS}
    return {
        **{label: _figures(of_label) for label, of_label in by_label.items()},
        "opaque_percent": {
            label: _percent(d.judgement.verdict is Verdict.OPAQUE for d in of_label)
            for label, of_label in by_label.items()
        },
        "latency_ms": _latency([d.seconds * 1000 for d in decisions]),
    }


def lines(decisions: Iterable[Decision]) -> Iterator[str]:
    """A line of JSON for each decision; what people are only told of is allowed."""
    for decision in decisions:
        verdict = decision.judgement.verdict
        fields = {
            "id": decision.record.id,
            "decision": str(Verdict.ALLOW if verdict is Verdict.NOTIFY else verdict),
            "rule": decision.judgement.rule,
            "ms": round(decision.seconds * 1000, 3),
        }
        yield json.dumps(fields) + "\n"


def _record(path: Path, number: int, line: str) -> Record:
    try:
        tree = json.loads(line)
        label = tree["label"]
        record = Record(str(tree["id"]), path.stem, label, str(tree["command"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}:{number}: no record: {error!r}") from error
    if label not in LABELS:
        raise ValueError(f"{path}:{number}: {label!r} is none of {', '.join(LABELS)}")
    return record


def _figures(decisions: Sequence[Decision]) -> dict[str, Any]:
    by_file: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_file.setdefault(decision.record.file, []).append(decision)
    files = {
        name: {"n": len(found), "stopped_percent": _percent(d.is_stopped for d in found)}
        for name, found in by_file.items()
    }
    large = [f["stopped_percent"] for f in files.values() if f["n"] >= _LEAST_FOR_MACRO]
    return {
        "micro_percent": _percent(d.is_stopped for d in decisions),
        "macro_percent": round(fmean(large), 2) if large else 0.0,
        "files": files,
    }


def _percent(flags: Iterable[bool]) -> float:
    found = list(flags)
    return round(100 * sum(found) / len(found), 2) if found else 0.0


def _latency(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times) or [0.0]
    places = {"p50": 0.50, "p99": 0.99, "max": 1.0}
    at = {name: math.ceil(part * len(ordered)) - 1 for name, part in places.items()}
    return {name: round(ordered[max(place, 0)], 3) for name, place in at.items()}
