"""Shells within shells: which one the keys go to."""

import pytest

from bastion.relay.shells import Shells

OUTER, INNER = 41, 42


@pytest.fixture
def shells():
    shells = Shells()
    assert shells.prompted(OUTER)
    assert not shells.ran_more(5)
    return shells


@pytest.mark.parametrize("line", ["bash", " bash -i ", "/bin/bash --login", "zsh", "zsh -l"])
def test_a_shell_that_was_begun_gets_the_keys_until_another_prompts(shells, line):
    """What each of them may run and has run is counted apart."""
    shells.allowed(OUTER, line)
    assert shells.prompted(INNER)
    assert shells.process == INNER
    assert not shells.ran_more(0)
    shells.allowed(INNER, "ls")
    assert not shells.ran_more(1)
    assert shells.ran_more(2)
    assert shells.prompted(OUTER)
    assert shells.process == OUTER
    assert not shells.ran_more(6)
    assert shells.ran_more(7)


@pytest.mark.parametrize(
    "line", ["ls", "bash --norc", "bash -c ls", "bash x", "bash; ls", "A=1 bash", "bash\n-i", "fg"]
)
def test_no_other_line_begins_one(shells, line):
    """Whoever speaks then may be anywhere."""
    shells.allowed(OUTER, line)
    assert not shells.prompted(INNER)
    assert shells.process == OUTER


def test_one_line_begins_one_shell(shells):
    """And only one that the shell with the keys was allowed."""
    shells.allowed(INNER, "bash")
    assert not shells.prompted(INNER)
    shells.allowed(OUTER, "bash")
    assert shells.prompted(INNER)
    assert not shells.prompted(43)
    shells.allowed(OUTER, "bash")
    assert not shells.prompted(43)


def test_nobody_has_the_keys_before_the_first_has_spoken():
    """A line before the first prompt counts for nothing."""
    shells = Shells()
    shells.allowed(0, "bash")
    assert shells.process == 0
    assert shells.prompted(OUTER)
    assert not shells.prompted(INNER)
