"""`bastion rules`: check rules, try their examples and what a change would have done, list them.

What always holds: a command is only read, never run; what it says is printable before it is shown;
it is read as the bastion reads it, in a process that can be killed. What it does not do: change
rules, or tell a running bastion, which looks by itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bastion.cli import rule_score, rule_trial
from bastion.cli.file_trials import FileTrial, file_trials
from bastion.cli.options import ConfigOption, JsonOption, configuration, duration
from bastion.cli.output import OUT, counted, emit_json, facts, note, stop, table
from bastion.cli.rule_listing import all_rules, begun_ids, place, said
from bastion.cli.rule_reading import RulesOption, loaded, readings
from bastion.clock import SystemClock
from bastion.command.parser import Parser
from bastion.errors import BastionError, RulesError
from bastion.policy import access, file_rules
from bastion.policy.access import AccessRules
from bastion.policy.command_rules import CommandRules, Rule
from bastion.policy.example import Example
from bastion.policy.judge import judge
from bastion.policy.listed import Listed
from bastion.policy.rulefile import Located
from bastion.rulepack import shipped_rules
from bastion.verdict import Judgement

_BASTION_SECONDS = 0.25  # as where nothing is configured
_MAX_BYTES = 16384

FolderArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR]", help="Folder with access.toml and commands/; else the shipped rules."
    ),
]
CorpusArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder with the labelled commands, *.jsonl.")
]
DecisionsOption = Annotated[
    Path | None,
    typer.Option("--decisions", metavar="OUT.jsonl", help="Also write each decision, one a line."),
]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def rules_() -> None:
    """Rules: which commands are stopped, and who may reach what. docs/rules.md explains them.

    For example:

        bastion rules list

        bastion rules check /etc/bastion/rules
    """


@dataclass(frozen=True)
class Trial:
    """An example of a rule, tried."""

    rule: Located[Rule] | Located[Listed]
    example: Example
    judgement: Judgement

    @property
    def text(self) -> str:
        """The command."""
        return self.example.command

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
    commands = loaded(folder)
    try:
        rules = access.load(folder / "access.toml")
        files = file_rules.load(folder)
    except RulesError as error:
        stop(str(error))
    for_files = counted(len(files.rules), "rule for files", "rules for files")
    OUT.print(f"{counted_rules(rules, commands)}, {for_files}: no mistake found.", soft_wrap=True)
    for id_ in rules.unapprovable:
        note(f"{rules.places[id_]}: {id_} names no approvers: those of [approval] may, if any")
    note("`bastion config check` reads the inventory as well.")


def counted_rules(rules: AccessRules, commands: CommandRules) -> str:
    """How many rules of each kind there are, in words."""
    kinds = [
        counted(len(rules.grants), "grant"),
        counted(len(rules.denies), "deny", "denies"),
        counted(len(rules.requirements), "requirement"),
        counted(len(commands.rules), "command rule"),
        counted(len(commands.listed), "listed command"),
    ]
    return ", ".join(kinds)


@app.command("test")
def try_examples(folder: FolderArgument = None, *, json: JsonOption = False) -> None:
    """Run every example of every rule; the whole pack must give the verdict it promises.

    For example:

        bastion rules test /etc/bastion/rules
    """
    rules = loaded(folder or shipped_rules())
    entries: tuple[Located[Rule] | Located[Listed], ...] = (*rules.rules, *rules.listed)
    examples = [(entry, example) for entry in entries for example in entry.value.examples]
    read = readings([example.command for _, example in examples])
    trials: list[Trial | FileTrial] = [
        Trial(entry, example, judge(rules.within(example.situation), reading))
        for (entry, example), reading in zip(examples, read, strict=True)
    ]
    trials += _file_trials(folder or shipped_rules())
    wrong = [trial for trial in trials if not trial.is_right]
    if json:
        emit_json([_trial_json(trial) for trial in trials])
    else:
        _show_trials(trials, wrong)
    if wrong:
        raise typer.Exit(1)


@app.command("list")
def list_rules(folder: FolderArgument = None, *, json: JsonOption = False) -> None:
    """List the command rules and those for files, in the order in which they count.

    For example:

        bastion rules list --json | jq '.[].id'
    """
    rules = all_rules(folder or shipped_rules())
    if json:
        emit_json(rules)
        return
    rows = ((r["id"], r["verdict"], place(r), r["message"]) for r in rules)
    table(("RULE", "VERDICT", "FILE", "WHY"), rows)


@app.command()
def show(
    rule: Annotated[
        str, typer.Argument(metavar="ID", help="Id of a rule.", autocompletion=begun_ids)
    ],
    folder: FolderArgument = None,
    *,
    json: JsonOption = False,
) -> None:
    """Show one rule: what it says, for whom it counts, and its examples.

    For example:

        bastion rules show gpu-reset
    """
    found = [each for each in all_rules(folder or shipped_rules()) if each["id"] == rule]
    if not found:
        stop(f"there is no rule {rule}; `bastion rules list` names them")
    if json:
        emit_json(found[0])
        return
    facts(said(found[0]))
    OUT.print()
    examples = ((e["verdict"], e["command"], e["where"]) for e in found[0].get("examples", []))
    table(("VERDICT", "EXAMPLE", "WHERE"), examples)


@app.command()
def score(
    corpus: CorpusArgument,
    *,
    rules: RulesOption = None,
    decisions: DecisionsOption = None,
) -> None:
    """Judge every command of a labelled corpus, and print how much of each kind is stopped.

    Each line of a `*.jsonl` is an object with `id`, `label` (malicious, benign or ambiguous) and
    `command`. Nothing is run.

    For example:

        bastion rules score corpus/dev --decisions decisions.jsonl
    """
    pack = loaded(rules or shipped_rules())
    parser = Parser(workers=2, deadline_seconds=_BASTION_SECONDS, max_bytes=_MAX_BYTES)
    try:
        found = asyncio.run(rule_score.decide(pack, rule_score.records(corpus), parser))
        if decisions is not None:
            decisions.write_text("".join(rule_score.lines(found)))
    except (OSError, ValueError) as error:
        stop(str(error))
    emit_json(rule_score.score(found))


@app.command("try")
def try_rules(
    changed: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|DIR",
            help="A file for own/, or a whole rules folder with commands/.",
        ),
    ],
    *,
    since: Annotated[
        str, typer.Option(metavar="DURATION", help="How far back, as 12h or 7d.")
    ] = "30d",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say which recorded commands changed rules would have decided otherwise.

    Each is judged again, for its person, on its host, in its profile. Nothing is run or changed.

    For example:

        bastion rules try own/pools.toml

        bastion rules try /etc/bastion/rules-next --since 7d --json | jq .changed
    """
    try:
        start = SystemClock().now() - duration(since)
        outcome = rule_trial.tried(configuration(config), changed, start)
    except BastionError as error:
        stop(str(error))
    emit_json(rule_trial.tree(outcome)) if json else rule_trial.show(outcome)


def _file_trials(folder: Path) -> list[FileTrial]:
    try:
        return list(file_trials(folder))
    except RulesError as error:
        stop(str(error))


def _place(rule: Located[Any]) -> str:
    return f"{rule.path.name}:{rule.line}"


def _show_trials(trials: Sequence[Trial | FileTrial], wrong: Sequence[Trial | FileTrial]) -> None:
    rows = (
        (
            trial.rule.value.id,
            _place(trial.rule),
            trial.text,
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


def _trial_json(trial: Trial | FileTrial) -> dict[str, Any]:
    return {
        "rule": trial.rule.value.id,
        "file": str(trial.rule.path),
        "line": trial.rule.line,
        "command": trial.text,
        "promised": str(trial.example.verdict),
        "verdict": str(trial.judgement.verdict),
        "by": trial.judgement.rule,
        "ok": trial.is_right,
    }
