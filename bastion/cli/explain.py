"""`bastion explain`: how a command is read, which rules are considered, and what is decided.

What always holds: a command is only read, never run; what it says is printable before it is shown;
the verdict is the one that the bastion gives, by the same code. What it does not do: change rules,
or open anything.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from bastion.cli.access import moment
from bastion.cli.operator import look
from bastion.cli.options import ConfigOption, JsonOption, configuration
from bastion.cli.output import OUT, emit_json, facts, note, stop
from bastion.cli.rule_reading import RulesOption, loaded, readings, shown, unknown_shown
from bastion.cli.situations import Placed, Situations
from bastion.command.effects import Effect
from bastion.command.reading import Reading, SimpleCommand, Word
from bastion.config import Config
from bastion.errors import BastionError
from bastion.policy.command_rules import CommandRules, Rule
from bastion.policy.judge import Considered, consider, judge
from bastion.policy.situation import NOWHERE, Situation
from bastion.printable import printable
from bastion.rulepack import shipped_rules
from bastion.state import State
from bastion.verdict import Judgement, Profile

_BETWEEN_WORDS = re.compile(r"""[\s;&|()<>'"`]+""")
_COLOURS = {"allow": "green", "opaque": "magenta", "notify": "blue", "hold": "yellow"}


@dataclass(frozen=True)
class Explained:
    """A command that was judged in a situation.

    Attributes:
        rules: as they count in it.
    """

    rules: CommandRules
    situation: Situation
    reading: Reading
    judgement: Judgement

    @property
    def considered(self) -> list[Considered]:
        """What was considered of each of its commands."""
        return list(consider(self.rules, self.reading))

    def elsewhere(self, each: Considered) -> Iterator[tuple[Rule, str]]:
        """The rules that would match it in another situation, and the key that this one misses."""
        for rule in (located.value for located in self.rules.rules):
            if rule.scope is None or self.rules.counts(rule):
                continue
            if rule.matches(each.command, self.reading, each.effects):
                yield rule, rule.scope.miss(self.situation)


def explain(
    command: Annotated[str, typer.Argument(help="The command line, as one word: quote it.")],
    *,
    as_: Annotated[
        str, typer.Option("--as", metavar="SUBJECT", help="Who types it: a subject or account.")
    ] = "",
    groups: Annotated[
        str | None, typer.Option(help="Their groups, with commas; else of their certificate.")
    ] = None,
    on: Annotated[str, typer.Option("--on", metavar="HOST", help="On which host.")] = "",
    login: Annotated[str, typer.Option(help="As which account on the host.")] = "",
    at: Annotated[str | None, typer.Option(help="Moment (ISO 8601); else now.")] = None,
    profile: Annotated[
        Profile | None, typer.Option(help="In this profile; else as access.toml says.")
    ] = None,
    rules: RulesOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show what a command would run, what that does, which rules match, and the verdict.

    Nothing is run. With --config, or where who, where or when is said, it asks the configuration's
    rules, else our own.

    For example:

        bastion explain 'sudo nvidia-smi --gpu-reset -i 0'

        bastion explain 'rm -rf /models/old' --as ann --on gpu-01

        bastion explain 'ls; reboot' --profile locked --json | jq .verdict
    """
    someone = None
    if groups is not None:
        someone = frozenset(filter(None, map(str.strip, groups.split(","))))
    placed = Placed(NOWHERE)
    folder = rules or shipped_rules()
    if as_ or on or login or at or config or someone is not None:
        try:
            settings = configuration(config)
            placed = placed_in(settings, as_, someone, (on, login), moment(at))
        except BastionError as error:
            stop(str(error))
        folder = rules or settings.rules_dir
    situation = placed.situation
    if profile is not None:
        situation = replace(situation, profile=profile)
    (reading,) = readings([command])
    found = explained(loaded(folder), situation, reading)
    if placed.doubt:
        note(f"Mind that {placed.doubt}.")
    emit_json(tree(found)) if json else show(found)


def explained(rules: CommandRules, situation: Situation, reading: Reading) -> Explained:
    """*reading*, judged by *rules* in *situation*."""
    within = rules.within(situation)
    return Explained(within, situation, reading, judge(within, reading))


def placed_in(
    settings: Config, who: str, groups: frozenset[str] | None, where: tuple[str, str], now: float
) -> Placed:
    """The situation of *who* at *where* (host, login) by the files; raises BastionError."""
    state = State(settings.state_dir)
    situations = Situations(
        settings, lambda name: look(state, lambda store: store.certificates.newest(name))
    )
    asker = situations.asker(who, groups, now)
    if asker is None:
        stop(f"no certificate was issued to {who} yet; say --groups")
    return situations.place(asker, *where)


def show(found: Explained) -> None:
    """The explanation for people."""
    judgement, situation = found.judgement, found.situation
    asker = situation.asker
    pairs = {"verdict": str(judgement.verdict), "rule": judgement.rule, "reason": judgement.reason}
    if found.reading.opaque:
        pairs["opaque"] = found.reading.opaque
    if judgement.approvers:
        pairs["approvers"] = ", ".join(sorted(judgement.approvers))
    pairs["profile"] = str(situation.profile)
    if asker.subject or asker.groups:
        in_ = ", ".join(sorted(asker.groups)) or "no group"
        pairs["who"] = f"{asker.account or 'somebody'} in {in_}"
    if situation.target.name:
        pairs["where"] = f"{situation.login or 'any login'}@{situation.target.name}"
    facts({name: value or "-" for name, value in pairs.items()})
    if found.reading.commands:
        OUT.print()
        OUT.print(_drawn(found))


def _drawn(found: Explained) -> Tree:
    """The reading as a tree: what runs what, and what is considered of each."""
    root = Tree(Text(printable(found.reading.text), "bold"), guide_style="dim")
    branches: list[tuple[SimpleCommand, Tree]] = []
    for each in found.considered:
        parent = next(
            (branch for above, branch in reversed(branches) if _runs(above, each.command)), root
        )
        branch = parent.add(_line(each.command))
        branches.append((each.command, branch))
        for line in _remarks(found, each):
            branch.add(line)
    return root


def _runs(above: SimpleCommand, command: SimpleCommand) -> bool:
    """Whether *above* runs *command*, or a substitution in it does."""
    outer, inner = above.span, command.span
    if not (outer.start <= inner.start and inner.end <= outer.end):
        return False
    if outer != inner:
        return True
    said, own = shown(above.words), shown(command.words)  # as `sh -c TEXT` and a part of TEXT
    is_named = shown(command.words[:1]) in _BETWEEN_WORDS.split(said)
    return command.is_wrapped and len(own) < len(said) and is_named


def _line(command: SimpleCommand) -> Text:
    words = [*command.assignments, *command.words]
    files = [r.operator + shown([r.target]) for r in command.redirections]
    line = Text(printable(" ".join([shown(words), *files]).strip() or "-"))
    if command.stage:
        line = Text.assemble(("| ", "dim"), line)
    return line


def _remarks(found: Explained, each: Considered) -> Iterator[Text]:
    if told := _told(each.effects):
        yield Text.assemble(("does ", "dim"), printable(", ".join(told)))
    for rule in each.rules:
        yield _rule_line(rule, each)
    for rule, key in found.elsewhere(each):
        yield Text(f"{rule.id} is for other {key}", "dim")
    if each.entry is not None:
        yield Text(f"listed as {each.entry.id}", "green")
    elif found.rules.profile is Profile.LOCKED:
        yield Text("not listed", "red")
    if not each.rules:
        count = len(each.candidates)
        yield Text(f"no rule matches, of {count} that were considered", "dim")


def _rule_line(rule: Rule, each: Considered) -> Text:
    verdict = str(rule.verdict)
    line = Text.assemble(
        (f"{verdict} ", _COLOURS.get(verdict, "red")), f"{rule.id}: ", printable(rule.message)
    )
    if exemption := each.lifted.get(rule.id):
        line.append(f" (lifted by {exemption.id})", "green")
    if rule.exempts and rule not in each.lifted.values():
        line.append(" (does not cover all of it)", "dim")
    return line


def _told(found: Sequence[Effect]) -> list[str]:
    """Effects in words, each once; what is only guessed is left out of the tree."""
    return list(dict.fromkeys(unknown_shown(str(e)) for e in found if not e.guessed))


def tree(found: Explained) -> dict[str, Any]:
    """The explanation for scripts."""
    judgement, situation = found.judgement, found.situation
    return {
        "command": found.reading.text,
        "verdict": str(judgement.verdict),
        "rule": judgement.rule,
        "reason": judgement.reason,
        "approvers": sorted(judgement.approvers),
        "profile": str(situation.profile),
        "subject": situation.asker.subject,
        "groups": sorted(situation.asker.groups),
        "target": situation.target.name,
        "login": situation.login,
        "opaque": found.reading.opaque,
        "dangerous": [[span.start, span.end] for span in judgement.dangerous],
        "runs": [_run_tree(found, each) for each in found.considered],
    }


def _run_tree(found: Explained, each: Considered) -> dict[str, Any]:
    command = each.command
    return {
        "program": command.program,
        "words": [_word_tree(word) for word in command.words],
        "assignments": [_word_tree(word) for word in command.assignments],
        "redirections": [
            {"operator": r.operator, "target": _word_tree(r.target)} for r in command.redirections
        ],
        "wrapped": command.is_wrapped,
        "pipeline": command.pipeline,
        "stage": command.stage,
        "span": [command.span.start, command.span.end],
        "effects": list(map(_effect_tree, each.effects)),
        "considered": [rule.id for rule in each.candidates],
        "rules": [rule.id for rule in each.rules],
        "lifted": {id_: rule.id for id_, rule in each.lifted.items()},
        "elsewhere": {rule.id: key for rule, key in found.elsewhere(each)},
        "listed": each.entry.id if each.entry else "",
    }


def _effect_tree(effect: Effect) -> dict[str, Any]:
    return {
        "effect": effect.name,
        "on": _word_tree(effect.on) if effect.on else None,
        "recursive": effect.recursive,
        "guessed": effect.guessed,
    }


def _word_tree(word: Word) -> dict[str, Any]:
    return {"text": word.text, "known": word.is_known}
