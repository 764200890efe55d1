"""docs/rules.md describes the rules that there are, with examples that hold."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from bastion.command.effects import effects
from bastion.command.effects_flow import TOGETHER
from bastion.command.extract import extract
from bastion.command.knowledge import Clause, Kind, Program
from bastion.policy import access, knowledge_files
from bastion.policy.command_rules import CommandRules, Opaque, Rule, load
from bastion.policy.example import Example
from bastion.policy.grant import Deny, Grant, Require
from bastion.policy.inventory import Host
from bastion.policy.judge import judge
from bastion.policy.listed import Listed
from bastion.policy.rulefile import Located
from bastion.policy.scope import Scope
from bastion.rulepack import shipped_rules

NAME = re.compile(r"`([a-z][a-z.-]*)`")
PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
BLOCKS = [
    textwrap.dedent(block)
    for block in re.findall(r"\n((?:    .*\n|\n)*    \[\[(?:.*\n)+?)(?=\S)", PAGE)
]


@pytest.mark.parametrize(
    "model",
    [Rule, Opaque, Listed, Scope, Example, Program, Clause, Grant, Deny, Require, Host],
    ids=lambda model: model.__name__,
)
def test_every_key_is_described(model):
    """In a table or a worked example."""
    missing = [name for name in model.model_fields if not re.search(rf"\b{name}\b", PAGE)]
    assert missing == []


def test_every_reason_is_described():
    """With what it means, in the table of reasons."""
    reasons = load(shipped_rules() / "commands").opaque.keys() - {"*"}
    assert [reason for reason in sorted(reasons) if f"| `{reason}` |" not in PAGE] == []


def beside_the_shipped(folder: Path, block: str) -> CommandRules:
    """The shipped rules with *block* in own/."""
    (folder / "commands").symlink_to(shipped_rules() / "commands")
    (folder / "own").mkdir()
    (folder / "own" / "worked.toml").write_text(block)
    return load(folder / "commands")


def holding(rules: CommandRules, entries: tuple[Located[Any], ...]) -> int:
    """How many examples of *entries* the page has, each of which gets its verdict."""
    own = (entry.value for entry in entries if entry.path.name == "worked.toml")
    examples = [example for value in own for example in value.examples]
    for example in examples:
        judgement = judge(rules.within(example.situation), extract(example.command))
        assert judgement.verdict is example.verdict, example.command
    return len(examples)


@pytest.mark.parametrize("block", [b for b in BLOCKS if "[[rule]]" in b])
def test_a_worked_rule_does_what_it_says(tmp_path, block):
    """In own/ beside the shipped rules, as whoever reads the page puts it there."""
    rules = beside_the_shipped(tmp_path, block)
    assert holding(rules, rules.rules) > 0


def test_the_worked_grant_loads(tmp_path):
    """As it stands on the page."""
    (block,) = (block for block in BLOCKS if "[[grant]]" in block)
    (tmp_path / "access.toml").write_text(block)
    assert access.load(tmp_path / "access.toml").grants


def test_the_worked_entry_of_the_list_does_what_it_says(tmp_path):
    """As it stands on the page, in the same place."""
    (block,) = (block for block in BLOCKS if "[[listed]]" in block)
    rules = beside_the_shipped(tmp_path, block)
    assert holding(rules, rules.listed) > 0


@pytest.mark.parametrize("kind", Kind)
def test_every_effect_is_described(kind):
    """In the table of effects."""
    assert re.search(rf"^\| .*`{kind}`", PAGE, re.MULTILINE)


def test_every_effect_of_the_shipped_tables_is_described():
    """In the row of its kind, or behind it with a dot; and no other stands there."""
    table = PAGE[PAGE.index("| kind | with what is done") : PAGE.index("**Statements.**")]
    told = set()
    for kinds, done in re.findall(r"^\| (`[^|]+) \| ([^|]*) \|", table, re.MULTILINE):
        names = re.findall(r"`([a-z]+)`", kinds)
        parts = done.split("; ") if len(names) > 1 else [done]
        for kind, part in zip(names, parts, strict=False):
            told |= {f"{kind}.{name.removeprefix(f'{kind}.')}" for name in NAME.findall(part)}
    given = load(shipped_rules() / "commands").knowledge.effects | TOGETHER
    assert told == {name for name in given if "." in name}


def test_the_worked_table_teaches_a_tool(tmp_path):
    """As it stands on the page: its effects are seen behind sudo."""
    (block,) = (block for block in BLOCKS if "[[program]]" in block)
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "own.toml").write_text(block)
    knowledge = knowledge_files.load(tmp_path)
    reading = extract("sudo fleetctl -c x drain gpu-01")
    found = [e for command in reading.commands for e in effects(command, knowledge)]
    assert "scheduler.drain(gpu-01)" in map(str, found)


def test_the_page_has_worked_rules():
    """The blocks above were found."""
    assert sum("[[rule]]" in block for block in BLOCKS) == 5
