"""`bastion rules` and `bastion explain`: check rules, try them, and see why a command is stopped.

What always holds: a command is only read, never run; what it says is printable before it is shown;
it is read as the bastion reads it, in a process that can be killed. What it does not do: change
rules, or tell a running bastion, which looks by itself.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bastion.cli import rule_score
from bastion.cli.file_trials import FileTrial, file_rules_json, file_trials
from bastion.cli.options import JsonOption
from bastion.cli.output import OUT, counted, emit_json, facts, note, stop, table
from bastion.command.effects import Effect
from bastion.command.effects_flow import all_effects
from bastion.command.parser import Parser
from bastion.command.reading import UNKNOWN, Reading, SimpleCommand, Word
from bastion.errors import RulesError
from bastion.policy import access, command_rules, file_rules
from bastion.policy.access import AccessRules
from bastion.policy.command_rules import CommandRules, Example, Rule
from bastion.policy.judge import judge
from bastion.policy.rulefile import Located
from bastion.rulepack import shipped_rules
from bastion.verdict import Judgement

_DEADLINE_SECONDS = 5.0  # a person waits; the bastion itself is stricter
_BASTION_SECONDS = 0.25  # as where nothing is configured
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
CorpusArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder with the labelled commands, *.jsonl.")
]
DecisionsOption = Annotated[
    Path | None,
    typer.Option("--decisions", metavar="OUT.jsonl", help="Also write each decision, one a line."),
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
    commands = _loaded(folder)
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
    ]
    return ", ".join(kinds)


@app.command("test")
def try_examples(folder: FolderArgument = None, *, json: JsonOption = False) -> None:
    """Run every example of every rule; the whole pack must give the verdict it promises.

    For example:

        bastion rules test /etc/bastion/rules
    """
    rules = _loaded(folder or shipped_rules())
    examples = [(rule, example) for rule in rules.rules for example in rule.value.examples]
    readings = asyncio.run(_read([example.command for _, example in examples]))
    trials: list[Trial | FileTrial] = [
        Trial(rule, example, judge(rules, reading))
        for (rule, example), reading in zip(examples, readings, strict=True)
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
    folder = folder or shipped_rules()
    rules = [_rule_json(rule) for rule in _loaded(folder).rules]
    try:
        rules += file_rules_json(folder)
    except RulesError as error:
        stop(str(error))
    if json:
        emit_json(rules)
        return
    rows = (
        (r["id"], r["verdict"], f"{Path(r['file']).name}:{r['line']}", r["message"]) for r in rules
    )
    table(("RULE", "VERDICT", "FILE", "WHY"), rows)


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
    loaded = _loaded(rules or shipped_rules())
    parser = Parser(workers=2, deadline_seconds=_BASTION_SECONDS, max_bytes=_MAX_BYTES)
    try:
        found = asyncio.run(rule_score.decide(loaded, rule_score.records(corpus), parser))
        if decisions is not None:
            decisions.write_text("".join(rule_score.lines(found)))
    except (OSError, ValueError) as error:
        stop(str(error))
    emit_json(rule_score.score(found))


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


def _file_trials(folder: Path) -> list[FileTrial]:
    try:
        return list(file_trials(folder))
    except RulesError as error:
        stop(str(error))


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


def _matching(
    rules: CommandRules, command: SimpleCommand, reading: Reading, found: Sequence[Effect]
) -> list[str]:
    concerned = rules.concerning(command.program, found)
    return [rule.id for rule in concerned if rule.matches(command, reading, found)]


def _told(found: Sequence[Effect]) -> list[str]:
    """Effects in words, each once; what is only guessed is left out of the table."""
    return list(dict.fromkeys(_unknown_shown(str(e)) for e in found if not e.guessed))


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
            ", ".join(_told(found)),
            ", ".join(_matching(rules, command, reading, found)),
        )
        for command, found in all_effects(reading, rules.knowledge)
    ]
    if rows:
        OUT.print()
        table(("RUNS", "WITH", "FILES", "DOES", "RULES"), rows)


def _shown(words: Sequence[Word]) -> str:
    return " ".join(_unknown_shown(word.text) or "''" for word in words)


def _unknown_shown(text: str) -> str:
    return text.replace(UNKNOWN, _SHOWN_UNKNOWN)


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
        "severity": str(value.severity),
        "effects": list(value.effect),
        "approvers": sorted(value.approvers),
        "file": str(rule.path),
        "line": rule.line,
    }


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
                "effects": list(map(_effect_json, found)),
                "rules": _matching(rules, command, reading, found),
            }
            for command, found in all_effects(reading, rules.knowledge)
        ],
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    return {
        "effect": effect.name,
        "on": _word_json(effect.on) if effect.on else None,
        "recursive": effect.recursive,
        "guessed": effect.guessed,
    }


def _word_json(word: Word) -> dict[str, Any]:
    return {"text": word.text, "known": word.is_known}
