"""`bypasses.toml` holds: no danger is hidden from the shipped rules, and none is invented."""

import tomllib
from pathlib import Path

import pytest

from bastion.command.extract import extract
from bastion.policy.command_rules import CommandRules, load
from bastion.policy.judge import judge
from bastion.rulepack import shipped_rules
from bastion.verdict import Verdict

CASES = tomllib.loads(Path(__file__).with_name("bypasses.toml").read_text())["family"]
STOPPED = frozenset({Verdict.HOLD, Verdict.BLOCK})
LEAST = 300


@pytest.fixture(scope="module")
def rules() -> CommandRules:
    """The rules as shipped."""
    return load(shipped_rules() / "commands")


def each(kind: str) -> list:
    """The families that have cases of *kind*."""
    return [pytest.param(f[kind], id=f["name"].replace(" ", "-")) for f in CASES if kind in f]


@pytest.mark.parametrize("commands", each("hides"))
def test_no_danger_is_hidden(rules, commands):
    """However it is dressed up, it is held or blocked."""
    passed = [c for c in commands if judge(rules, extract(c)).verdict not in STOPPED]
    assert passed == []


@pytest.mark.parametrize("commands", each("unseen"))
def test_what_cannot_be_seen_is_held_for_the_reason_it_has(rules, commands):
    """It is called opaque, and nobody else's rule is blamed."""
    for reason, command in commands:
        reading = extract(command)
        assert reading.opaque == reason, command
        assert judge(rules, reading).verdict in STOPPED, command


@pytest.mark.parametrize("commands", each("marked"))
def test_what_nobody_sees_into_runs_and_is_marked(rules, commands):
    """The record says that it ran unseen; `protected` holds it."""
    judged = [(c, judge(rules, extract(c)).verdict) for c in commands]
    assert [(c, v) for c, v in judged if v is not Verdict.OPAQUE] == []


@pytest.mark.parametrize("commands", each("invents"))
def test_no_danger_is_invented(rules, commands):
    """What people do all day runs without a word; the doors of scripts only leave their mark."""
    judged = [(c, judge(rules, extract(c))) for c in commands]
    stopped = [(c, j.rule) for c, j in judged if j.verdict > Verdict.ALLOW and not j.marks_only]
    assert stopped == []


def test_the_file_is_no_stub():
    """Hundreds of cases, and none of them twice."""
    commands = [c for f in CASES for kind in ("hides", "invents") for c in f.get(kind, ())]
    commands += [c for f in CASES for _, c in f.get("unseen", ())]
    assert len(commands) >= LEAST
    assert len(set(commands)) == len(commands)
