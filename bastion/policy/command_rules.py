"""The rules for commands: what a rule, an entry for what is opaque, and the whole pack are.

What always holds: a pack is of one piece: an id stands for one rule, an exemption names rules that
say `exemptible = true`, and an operator's own folder takes the place of rules by id. Docs:
docs/rules.md. What it does not do: match commands (`command_match`), or combine verdicts (`judge`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bastion.command.effects import Effect
from bastion.command.knowledge import Knowledge
from bastion.command.reading import Reading, SimpleCommand
from bastion.errors import RulesError
from bastion.policy import knowledge_files
from bastion.policy.command_match import Conditions
from bastion.policy.example import Example, VerdictWord
from bastion.policy.listed import Listed
from bastion.policy.rule_index import NameIndex, numbers
from bastion.policy.rulefile import Located, RuleFile, overridden, refuse_duplicates
from bastion.policy.scope import Scope
from bastion.policy.situation import Situation
from bastion.policy.soundness import refuse_unknown_reasons, refuse_unsound
from bastion.verdict import Profile, Verdict

OWN = "own"
"""The folder of an operator's own rules, beside `commands`."""
_NO_FILE = "holds no rule file, and without rules nothing may run"
_MAX_FOUND = 4096  # sets of rules that are remembered; who types chooses them
_MAX_VIEWS = 64


class Severity(StrEnum):
    """How bad it is if it goes wrong, for reports; the verdict decides."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Rule(Conditions):
    """One `[[rule]]`."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """Names the rule for people: small letters, digits, dashes."""
    verdict: VerdictWord
    """`allow`, `opaque`, `notify`, `hold` or `block`."""
    message: str = Field(min_length=1)
    """Why, in one sentence to engineer and approver."""
    mitre: str = ""
    """ATT&CK technique, for reports."""
    severity: Severity = Severity.MEDIUM
    """`low`, `medium`, `high` or `critical`, for reports."""
    references: tuple[str, ...] = ()
    """Where to read more."""
    approvers: frozenset[str] = frozenset()
    """Groups that may approve a hold; the configured ones where empty."""
    scope: Scope | None = None
    """For whom, on which hosts and when it counts; always where left out."""
    marks_only: bool = False
    """Of `opaque`: in a shell that asks, nothing of the line is asked for one by one, and a paste
    that goes on beyond it is let through. For what runs in a process of its own."""
    exemptible: bool = False
    """Whether rules with `exempts` may lift it."""
    exempts: tuple[str, ...] = ()
    """Of an `allow` with a scope: ids of the rules that it lifts from what it surely covers."""
    examples: tuple[Example, ...] = Field(min_length=1)
    """Commands with expected verdicts; `bastion rules test` runs them."""

    @model_validator(mode="after")
    def _is_of_one_piece(self) -> Self:
        if bool(self.exempts) != (self.verdict is Verdict.ALLOW):
            raise ValueError(
                "`allow` and `exempts` belong together: what no rule stops is allowed anyway"
            )
        if self.exempts and (self.scope is None or self.exemptible):
            raise ValueError("an exemption needs a scope, and cannot be exempted from itself")
        if self.marks_only and self.verdict is not Verdict.OPAQUE:
            raise ValueError("`marks_only` belongs to the verdict `opaque`")
        return self

    def lifts(
        self, other: "Rule", command: SimpleCommand, reading: Reading, effects: Sequence[Effect]
    ) -> bool:
        """Whether this is an exemption from *other* for all that *command* does."""
        if other.id not in self.exempts or not self.covers(command, reading, effects):
            return False
        if not (self.effect and other.effect):
            return True
        rest = [effect for effect in effects if not self.is_sure_of(effect)]
        return not other.matches(command, reading, rest)


class Opaque(BaseModel):
    """One `[[opaque]]`: what happens with a command that cannot be seen into."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    """Why it cannot be seen into; `*` stands for every reason without an entry."""
    verdict: VerdictWord
    """`allow` (it runs, marked as opaque), `hold` or `block`."""
    protected: VerdictWord | None = None
    """The same in the profile `protected`; where left out it is held, if `verdict` does no more."""
    locked: VerdictWord | None = None
    """The same in the profile `locked`; blocked where left out."""
    message: str = Field(min_length=1)
    """Why, in one sentence to engineer and approver."""

    def verdict_in(self, profile: Profile) -> Verdict:
        """What happens in *profile*; never an allow, because it is marked."""
        said = {Profile.PROTECTED: self.protected, Profile.LOCKED: self.locked}.get(profile)
        if said is None:
            said = max(self.verdict, profile.in_doubt)
        return max(said, Verdict.OPAQUE)


@dataclass(frozen=True)
class CommandRules:
    """All command rules in force, as they count in one situation (`within`).

    Attributes:
        rules: all, whatever their scopes.
        opaque: by reason; always has an entry for `*`.
        knowledge: what programs do.
        listed: what runs in the profile `locked`.
        profile: of the situation.
        met: ids of the rules and entries whose scopes hold the situation.
    """

    rules: tuple[Located[Rule], ...]
    opaque: Mapping[str, Opaque]
    knowledge: Knowledge = field(default_factory=Knowledge)
    listed: tuple[Located[Listed], ...] = ()
    profile: Profile = Profile.GUARDRAIL
    met: frozenset[str] = frozenset()
    _views: "dict[tuple[Profile, frozenset[str]], CommandRules]" = field(
        default_factory=dict, compare=False, repr=False
    )

    def within(self, situation: Situation) -> "CommandRules":
        """The same rules, as they count in *situation*."""
        met = frozenset(id_ for id_, scope in self._scopes if not scope.miss(situation))
        key = (situation.profile, met)
        view = self._views.get(key)
        if view is None:
            view = replace(self, profile=situation.profile, met=met)
            if len(self._views) < _MAX_VIEWS:
                self._views[key] = view
        return view

    def concerning(self, program: str, effects: Iterable[str]) -> tuple[Rule, ...]:
        """The rules that a command of *program* with *effects* (names, kinds) may match."""
        return self._index.concerning(program, effects)

    def counts(self, rule: Rule | Listed) -> bool:
        """Whether *rule* counts in this situation."""
        return rule.scope is None or rule.id in self.met

    @cached_property
    def admitted(self) -> tuple[Listed, ...]:
        """The entries of the list that count in this situation."""
        return tuple(entry.value for entry in self.listed if self.counts(entry.value))

    @cached_property
    def _index(self) -> "_Index":
        return _Index([rule.value for rule in self.rules if self.counts(rule.value)])

    @cached_property
    def _scopes(self) -> tuple[tuple[str, Scope], ...]:
        values: list[Rule | Listed] = [rule.value for rule in self.rules]
        values += [entry.value for entry in self.listed]
        return tuple((value.id, value.scope) for value in values if value.scope is not None)


class _Index:
    """Rules by program and by effect; a set of rules is one integer, a bit for each."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._by_program, self._excluded = NameIndex(), NameIndex()
        self._by_effect: dict[str, int] = {}
        self._of_any = 0  # whatever the effect
        self._found: dict[int, tuple[Rule, ...]] = {}
        for number, rule in enumerate(rules):
            self._enter(rule, 1 << number)

    def concerning(self, program: str, effects: Iterable[str]) -> tuple[Rule, ...]:
        bits = self._of_any
        for effect in effects:
            bits |= self._by_effect.get(effect, 0)
        bits &= self._by_program.holding(program) & ~self._excluded.holding(program)
        found = self._found.get(bits)
        if found is None:
            found = tuple(self._rules[number] for number in numbers(bits))
            if len(self._found) < _MAX_FOUND:
                self._found[bits] = found
        return found

    def _enter(self, rule: Rule, bit: int) -> None:
        for name in rule.programs or ("*",):
            self._by_program.enter(name, bit)
        for name in rule.unless_programs:
            self._excluded.enter(name, bit)
        for effect in rule.effect:
            self._by_effect[effect] = self._by_effect.get(effect, 0) | bit
        if not rule.effect:
            self._of_any |= bit


def load(folder: Path, also: Path | None = None) -> CommandRules:
    """The rules in the `*.toml` files of *folder*, with what programs do; raises RulesError.

    The tables about programs stand beside it, in `knowledge/`, and what takes the place of rules
    by id, or is added to them, in `own/` and in the file *also*.
    """
    shipped = _read(sorted(folder.glob("*.toml")))
    own = _read(sorted((folder.parent / OWN).glob("*.toml")))
    if also is not None:
        own = own.under(_read([also]))
    if not (shipped.rules or shipped.opaque):
        raise _without_rules(folder)
    found = shipped.under(own)
    refuse_duplicates([*found.rules, *found.listed])
    _check_exemptions(found.rules)
    by_reason = {entry.value.reason: entry.value for entry in found.opaque}
    if "*" not in by_reason:
        raise RulesError(folder, 0, "", 'needs an [[opaque]] entry with reason = "*"')
    knowledge = knowledge_files.load(folder.parent)
    refuse_unsound(found.rules, found.listed, knowledge)
    refuse_unknown_reasons(found.opaque)
    return CommandRules(tuple(found.rules), by_reason, knowledge, tuple(found.listed))


def _without_rules(folder: Path) -> RulesError:
    """Why there is no rule in *folder*, which stands in the folder that somebody named."""
    if not folder.parent.is_dir():
        there = "is no folder" if folder.parent.exists() else "does not exist"
        return RulesError(folder.parent, 0, "", f"{there}, and without rules nothing may run")
    if not folder.exists() and folder.parent.name == folder.name:
        return RulesError(folder, 0, "", f"{_NO_FILE}; what is meant is the folder above it")
    return RulesError(folder, 0, "", _NO_FILE)


@dataclass(frozen=True)
class _Files:
    """What some files say."""

    rules: list[Located[Rule]]
    opaque: list[Located[Opaque]]
    listed: list[Located[Listed]]

    def under(self, own: "_Files") -> "_Files":
        """These, with those of *own* in the place of what has the same name."""
        return _Files(
            overridden(self.rules, own.rules),
            overridden(self.opaque, own.opaque, "reason"),
            overridden(self.listed, own.listed),
        )


def _read(paths: Sequence[Path]) -> _Files:
    files = [RuleFile(path, {"rule", "opaque", "listed"}) for path in paths]
    found = _Files(
        [rule for file in files for rule in file.tables("rule", Rule)],
        [entry for file in files for entry in file.tables("opaque", Opaque)],
        [entry for file in files for entry in file.tables("listed", Listed)],
    )
    refuse_duplicates([*found.rules, *found.listed])
    refuse_duplicates(found.opaque, "reason")
    return found


def _check_exemptions(rules: Sequence[Located[Rule]]) -> None:
    """Raise RulesError where an exemption is from no rule, or from one that has none."""
    by_id = {rule.value.id: rule for rule in rules}
    for rule in rules:
        for name in rule.value.exempts:
            of = by_id.get(name)
            if of is None:
                raise _exemption_error(rule, f"there is no rule {name!r} to exempt from")
            if not of.value.exemptible:
                place = f"{of.path.name}:{of.line}"
                raise _exemption_error(rule, f"{name} ({place}) does not say `exemptible = true`")


def _exemption_error(rule: Located[Rule], problem: str) -> RulesError:
    return RulesError(rule.path, rule.line, rule.value.id, f"exempts: {problem}")
