"""Judges a reading by the rules in force.

What always holds: block beats hold beats opaque beats allow, and the first of equals counts; rules
apply wherever a line was typed, but for a program that fills the screen: what is written in an
editor is no command, and the entry `full-screen` says what becomes of it; what could not be seen
has a rule of its own, and an unknown reason is treated as the entry `*` says. What it does not do:
parse, wait or record.
"""

from collections.abc import Iterator

from bastion.command import programs
from bastion.command.effects_flow import all_effects
from bastion.command.reading import Reading, SimpleCommand
from bastion.policy.command_rules import CommandRules, Rule
from bastion.verdict import Judgement, Verdict, strictest

_MAX_EFFORT = 1500  # words; a glob that was typed has to be held against every path of a rule
_GLOB_EFFORT = 20
_FULL_SCREEN = "full-screen"
_OWN_REASON = frozenset({"in-program", "unfinished"})
_UNREAD = frozenset({"unparsable", "incomplete"})
"""Of a part of a script: it was split into commands, and the rules were asked about these."""


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
    judgements = [_judgement(rule, command) for command, rule in _matching(rules, reading)]
    if reason := _opaque_reason(reading, where):
        judgements.append(unseen(rules, reason))
    if never := programs.refused(reading):
        judgements.append(Judgement(Verdict.BLOCK, never.program, never.sentence))
    return strictest(judgements)


def _effort(reading: Reading) -> int:
    """How much there is to judge."""
    return sum(
        1 + _GLOB_EFFORT * word.has_glob for command in reading.commands for word in command.words
    )


def unseen(rules: CommandRules, reason: str) -> Judgement:
    """The judgement of what cannot be seen into, for *reason*."""
    entry = rules.opaque.get(reason) or rules.opaque["*"]
    verdict = Verdict.OPAQUE if entry.verdict is Verdict.ALLOW else entry.verdict
    return Judgement(verdict, f"opaque-{reason}", entry.message)


def _matching(rules: CommandRules, reading: Reading) -> Iterator[tuple[SimpleCommand, Rule]]:
    """Each command with the rules that it matches."""
    for command, found in all_effects(reading, rules.knowledge):
        for rule in rules.concerning(command.program, found):
            if rule.matches(command, reading, found):
                yield command, rule


def _judgement(rule: Rule, command: SimpleCommand) -> Judgement:
    return Judgement(rule.verdict, rule.id, rule.message, (command.span,), rule.approvers)


def _opaque_reason(reading: Reading, where: str) -> str:
    if where == "no-echo":
        return where
    if where == "script" and reading.opaque in _UNREAD:
        return "script-unread"
    return where if reading.opaque and where in _OWN_REASON else reading.opaque
