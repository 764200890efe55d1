"""`bastion rules try`: what changed rules would have decided on commands that were recorded.

What always holds: the old verdict is the recorded one; the new one is of the same judge, in the
situation of that person on that host, with the groups, labels and grants of today; nothing is run,
and nothing is written. What it does not do: judge what was done with files, or what of a long
script was not kept.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bastion.cli.operator import look
from bastion.cli.output import OUT, counted, note, table
from bastion.cli.rule_reading import readings
from bastion.cli.situations import Situations
from bastion.config import Config
from bastion.policy import command_rules
from bastion.policy.asker import Asker
from bastion.policy.command_rules import CommandRules
from bastion.policy.judge import judge, unseen
from bastion.policy.situation import Situation, nobody
from bastion.state import State
from bastion.store.rows import Ran
from bastion.verdict import Judgement, strictest

_JUDGED = frozenset({"exec", "script", "shell", "screen", "step"})
"""Where commands come from that somebody wanted to run; not deeds with files, nor what was seen."""
_PLACES = frozenset({"full-screen", "in-program", "no-echo", "unfinished"})
_BESIDE = frozenset({"lost-integration", "tamper", "shell-state", "history-expansion"}) | {
    f"script-{why}" for why in ("part", "hidden", "unread")
}
"""Reasons that do not stand in the text of a command, so that they count again."""
_CUT = re.compile(r"\n\[\d+ bytes in all, SHA-256 ")


@dataclass(frozen=True)
class Change:
    """A command that would be decided otherwise."""

    ran: Ran
    judgement: Judgement

    @property
    def kind(self) -> tuple[str, str]:
        """The old verdict and the new one."""
        return self.ran.verdict, str(self.judgement.verdict)


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes:
        times: how many commands were judged again.
        left_out: how many were not kept whole, so that they could not be.
        changes: those that would be decided otherwise, the most frequent first.
    """

    times: int
    left_out: int
    changes: tuple[Change, ...]


def tried(settings: Config, changed: Path, since: float) -> Outcome:
    """What the rules in *changed* would have decided; raises RulesError, StoreError, ConfigError.

    A file is laid over the rules of the configuration; a folder takes their place.
    """
    is_pack = changed.is_dir()
    folder = (changed if is_pack else settings.rules_dir) / "commands"
    rules = command_rules.load(folder, None if is_pack else changed)
    state = State(settings.state_dir)
    found = look(state, lambda store: store.sessions.ran_since(since))
    whole = [ran for ran in found if ran.source in _JUDGED and not _is_cut(ran)]
    cut = sum(ran.times for ran in found if _is_cut(ran))
    places = _Places(
        Situations(
            settings, lambda name: look(state, lambda store: store.certificates.newest(name))
        )
    )
    changes = _changes(rules, whole, places)
    ordered = sorted(changes, key=lambda change: (-change.ran.times, change.ran.text))
    return Outcome(sum(ran.times for ran in whole), cut, tuple(ordered))


class _Places:
    """Situations of recorded commands, each person and place looked up once."""

    def __init__(self, situations: Situations) -> None:
        self._situations = situations
        self._askers: dict[str, Asker] = {}
        self._found: dict[tuple[str, str, str], Situation] = {}

    def of(self, ran: Ran) -> Situation:
        """Where *ran* was typed."""
        key = (ran.subject, ran.target, ran.login)
        if key not in self._found:
            asker = self._asker(ran.subject)
            self._found[key] = self._situations.place(asker, ran.target, ran.login).situation
        found = self._found[key]
        return replace(found, asker=replace(found.asker, now=ran.at, fresh_at=ran.at))

    def _asker(self, subject: str) -> Asker:
        if subject not in self._askers:
            known = self._situations.asker(subject, None, 0.0)
            self._askers[subject] = known or replace(nobody(), subject=subject)
        return self._askers[subject]


def _changes(rules: CommandRules, found: Sequence[Ran], places: _Places) -> Iterator[Change]:
    texts = list(dict.fromkeys(ran.text for ran in found))
    read = dict(zip(texts, readings(texts), strict=True))
    for ran in found:
        within = rules.within(places.of(ran))
        decided = judge(within, read[ran.text], where=_where(ran))
        if (reason := _reason(ran)) in _BESIDE:
            decided = strictest([decided, unseen(within, reason)])
        change = Change(ran, decided)
        if change.kind[0] != change.kind[1]:
            yield change


def _is_cut(ran: Ran) -> bool:
    return ran.source == "script" and bool(_CUT.search(ran.text))


def _where(ran: Ran) -> str:
    """Where it was typed, as the judge was told."""
    if (reason := _reason(ran)) in _PLACES:
        return reason
    return ran.source if ran.source in ("exec", "script") else "shell"


def _reason(ran: Ran) -> str:
    """Why it could not be seen into, where that decided."""
    return ran.rule.removeprefix("opaque-") if ran.rule.startswith("opaque-") else ""


def show(outcome: Outcome) -> None:
    """The trial for people."""
    rows = (
        (
            change.kind[0],
            change.kind[1],
            f"{change.ran.times}",
            change.judgement.rule or f"not {change.ran.rule}",
            f"{change.ran.login}@{change.ran.target}",
            change.ran.text,
        )
        for change in outcome.changes
    )
    if outcome.changes:
        table(("OLD", "NEW", "TIMES", "RULE", "WHERE", "COMMAND"), rows)
        OUT.print()
    for (old, new), times in _counts(outcome):
        OUT.print(f"{old} → {new}: {times}")
    changed = sum(change.ran.times for change in outcome.changes)
    OUT.print(f"{changed} of {counted(outcome.times, 'recorded command')} would be decided anew.")
    if outcome.left_out:
        note(f"{outcome.left_out} long scripts were left out: only parts of them are kept.")


def _counts(outcome: Outcome) -> list[tuple[tuple[str, str], int]]:
    counts: Counter[tuple[str, str]] = Counter()
    for change in outcome.changes:
        counts[change.kind] += change.ran.times
    return counts.most_common()


def tree(outcome: Outcome) -> dict[str, Any]:
    """The trial for scripts."""
    return {
        "commands": outcome.times,
        "left_out": outcome.left_out,
        "counts": [{"old": o, "new": n, "times": times} for (o, n), times in _counts(outcome)],
        "changed": [
            {
                "command": change.ran.text,
                "subject": change.ran.subject,
                "target": change.ran.target,
                "login": change.ran.login,
                "times": change.ran.times,
                "old": {"verdict": change.ran.verdict, "rule": change.ran.rule},
                "new": {"verdict": change.kind[1], "rule": change.judgement.rule},
            }
            for change in outcome.changes
        ],
    }
