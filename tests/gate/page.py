"""docs/gate.md: what became of every scenario, in every shell; `make test-gate` writes it."""

import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.gate.record import MEANINGS, Result
from tests.gate.scenario import Scenario

PAGE = Path(__file__).parent.parent.parent / "docs" / "gate.md"
_VERSIONS = {
    "bash": ("bash", "--version"),
    "zsh": ("zsh", "--version"),
    "dash": ("dpkg-query", "-W", "-f", "dash ${Version}", "dash"),
    "fish": ("fish", "--version"),
}
_INTRODUCTION = """\
# What the gate of an interactive shell stops

<!-- written by `make test-gate`: run it after a change of the gate -->

Each row is a way to make a program called `danger` run, which a rule blocks: typed by a real `ssh`
on a terminal, through the bastion, into a real shell behind a real sshd. What happened is taken
from the record and from what ran on the host, never from the screen. The keys of each row are in
[scenarios.toml](../tests/gate/scenarios.toml). bash, zsh and fish tell the bastion the exact line
before it runs; in dash the screen alone is read. In the profile `guardrail` what cannot be seen
into runs and is marked; in `protected` it is held for approval. So is, before it is opened, a shell
that does not ask, or not for each command: in the columns `protected` of dash and fish somebody
approved that, and nothing else. There a row of the screen that is full may end a line or wrap it,
so that both are judged and the stricter counts: in `protected` a harmless line may be held for what
its second row begins with.
"""
_COMMIT = ("git", "-C", str(PAGE.parent), "rev-parse", "--short", "HEAD")


@dataclass
class Page:
    """What was found.

    Attributes:
        results: by column (shell, profile), then by scenario.
        torn: by how the integration was torn out, what became of it, counted.
        same: by shell and case, whether its transcript is that of a shell without a gate.
        works: by shell, whether each scenario runs `danger` where there is no gate.
    """

    scenarios: Sequence[Scenario]
    columns: Sequence[tuple[str, str]]
    tears: Sequence[str]
    results: dict[tuple[str, str], Mapping[str, Result]] = field(default_factory=dict)
    torn: dict[str, Counter[Result]] = field(default_factory=dict)
    same: dict[tuple[str, str], bool] = field(default_factory=dict)
    works: dict[str, dict[str, bool]] = field(default_factory=dict)

    @property
    def found(self) -> list[tuple[str, str]]:
        """The columns that have been run."""
        return [column for column in self.columns if column in self.results]

    def kept(self) -> dict[str, Any]:
        """All that was found, for JSON."""
        return {
            "results": [[*column, results] for column, results in self.results.items()],
            "torn": self.torn,
            "same": [[*case, same] for case, same in self.same.items()],
            "works": self.works,
            "commit": _said(_COMMIT),
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """What was kept by an earlier run of the same commit; without a gate, by any."""
        names = {scenario.name for scenario in self.scenarios}
        self.works |= {
            s: works for s, works in kept.get("works", {}).items() if names == works.keys()
        }
        if kept.get("commit") != _said(_COMMIT):
            return
        for shell, way, results in kept.get("results", []):
            if names == results.keys():
                self.results[shell, way] = {n: Result(result) for n, result in results.items()}
        for tear, counts in kept.get("torn", {}).items():
            self.torn[tear] = Counter({Result(result): n for result, n in counts.items()})
        self.same |= {(shell, case): same for shell, case, same in kept.get("same", [])}

    def write(self) -> None:
        """Write the page."""
        PAGE.write_text(self.text())

    def text(self) -> str:
        """The page."""
        parts = [_INTRODUCTION, self._summary(), self._torn(), self._same(), self._table()]
        return "\n".join(filter(None, parts))

    def _summary(self) -> str:
        shells = dict.fromkeys(shell for shell, _ in self.found)
        versions = "; ".join(_version(shell) for shell in shells)
        lines = [f"{len(self.scenarios)} scenarios, run at commit {_said(_COMMIT)}; {versions}.\n"]
        lines += ["## In short\n"]
        lines += _head("what became of it", [_title(column) for column in self.found])
        for result in self._seen():
            counts = [Counter(self.results[column].values())[result] for column in self.found]
            lines.append(_row(str(result), counts))
        lines += ["", *(f"- **{result}**: {MEANINGS[result]}" for result in self._seen()), ""]
        return "\n".join(lines)

    def _seen(self) -> list[Result]:
        found = {result for results in self.results.values() for result in results.values()}
        found = found.union({Result.SILENT}, *self.torn.values())
        return [result for result in Result if result in found]

    def _torn(self) -> str:
        if not self.torn:
            return ""
        lines = ["## With the integration torn out\n"]
        lines += ["At random moments: before the line, within it, around Enter, while it is asked."]
        lines += ["What may not be seen is that `danger` runs in silence.\n"]
        kinds = [r for r in Result if any(count[r] for count in self.torn.values())]
        kinds = [*kinds, *(r for r in (Result.SILENT,) if r not in kinds)]
        lines += _head("torn out", [str(kind) for kind in kinds])
        lines += [
            _row(tear, [self.torn[tear][kind] for kind in kinds])
            for tear in self.tears
            if tear in self.torn
        ]
        return "\n".join([*lines, ""])

    def _same(self) -> str:
        if not self.same:
            return ""
        lines = ["## What an engineer can tell\n"]
        lines += ["Transcripts of the same keys with and without the gate, byte for byte:"]
        lines += [f"{sum(self.same.values())} of {len(self.same)} are the same."]
        differing = [f"{case} ({shell})" for (shell, case), same in self.same.items() if not same]
        lines += [f"Different: {', '.join(differing)}."] if differing else []
        return "\n".join([*lines, ""])

    def _table(self) -> str:
        lines = ["## Every scenario\n"]
        lines += _head("", [_title(column) for column in self.found])
        group = ""
        for scenario in self.scenarios:
            if scenario.group != group:
                group = scenario.group
                lines.append(_row(f"*{group}*", [""] * len(self.found)))
            found = [self.results[column][scenario.name] for column in self.found]
            lines.append(_row(scenario.name, found))
        return "\n".join([*lines, ""])


def _head(first: str, others: Iterable[str]) -> list[str]:
    titles = [first, *others]
    return [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]


def _row(first: str, cells: Iterable[object]) -> str:
    return f"| {first} | {' | '.join(map(str, cells))} |"


def _title(column: tuple[str, str]) -> str:
    return f"{column[0]}, {column[1]}"


def _version(shell: str) -> str:
    return _said(_VERSIONS[shell]).partition(" (x86")[0]


def _said(command: Sequence[str]) -> str:
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return said.splitlines()[0]
