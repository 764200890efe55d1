"""Whatever is typed, reading and judging it ends, soon, and without an exception.

A few hundred lines here; `make fuzz` tries a million.
"""

import time
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastion.command.extract import extract
from bastion.command.wire import decode, encode
from bastion.policy.command_rules import CommandRules, load
from bastion.policy.judge import judge
from bastion.rulepack import shipped_rules
from tests.command.lines import mutants, seeds

LINES = seeds()
SECONDS = 2.0  # a loaded machine; the promise is 0.3, and `make fuzz` measures it


@pytest.fixture(scope="module")
def rules() -> CommandRules:
    """The rules as shipped."""
    return load(shipped_rules() / "commands")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_any_mutant_is_read_and_judged(rules, seed):
    """The reading also survives the way from the worker."""
    text = next(mutants(Random(seed), LINES))  # noqa: S311  a seed, no secret
    begun = time.process_time()
    reading = extract(text)
    assert judge(rules, decode(text, encode(reading))) == judge(rules, reading)
    assert time.process_time() - begun < SECONDS


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_at_all(rules, text):
    """Also what no shell would read."""
    assert judge(rules, extract(text)).verdict is not None
