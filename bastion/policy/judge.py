"""Judges a reading by the rules in force, as they count in one situation.

What always holds: block beats hold beats notify beats opaque beats allow, and the first of equals
counts; rules apply wherever a line was typed, but for a program that fills the screen: what is
written in an editor is no command, and the entry `full-screen` says what becomes of it; what could
not be seen has a rule of its own, and an unknown reason is treated as the entry `*` says. An
exemption lifts a rule from one command of the line, never from the line. What it does not do:
parse, wait or record.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bastion.command import programs
from bastion.command.effects import Effect
from bastion.command.effects_flow import RUN_FILE, all_effects
from bastion.command.reading import Reading, SimpleCommand
from bastion.policy.command_match import Case
from bastion.policy.command_rules import CommandRules, Rule
from bastion.policy.listed import Listed, admitting, sets_variables
from bastion.verdict import Judgement, Profile, Verdict, strictest

UNLISTED = "not-listed"
"""The rule that is named where the profile `locked` refuses a command."""

_MAX_EFFORT = 1500  # words, files, values; a typed glob is held against every path of a rule
_GLOB_EFFORT = 20
_USUAL_STAGES = 16  # each further one of a pipeline is held against all before it
_FULL_SCREEN = "full-screen"
_OWN_REASON = frozenset({"in-program", "unfinished"})
_UNREAD = frozenset({"unparsable", "incomplete", "unclosed", "continued"})
"""Of a part of a script: it was split into commands, and the rules were asked about these; where it
does not end, the next part may go on with it, though alone no shell would run it."""


def judge(rules: CommandRules, reading: Reading, *, where: str = "shell") -> Judgement:
    """The judgement of *reading*.

    Args:
        rules: the rules in force.
        reading: what the command would do.
        where: `exec`, `script`, `shell`, `unfinished`, `in-program`, `full-screen` or `no-echo`.
            A line that was typed into a program need not be shell text, a shell asks for the rest
            of an unfinished one, and a script is read in parts: so there "cannot be parsed"
            becomes the place's own reason.
    """
    if where == _FULL_SCREEN:
        return unseen(rules, where)
    if _effort(reading) > _MAX_EFFORT:
        return unseen(rules, "too-long")  # judging takes the time of everybody else
    judgements = list(_judgements(rules, reading))
    if reason := _opaque_reason(reading, where):
        judgements.append(unseen(rules, reason))
    if never := programs.refused(reading):
        judgements.append(Judgement(Verdict.BLOCK, never.program, never.sentence))
    return _marked(strictest(judgements), judgements)


def _marked(judgement: Judgement, judgements: Iterable[Judgement]) -> Judgement:
    """*judgement*; one that only has people told says as well what could not be seen."""
    if judgement.verdict is not Verdict.NOTIFY:
        return judgement
    unseen_ = [j.reason for j in judgements if j.verdict is Verdict.OPAQUE]
    return replace(judgement, reason=" ".join([judgement.reason, *unseen_[:1]]))


def _effort(reading: Reading) -> int:
    """How much there is to judge."""
    words = sum(
        1 + _GLOB_EFFORT * word.has_glob for command in reading.commands for word in command.words
    )
    others = (
        len(one.assignments) + len(one.redirections) + max(0, one.stage - _USUAL_STAGES)
        for one in reading.commands
    )
    return words + sum(others)


def unseen(rules: CommandRules, reason: str) -> Judgement:
    """The judgement of what cannot be seen into, for *reason*."""
    entry = rules.opaque.get(reason) or rules.opaque["*"]
    return Judgement(entry.verdict_in(rules.profile), f"opaque-{reason}", entry.message)


@dataclass(frozen=True)
class Considered:
    """One command of a reading, with what was considered.

    Attributes:
        effects: what it does.
        candidates: the rules that may concern it.
        rules: those that it matches.
        lifted: of these the ones that an exemption lifts, by id, each with the exemption.
        entry: the entry of the list that admits it; None where there is none, or no list counts.
    """

    command: SimpleCommand
    effects: tuple[Effect, ...]
    candidates: tuple[Rule, ...]
    rules: tuple[Rule, ...]
    lifted: Mapping[str, Rule]
    entry: Listed | None


def consider(rules: CommandRules, reading: Reading) -> Iterator[Considered]:
    """Each command of *reading* with what is considered of it."""
    before: Considered | None = None
    for command, effects in all_effects(reading, rules.knowledge):
        case = Case(command, reading, effects)
        candidates = rules.concerning(command.program, case.effects)
        found = tuple(rule for rule in candidates if rule.fits(case))
        exemptions = [rule for rule in found if rule.exempts]
        lifted = {
            rule.id: exemption
            for exemption in exemptions
            for rule in found
            if exemption.lifts(rule, command, reading, effects)
        }
        entry = _entry(rules, command, effects, before)
        before = Considered(command, effects, candidates, found, lifted, entry)
        yield before


def _entry(
    rules: CommandRules,
    command: SimpleCommand,
    effects: Sequence[Effect],
    before: Considered | None,
) -> Listed | None:
    """The entry of the list that admits *command*, by itself or as the script of the one before."""
    if rules.profile is not Profile.LOCKED:
        return None
    if before and command.is_wrapped and Effect(RUN_FILE, command.words[0]) in before.effects:
        return before.entry  # `python x.py`, where `x.py` is a command of its own
    return admitting(rules.admitted, command, effects)


def _judgements(rules: CommandRules, reading: Reading) -> Iterator[Judgement]:
    if rules.profile is Profile.LOCKED and sets_variables(reading.text):
        yield _unlisted(SimpleCommand(()))
    for each in consider(rules, reading):
        for rule in each.rules:
            if rule.exempts:
                if rule in each.lifted.values():
                    yield _judgement(rule, each, rules.profile)
            elif rule.id not in each.lifted:
                yield _judgement(rule, each, rules.profile)
        if rules.profile is Profile.LOCKED and each.entry is None:
            yield _unlisted(each.command)


def _judgement(rule: Rule, each: Considered, profile: Profile) -> Judgement:
    verdict, span = rule.verdict, each.command.span
    if verdict is Verdict.OPAQUE and not _is_listed_as(rule, each.entry):
        verdict = profile.in_doubt  # the rule says that nobody sees what it does
    is_mark = rule.marks_only and verdict is Verdict.OPAQUE
    return Judgement(verdict, rule.id, rule.message, (span,), rule.approvers, marks_only=is_mark)


def _is_listed_as(rule: Rule, entry: Listed | None) -> bool:
    """Whether *entry* admits a command for the very effects that *rule* speaks of."""
    return entry is not None and bool(rule.effect) and {*rule.effect} <= {*entry.effects}


def _unlisted(command: SimpleCommand) -> Judgement:
    what = f"`{command.program}`" if command.program else "what sets variables"
    sentence = f"Only listed commands run here, and {what} is not listed as it is written."
    spans = (command.span,) if command.span.end else ()
    return Judgement(Verdict.BLOCK, UNLISTED, sentence, spans)


def _opaque_reason(reading: Reading, where: str) -> str:
    if where == "no-echo":
        return where
    if where == "script" and reading.opaque in _UNREAD:
        return "script-unread"
    return where if reading.opaque and where in _OWN_REASON else reading.opaque
