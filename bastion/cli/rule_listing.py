"""What `bastion rules list` and `bastion rules show` say of a rule.

What always holds: rules of every kind have id, verdict, message, file and line. What it does not
do: print.
"""

from pathlib import Path
from typing import Any

import typer

from bastion.cli.file_trials import file_rules_json
from bastion.cli.output import stop
from bastion.cli.rule_reading import loaded
from bastion.errors import RulesError
from bastion.policy import command_rules, file_rules
from bastion.policy.command_match import Conditions
from bastion.policy.command_rules import Rule
from bastion.policy.listed import Listed
from bastion.policy.rulefile import Located
from bastion.rulepack import shipped_rules

_LISTED = "It runs in the profile `locked`, where nothing else does."


def all_rules(folder: Path) -> list[dict[str, Any]]:
    """Every rule in *folder*, for scripts."""
    pack = loaded(folder)
    found = [_rule_json(rule) for rule in pack.rules]
    found += [_listed_json(entry) for entry in pack.listed]
    try:
        return [*found, *file_rules_json(folder)]
    except RulesError as error:
        stop(str(error))


def begun_ids(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The ids that begin with *incomplete*, each with what the rule is for, for the Tab key."""
    folder = context.params.get("folder") or shipped_rules()
    try:
        pack = command_rules.load(Path(folder) / "commands")
        for_files = file_rules.load(Path(folder)).rules
    except RulesError:
        return []  # `bastion rules check` says why
    told = {rule.value.id: rule.value.message for rule in pack.rules}
    told |= {entry.value.id: _LISTED for entry in pack.listed}
    told |= {rule.value.id: rule.value.message for rule in for_files}
    return [(id_, message) for id_, message in told.items() if id_.startswith(incomplete)]


def place(rule: dict[str, Any]) -> str:
    """Where *rule* stands."""
    return f"{Path(rule['file']).name}:{rule['line']}"


def said(rule: dict[str, Any]) -> dict[str, str]:
    """What *rule* says, key by key, but its examples."""
    keys = {name: _said(value) for name, value in rule.items() if name != "examples"}
    keys["file"] = f"{keys['file']}:{keys.pop('line')}"
    return {name: value for name, value in keys.items() if value}


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_said(of)}" for name, of in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rule_json(rule: Located[Rule]) -> dict[str, Any]:
    value = rule.value
    conditions = value.model_dump(
        mode="json", exclude_defaults=True, include=set(Conditions.model_fields) - {"effect"}
    )
    return {
        "id": value.id,
        "verdict": str(value.verdict),
        "message": value.message,
        "mitre": value.mitre,
        "severity": str(value.severity),
        "effects": list(value.effect),
        "conditions": conditions,
        "scope": str(value.scope or ""),
        "exemptible": value.exemptible,
        "exempts": list(value.exempts),
        "approvers": sorted(value.approvers),
        "references": list(value.references),
        **_rest_json(rule),
    }


def _listed_json(entry: Located[Listed]) -> dict[str, Any]:
    value = entry.value
    keys = {"programs", "subcommands", "options", "operands"}
    return {
        "id": value.id,
        "verdict": "listed",
        "message": _LISTED,
        "mitre": "",
        "effects": list(value.effects),
        "conditions": value.model_dump(mode="json", exclude_unset=True, include=keys),
        "scope": str(value.scope or ""),
        "approvers": [],
        **_rest_json(entry),
    }


def _rest_json(entry: Located[Rule] | Located[Listed]) -> dict[str, Any]:
    """What both kinds end with: where it stands, and its examples."""
    return {
        "file": str(entry.path),
        "line": entry.line,
        "examples": [
            {
                "command": example.command,
                "verdict": str(example.verdict),
                "where": ", ".join(
                    f"{name} {_said(value)}"
                    for name, value in example.model_dump(
                        mode="json", exclude_defaults=True, exclude={"command", "verdict"}
                    ).items()
                ),
            }
            for example in entry.value.examples
        ],
    }
