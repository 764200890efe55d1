"""What a command prints, where its words say all of it."""

import subprocess

import pytest

from bastion.command.extract import extract
from bastion.command.outputs import output, printed

LITERAL = [
    "echo rm -rf /usr",
    "echo -n a  b",
    "echo -e 'a\\tb\\x2f'",
    "echo -ne '\\057etc'",
    "echo a -n",
    "printf '%s\\n' a b",
    "printf '%s-%s\\n' a b c",
    "printf 'a%%b'",
    "printf -- 'x\\n'",
    "printf '/%s' usr",
    "cat <<< 'a b'",
    "rev <<< abc",
    "echo cm0gLXJm | base64 -d",
    "echo 2f657463 | xxd -r -p",
    "echo . | tr '!-0' '\"-1'",
    "echo RM | tr A-Z a-z",
    "echo a | tee /dev/null | cat",
]


@pytest.mark.parametrize("text", LITERAL)
def test_it_is_what_a_shell_prints(text):
    """The same text, but for the line's end that every line has."""
    commands = extract(text).commands
    said = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True).stdout
    assert printed(commands[-1], commands).rstrip("\n") == said.rstrip("\n")


@pytest.mark.parametrize(
    "text",
    [
        "ls",
        "cat file",
        "cat - file <<< a",
        "echo a | cat file",
        "ls | rev",
        "echo a | tr -d a",
        "rev file",
    ],
)
def test_what_is_not_certain_is_none(text):
    """What files say, and what programs make."""
    commands = extract(text).commands
    assert printed(commands[-1], commands) is None


def test_what_only_the_shell_knows_stays_unknown():
    """The text has a mark in its place."""
    (command,) = extract("echo a$x").commands
    assert output(command) == "a\ufffc"


def test_a_long_text_is_none():
    """Nobody writes an endless one."""
    (command,) = extract("echo " + "a" * 9000).commands
    assert output(command) is None
