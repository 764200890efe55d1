"""A line into which the shell puts an earlier one is told from one that only has `!` in it."""

import pytest

from bastion.command.bang import recalls


@pytest.mark.parametrize(
    "text",
    [
        "!!",
        "sudo !!",
        "!rm",
        "!-2",
        "!$",
        "echo !$",
        "^a^b",
        'echo "!x"',
        "echo a!b",
        "a; !?x",
        "!1",
        'echo "it\'s !x"',
        "echo 'a' !x",
        'echo "a" !x',
        "ls !*",
    ],
)
def test_an_earlier_command_is_asked_for(text):
    """Outside single quotes, also in double ones."""
    assert recalls(text)


@pytest.mark.parametrize(
    "text",
    [
        "! a",
        "[ ! -e x ]",
        "a != b",
        "echo '!x'",
        r"echo \!x",
        "echo !",
        "echo $!",
        "echo ${!x}",
        "ls [!a]*",
        "ls !(a)",
        'echo "a!"',
        "echo a^b",
        "(( a != b ))",
        "",
        "echo '\"!x'",
    ],
)
def test_other_marks_are_no_expansion(text):
    """As bash has it."""
    assert not recalls(text)
