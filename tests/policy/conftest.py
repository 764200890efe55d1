"""Rule files written by tests, and readings without a process."""

import pytest

from bastion.command.effects import effects
from bastion.command.extract import extract
from bastion.identity import Evidence
from bastion.policy.asker import Asker, parse_address
from bastion.policy.command_rules import CommandRules, load

OPAQUE = """
[[opaque]]
reason = "*"
verdict = "hold"
message = "Cannot be seen into."
"""


@pytest.fixture
def folder(tmp_path):
    """An empty folder for rule files."""
    path = tmp_path / "commands"
    path.mkdir()
    return path


@pytest.fixture
def rules_of(folder):
    """Loads rules from TOML text, with an entry for what is opaque."""

    def rules(text: str, opaque: str = OPAQUE) -> CommandRules:
        (folder / "some.toml").write_text(text + opaque)
        return load(folder)

    return rules


@pytest.fixture
def rule_with(rules_of):
    """One holding rule with the given conditions, asked whether it matches a command."""

    def rule(conditions: str):
        rules = rules_of(
            f"""
            [[rule]]
            id = "some-rule"
            verdict = "hold"
            message = "Because."
            {conditions}
            examples = [{{ command = "x", verdict = "hold" }}]
            """
        )

        def matches(text: str) -> bool:
            reading = extract(text)
            assert not reading.opaque, reading.opaque
            return any(
                rules.rules[0].value.matches(c, reading, effects(c, rules.knowledge))
                for c in reading.commands
            )

        return matches

    return rule


@pytest.fixture
def asker():
    """Makes somebody who asks, from `192.0.2.9` at a moment of 2027."""

    def make(*groups: str, **changes) -> Asker:
        now = changes.pop("now", 1_800_000_000.0)
        facts = {
            "subject": "sub",
            "account": "ann",
            "groups": frozenset(groups),
            "issuer": "https://idp.example",
            "address": parse_address(changes.pop("address", "192.0.2.9")),
            "now": now,
            "fresh_at": changes.pop("fresh_at", now),
            "evidence": Evidence(**changes.pop("evidence", {})),
        }
        return Asker(**facts | changes)

    return make
