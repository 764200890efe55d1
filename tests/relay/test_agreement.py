"""How the screen's reading goes with the exact line."""

import pytest

from bastion.relay.agreement import Agreement, agreement


@pytest.mark.parametrize(
    ("exact", "reading"),
    [
        ("ls -la", "ls -la"),
        ("rm -rf /tmp/x", "rm -rf /"),  # half echoed
        ("echo aaaa bbbb", "echo aaaa\nbbbb"),  # wrapped
        ("ls -la", "ls -la            ~/src  main"),  # a prompt at the right
        ("make test", "ke test"),  # the first part was typed ahead
        ("ls", ""),
    ],
)
def test_what_shows_the_same_line(exact, reading):
    """Echo under way, wraps and right prompts are no difference."""
    assert agreement(exact, reading) is Agreement.SAME


@pytest.mark.parametrize(("exact", "reading"), [("ls -la", "!!"), ("cat b", "^a^b")])
def test_history_expansion_explains_a_difference(exact, reading):
    """The shell made another line of it, as it should."""
    assert agreement(exact, reading) is Agreement.EXPLAINED


@pytest.mark.parametrize(
    ("exact", "reading"), [("echo safe", "rm -rf /"), ("ls", "ls; reboot"), ("rm", "rm -rf /")]
)
def test_another_line_is_a_difference(exact, reading):
    """A shell that tells something else than what it shows is seen."""
    assert agreement(exact, reading) is Agreement.DIFFERENT


def test_keys_that_were_typed_know_no_right_prompt():
    """Blanks before the rest of a line do not make it a right prompt."""
    assert agreement("rm", "rm  -rf /", "rm  -rf /") is Agreement.DIFFERENT
