"""Words of a command of the bastion."""

import pytest

from bastion.downstream.commands.words import Words, read_words
from bastion.refusal import Code


def read(*words):
    return read_words(words, options=("login", "reason"), flags=("wait",))


def test_operands_options_and_flags():
    """In any order; an option's value may follow, or stand behind a `=`."""
    assert read("a", "--login", "root", "--wait", "b", "--reason=x=y") == Words(
        ("a", "b"), {"login": "root", "reason": "x=y"}, frozenset({"wait"})
    )
    assert read() == Words()


def test_behind_two_dashes_everything_is_an_operand():
    """Whatever it looks like."""
    assert read("--wait", "--", "--login", "-x").operands == ("--login", "-x")


def test_a_value_is_taken_as_it_is():
    """Also one that looks like an option, or is empty."""
    assert read("--reason", "--wait").values == {"reason": "--wait"}
    assert read("--reason=").values == {"reason": ""}


@pytest.mark.parametrize(
    "words",
    [
        ("--nothing",),
        ("-x",),
        ("-",),
        ("--login",),
        ("--wait=1",),
        ("--wait", "--wait"),
        ("--login=a", "--login=b"),
        ("--wai",),
        ("--=x",),
    ],
)
def test_what_is_not_understood_is_refused(words):
    """Nothing is guessed, and nothing is taken twice."""
    assert read(*words).code is Code.USAGE
