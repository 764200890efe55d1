"""What could never count is refused, with file, line, rule and what to write instead."""

import re
from pathlib import Path

import pytest

import bastion.command
from bastion.errors import RulesError
from bastion.policy.command_rules import load
from bastion.rulepack import shipped_rules

LISTED = """
[[listed]]
id = "an-entry"
programs = ["x"]
{conditions}
examples = [{{ command = "x", verdict = "allow" }}]
"""
UNSOUND = [
    ('effect = "gpu.rest"', r"effect: nothing does 'gpu.rest'; of this kind .*gpu.reset"),
    ('programs = ["/usr/bin/rm"]', "'/usr/bin/rm' is a path, .* use places"),
    ('programs = ["rm"]\noptions = ["force"]', "options: 'force' is no option"),
    ('programs = ["rm"]\nunless_options = ["i"]', "unless_options: 'i' is no option"),
    ('programs = ["rm"]\nunless_programs = ["rm", "ls"]', "takes back all"),
    ('effect = "delete"\non = ["/a"]\nunless_on = ["/a"]', "takes back all"),
]


@pytest.mark.parametrize(("conditions", "told"), UNSOUND)
def test_a_rule_with_a_part_that_could_never_count_is_refused(rule_with, conditions, told):
    """With its place."""
    with pytest.raises(RulesError, match=rf"some\.toml:2: rule 'some-rule': .*{told}"):
        rule_with(conditions)


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ('effects = ["gpu.rest"]', "nothing does 'gpu.rest'"),
        ("effects = []\nprograms = ['/bin/x']", "is a path"),
    ],
)
def test_so_is_an_entry_of_the_list(rules_of, conditions, told):
    """It would list nothing."""
    text = LISTED.format(conditions=conditions)
    if "programs =" in conditions:
        text = text.replace('programs = ["x"]\n', "")
    with pytest.raises(RulesError, match=f"rule 'an-entry': .*{told}"):
        rules_of(text)


@pytest.mark.parametrize(
    "conditions",
    [
        'effect = "gpu"',
        'effect = ["gpu.reset", "process.bomb", "execute.network", "execute.file"]',
        'programs = ["rm"]\noptions = ["-f", "--force"]',
        'effect = "delete"\non = ["/a", "/a/*"]\nunless_on = ["/a"]',
    ],
)
def test_a_rule_that_may_match_is_not(rule_with, conditions):
    """What the tables or the line as a whole give; a kind alone always."""
    assert rule_with(conditions)


def test_an_effect_of_a_tool_of_ones_own_is_known(rule_with, folder):
    """As soon as a table says it."""
    tables = folder.parent / "knowledge"
    tables.mkdir()
    (tables / "own.toml").write_text(
        '[[program]]\nnames = ["fleetctl"]\neffects = [{ effect = "scheduler.fence" }]\n'
    )
    assert rule_with('effect = "scheduler.fence"')


def test_a_reason_that_is_never_given_is_refused(rules_of):
    """It may be a mistake in writing, and the entry `*` would answer in its place."""
    entry = '[[opaque]]\nreason = "dinamic-command"\nverdict = "block"\nmessage = "m"\n'
    with pytest.raises(RulesError, match=r"some\.toml:1: .*there are .*dynamic-command"):
        rules_of(entry)


def test_a_mistake_in_a_table_names_its_program(rules_of, folder):
    """And the line."""
    tables = folder.parent / "knowledge"
    tables.mkdir()
    (tables / "own.toml").write_text('\n[[program]]\nnames = ["fleetctl"]\nvalue = ["-c"]\n')
    with pytest.raises(RulesError, match=r"own\.toml:2: rule 'fleetctl': value"):
        rules_of("")


def test_every_reason_that_the_reading_gives_has_an_entry():
    """So that the list of reasons in the shipped rules is all of them."""
    given = set()
    for path in Path(bastion.command.__file__).parent.glob("*.py"):
        text = path.read_text()
        given |= set(re.findall(r"(?:\bnote\(|\bopaque=)\"([a-z-]+)\"", text))
    assert {"dynamic-command", "parser-limit", "too-long"} < given
    assert given <= load(shipped_rules() / "commands").opaque.keys()
