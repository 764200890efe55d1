"""`bastion rules` and `bastion explain`: check rules, try them, and see why a command is stopped.

What always holds: a command is only read, never run; what it says is printable before it is shown;
it is read as the bastion reads it, in a process that can be killed. What it does not do: change
rules, or reload a running bastion (SIGHUP does).
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bastion.cli.options import JsonOption
from bastion.cli.output import OUT, emit_json, facts, note, stop, table
from bastion.command.parser import Parser
from bastion.command.reading import UNKNOWN, Reading, SimpleCommand, Word
from bastion.errors import RulesError
from bastion.policy import access, command_rules
from bastion.policy.command_rules import CommandRules, Example, Rule
from bastion.policy.judge import judge
from bastion.policy.rulefile import Located
from bastion.rulepack import shipped_rules
from bastion.verdict import Judgement

_DEADLINE_SECONDS = 5.0  # a person waits; the bastion itself is stricter
_MAX_BYTES = 16384
_SHOWN_UNKNOWN = "⟨?⟩"

FolderArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR]", help="Folder with access.toml and commands/; else the shipped rules."
    ),
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", metavar="DIR", help="Folder with commands/; else the shipped rules."),
]

app = typer.Typer(
    no_args_is_help=True,
    help="Rules: which commands are stopped, and who may reach what. docs/rules.md explains them.",
)


@dataclass(frozen=True)
class Trial:
    """An example of a rule, tried."""

    rule: Located[Rule]
    example: Example
    judgement: Judgement

    @property
    def is_right(self) -> bool:
        """Whether the pack gives the verdict that the example promises."""
        return self.judgement.verdict is self.example.verdict


@app.command()
def check(folder: FolderArgument = None) -> None:
    """Load all rule files, and name file, line and rule of the first mistake.

    For example:

        bastion rules check /etc/bastion/rules
    """
    folder = folder or shipped_rules()
    commands = _loaded(folder)
    try:
        grants = access.load(folder / "access.toml").grants
    except RulesError as error:
        stop(str(error))
    OUT.print(f"{len(commands.rules)} command rules and {len(grants)} grants: no mistake found.")


@app.command("test")
def try_examples(folder: FolderArgument = None, *, json: JsonOption = False) -> None:
    """Run every example of every rule; the whole pack must give the verdict it promises.

    For example:

        bastion rules test /etc/bastion/rules
    """
    rules = _loaded(folder or shipped_rules())
    examples = [(rule, example) for rule in rules.rules for example in rule.value.examples]
    readings = asyncio.run(_read([example.command for _, example in examples]))
    trials = [
        Trial(rule, example, judge(rules, reading))
        for (rule, example), reading in zip(examples, readings, strict=True)
    ]
    wrong = [trial for trial in trials if not trial.is_right]
    if json:
        emit_json([_trial_json(trial) for trial in trials])
    else:
        _show_trials(trials, wrong)
    if wrong:
        raise typer.Exit(1)


@app.command("list")
def list_rules(folder: FolderArgument = None, *, json: JsonOption = False) -> None:
    """List the command rules in the order in which they count.

    For example:

        bastion rules list --json | jq '.[].id'
    """
    rules = _loaded(folder or shipped_rules()).rules
    if json:
        emit_json([_rule_json(rule) for rule in rules])
        return
    rows = ((r.value.id, str(r.value.verdict), _place(r), r.value.message) for r in rules)
    table(("RULE", "VERDICT", "FILE", "WHY"), rows)


def explain(
    command: Annotated[str, typer.Argument(help="The command line, as one word: quote it.")],
    *,
    rules: RulesOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a command would run, which rules match, and the verdict. Nothing is run.

    For example:

        bastion explain 'sudo nvidia-smi --gpu-reset -i 0'
    """
    loaded = _loaded(rules or shipped_rules())
    (reading,) = asyncio.run(_read([command]))
    judgement = judge(loaded, reading)
    if json:
        emit_json(_explained_json(loaded, reading, judgement))
    else:
        _show_explained(loaded, reading, judgement)


def _loaded(folder: Path) -> CommandRules:
    try:
        return command_rules.load(folder / "commands")
    except RulesError as error:
        stop(str(error))


async def _read(texts: Sequence[str]) -> list[Reading]:
    parser = Parser(workers=1, deadline_seconds=_DEADLINE_SECONDS, max_bytes=_MAX_BYTES)
    try:
        await parser.start()
        return [await parser.read(text) for text in texts]
    finally:
        await parser.stop()


def _matching(rules: CommandRules, command: SimpleCommand, reading: Reading) -> list[str]:
    return [rule.value.id for rule in rules.rules if rule.value.matches(command, reading)]


def _place(rule: Located[Rule]) -> str:
    return f"{rule.path.name}:{rule.line}"


def _show_trials(trials: Sequence[Trial], wrong: Sequence[Trial]) -> None:
    rows = (
        (
            trial.rule.value.id,
            _place(trial.rule),
            trial.example.command,
            str(trial.example.verdict),
            str(trial.judgement.verdict),
            trial.judgement.rule,
        )
        for trial in wrong
    )
    if wrong:
        table(("RULE", "FILE", "EXAMPLE", "PROMISED", "GIVEN", "BY"), rows)
        note(f"{len(wrong)} of {len(trials)} examples get another verdict than they promise.")
    else:
        OUT.print(f"{len(trials)} examples: each gets the verdict that it promises.")


def _show_explained(rules: CommandRules, reading: Reading, judgement: Judgement) -> None:
    pairs = {"verdict": str(judgement.verdict), "rule": judgement.rule, "reason": judgement.reason}
    if reading.opaque:
        pairs["opaque"] = reading.opaque
    if judgement.approvers:
        pairs["approvers"] = ", ".join(sorted(judgement.approvers))
    facts({name: value or "-" for name, value in pairs.items()})
    rows = [
        (
            "└ " * command.is_wrapped + (_shown(command.words[:1]) or "-"),
            _shown(command.words[1:]),
            " ".join(_redirections(command)),
            ", ".join(_matching(rules, command, reading)),
        )
        for command in reading.commands
    ]
    if rows:
        OUT.print()
        table(("RUNS", "WITH", "FILES", "RULES"), rows)


def _shown(words: Sequence[Word]) -> str:
    return " ".join(word.text.replace(UNKNOWN, _SHOWN_UNKNOWN) or "''" for word in words)


def _redirections(command: SimpleCommand) -> Iterator[str]:
    for redirection in command.redirections:
        yield redirection.operator + _shown([redirection.target])


def _rule_json(rule: Located[Rule]) -> dict[str, Any]:
    value = rule.value
    return {
        "id": value.id,
        "verdict": str(value.verdict),
        "message": value.message,
        "mitre": value.mitre,
        "approvers": sorted(value.approvers),
        "file": str(rule.path),
        "line": rule.line,
    }


def _trial_json(trial: Trial) -> dict[str, Any]:
    return {
        "rule": trial.rule.value.id,
        "file": str(trial.rule.path),
        "line": trial.rule.line,
        "command": trial.example.command,
        "promised": str(trial.example.verdict),
        "verdict": str(trial.judgement.verdict),
        "by": trial.judgement.rule,
        "ok": trial.is_right,
    }


def _explained_json(rules: CommandRules, reading: Reading, judgement: Judgement) -> dict[str, Any]:
    return {
        "command": reading.text,
        "verdict": str(judgement.verdict),
        "rule": judgement.rule,
        "reason": judgement.reason,
        "approvers": sorted(judgement.approvers),
        "opaque": reading.opaque,
        "dangerous": [[span.start, span.end] for span in judgement.dangerous],
        "runs": [
            {
                "program": command.program,
                "words": [_word_json(word) for word in command.words],
                "assignments": [_word_json(word) for word in command.assignments],
                "redirections": [
                    {"operator": r.operator, "target": _word_json(r.target)}
                    for r in command.redirections
                ],
                "wrapped": command.is_wrapped,
                "span": [command.span.start, command.span.end],
                "rules": _matching(rules, command, reading),
            }
            for command in reading.commands
        ],
    }


def _word_json(word: Word) -> dict[str, Any]:
    return {"text": word.text, "known": word.is_known}
