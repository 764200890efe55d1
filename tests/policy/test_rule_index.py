"""The index finds every rule that would apply, and keeps their order."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.identity import Evidence
from bastion.policy.asker import Asker
from bastion.policy.grant import Deny
from bastion.policy.rule_index import RuleIndex
from bastion.target import Target

NAMES = st.text("ab-1", min_size=1, max_size=5)
PATTERNS = st.one_of(NAMES, NAMES.map(lambda name: name + "*"), st.text("ab*?[]!-1", min_size=1))
WORDS = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2)
RULE = st.fixed_dictionaries(
    {"targets": st.lists(PATTERNS, min_size=1, max_size=2)},
    optional={"groups": WORDS, "subjects": WORDS},
)


def somebody(subject: str, *groups: str) -> Asker:
    return Asker(subject, "ann", frozenset(groups), "", Evidence(), None, 0.0, 0.0)


@given(st.lists(RULE, max_size=8), WORDS, st.sampled_from(["x", "q"]), NAMES)
def test_no_rule_that_applies_is_left_out(trees, groups, subject, name):
    """As if every rule were tried in turn."""
    rules = [Deny(id=str(number), **tree) for number, tree in enumerate(trees)]
    asker, target = somebody(subject, *groups), Target(name, "192.0.2.1")
    found = RuleIndex(rules).concerning(asker, target)
    applying = [rule for rule in rules if not rule.miss(asker, target, None)]
    assert [rule for rule in found if rule in applying] == applying
    for rule in found:
        assert any(fnmatchcase(name, pattern) for pattern in rule.targets)


@pytest.mark.parametrize(
    ("pattern", "name", "is_met"),
    [
        ("gpu-01", "gpu-01", True),
        ("gpu-01", "gpu-011", False),
        ("gpu-*", "gpu-", True),
        ("gpu-*", "gpu", False),
        ("*", "anything", True),
        ("*-01", "gpu-01", True),
        ("gpu-0[1-3]", "gpu-02", True),
        ("gpu-0[!1]", "gpu-01", False),
        ("gpu-?", "gpu-12", False),
        ("GPU-*", "gpu-01", True),
        ("*", "a" * 255, True),
        ("*", "a" * 256, False),
    ],
)
def test_every_kind_of_pattern_is_found(pattern, name, is_met):
    """Plain names, plain beginnings, and all other globs."""
    rules = [Deny(id="x", targets=[pattern])]
    found = RuleIndex(rules).concerning(somebody("s"), Target(name, "192.0.2.1"))
    assert bool(found) is is_met
