"""What counts as taking a shell's hooks away, by the text of a line."""

import pytest

from bastion.relay.tampering import REASON, Tampering


class Asked:
    """Keeps the marks."""

    def __init__(self) -> None:
        self.marks: list[str] = []

    def mark(self, label: str) -> None:
        self.marks.append(label)


@pytest.mark.parametrize(
    "line",
    [
        "unset -f __bas''tion_step",
        "alias '{=echo x; {'",
        "x=1; alias -- a=b \\[[='y; [['",
        'alias buil"tin"="$x; builtin"',
        'alias "$x=y"',
        "BASH_ALIASES[x]=y",
        "alias ll=ls\nalias if=x",
        "alias ll=ls \\\n if=x",
        "echo x\\\\\nalias if=x",
        "#x\\\nal\\\nias if=x",
        "#x\\\nBASH_ALIASES[x]=y",
    ],
)
def test_a_line_that_names_what_asks(line):
    """Our own names, and aliases of the words that our hooks are made of."""
    asked = Asked()
    assert Tampering(asked).reason(line, "") == REASON
    assert len(asked.marks) == 1


@pytest.mark.parametrize(
    "line",
    [
        "alias ll='ls -l' la='ls -A'",
        "alias",
        "unalias ll",
        "alias g=git; if true; then g; fi",
        "alias\necho if=x",
    ],
)
def test_ordinary_aliases(line):
    """They are the person's."""
    asked = Asked()
    assert Tampering(asked).reason(line, "other") == "other"
    assert asked.marks == []


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["$", "alias ", "a$b ", "[", "\n", " "])
def test_a_long_line_takes_no_long_time(piece):
    """Everybody else's sessions wait meanwhile."""
    line = "alias " + piece * 200_000
    assert Tampering(Asked()).reason(line, "other") == "other"
