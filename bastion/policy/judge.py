"""Judges a reading by the rules in force.

What always holds: block beats hold beats opaque beats allow, and the first of equals counts; rules
apply wherever a line was typed; what could not be seen has a rule of its own, and an unknown reason
is treated as the entry `*` says. What it does not do: parse, wait or record.
"""

from collections.abc import Iterator

from bastion.command.reading import Reading, SimpleCommand
from bastion.policy.command_rules import CommandRules, Rule
from bastion.verdict import Judgement, Verdict, strictest

_OWN_REASON = frozenset({"in-program", "full-screen", "unfinished"})


def judge(rules: CommandRules, reading: Reading, *, where: str = "shell") -> Judgement:
    """The judgement of *reading*.

    Args:
        rules: the rules in force.
        reading: what the command would do.
        where: `exec`, `shell`, `unfinished`, `in-program`, `full-screen` or `no-echo`. A line
            that was typed into a program need not be shell text, and a shell asks for the rest of
            an unfinished one, so there "cannot be parsed" becomes the place's own reason.
    """
    judgements = [
        _judgement(rule, command)
        for command, rule in _concerned(rules, reading)
        if rule.matches(command, reading)
    ]
    if reason := _opaque_reason(reading, where):
        judgements.append(_opaque(rules, reason))
    return strictest(judgements)


def _concerned(rules: CommandRules, reading: Reading) -> Iterator[tuple[SimpleCommand, Rule]]:
    """Each command with the rules that may match its program; long scripts repeat programs."""
    by_program: dict[str, list[Rule]] = {}
    for command in reading.commands:
        program = command.program
        if program not in by_program:
            by_program[program] = [r.value for r in rules.rules if r.value.concerns(program)]
        for rule in by_program[program]:
            yield command, rule


def _judgement(rule: Rule, command: SimpleCommand) -> Judgement:
    return Judgement(rule.verdict, rule.id, rule.message, (command.span,), rule.approvers)


def _opaque_reason(reading: Reading, where: str) -> str:
    if where == "no-echo":
        return where
    return where if reading.opaque and where in _OWN_REASON else reading.opaque


def _opaque(rules: CommandRules, reason: str) -> Judgement:
    entry = rules.opaque.get(reason) or rules.opaque["*"]
    verdict = Verdict.OPAQUE if entry.verdict is Verdict.ALLOW else entry.verdict
    return Judgement(verdict, f"opaque-{reason}", entry.message)
