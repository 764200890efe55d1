"""Finds rules that cannot mean what they say: a part of them would never count.

What always holds: of a rule that is refused here a name could stand for nothing, or an exception
takes back all that a condition names, and the sentence says which. What it does not do: find every
rule that never matches; `bastion rules test` runs the examples.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from bastion.command.effects_flow import TOGETHER
from bastion.command.knowledge import Knowledge
from bastion.errors import RulesError
from bastion.policy.command_match import Conditions
from bastion.policy.listed import Listed
from bastion.policy.rulefile import Located, RuleFile
from bastion.rulepack import shipped_rules

_REASONS = Path("commands", "opaque.toml")
_ANY = "*"


def refuse_unsound(
    rules: Sequence[Located[Any]], listed: Sequence[Located[Listed]], knowledge: Knowledge
) -> None:
    """Raise RulesError for the first rule or entry of the list with such a part."""
    effects = knowledge.effects | TOGETHER
    for entry in (*rules, *listed):
        value = entry.value
        named = value.effects if isinstance(value, Listed) else value.effect
        problems = [*_of_effects(named, effects), *_of_programs(value.programs)]
        if isinstance(value, Conditions):
            problems += _of_conditions(value)
        if problems:
            raise RulesError(entry.path, entry.line, value.id, problems[0])


def refuse_unknown_reasons(entries: Sequence[Located[Any]]) -> None:
    """Raise RulesError for the first entry with a reason that the bastion never gives."""
    tables = RuleFile(shipped_rules() / _REASONS, {"opaque"}).rows("opaque")
    known = {str(table.get("reason")) for table in tables}
    for entry in entries:
        reason = entry.value.reason
        if reason not in known | {_ANY}:
            problem = f"reason: {reason!r} is none; there are {', '.join(sorted(known - {_ANY}))}"
            raise RulesError(entry.path, entry.line, reason, problem)


def _of_effects(named: Sequence[str], known: Collection[str]) -> Iterator[str]:
    for name in named:
        kind, dot, _ = name.partition(".")
        if dot and name not in known:
            others = sorted(other for other in known if other.startswith(f"{kind}."))
            yield f"effect: nothing does {name!r}; of this kind there are {', '.join(others)}"


def _of_programs(programs: Sequence[str]) -> Iterator[str]:
    for name in programs:
        if "/" in name:
            yield f"programs: {name!r} is a path, and programs are known by their names: use places"


def _of_conditions(rule: Conditions) -> Iterator[str]:
    for key in ("options", "all_options", "unless_options"):
        for option in getattr(rule, key):
            if not option.startswith("-"):
                yield f"{key}: {option!r} is no option: it does not begin with `-`"
    for key in ("programs", "on"):
        meant = {*getattr(rule, key)}
        if meant and meant <= {*getattr(rule, f"unless_{key}")}:
            yield f"{key}: unless_{key} takes back all that it names"
