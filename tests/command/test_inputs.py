"""What a command is told by its input."""

import pytest

from bastion.command.extract import extract


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("echo 'rm -rf /usr' | sh", "rm"),
        ("echo rm -rf /usr | sudo bash -s", "rm"),
        ("printf 'rm -rf /usr' | tee x | zsh", "rm"),
        ("echo cm0gLXJmIC91c3I= | base64 -d | sh", "rm"),
        ("base64 -d <<< cm0gLXJmIC91c3I= | sh", "rm"),
        ("scontrol <<< 'update nodename=a'", "scontrol"),
        ("echo 'update nodename=a' | scontrol", "scontrol"),
        ("scontrol <<E\nupdate nodename=a\nE", "scontrol"),
    ],
)
def test_what_it_runs_is_read(text, runs):
    """As a command of its own."""
    last = extract(text).commands[-1]
    assert (last.program, len(last.words) > 1) == (runs, True)


@pytest.mark.parametrize(
    "text",
    ["echo rm | sh x.sh", "echo rm | sh -c ls", "ls | sh", "echo rm | cat", "scontrol show node"],
)
def test_what_it_does_not_take_is_not(text):
    """A script, `-c`, files and other programs."""
    assert not any(c.words[:1] and c.program == "rm" for c in extract(text).commands)


def test_what_cannot_be_known_is_said():
    """The text of a variable runs."""
    assert extract('echo "$x" | sh').opaque == "dynamic-command"
