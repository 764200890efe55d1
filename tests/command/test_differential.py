"""Our words are a real bash's words.

Only inert words are shown to it: nothing in them can be expanded or run. `python -m
bench.differential FOLDER` does the same with recorded command lines.
"""

import subprocess
from random import Random

import pytest

from bastion.command.extract import extract
from tests.command.lines import inert, literal_word
from tests.servers.installed import require

SAMPLE = 600
END = "--- the end of one line ---"


def bash_words(lines: list[str]) -> list[list[str]]:
    """What bash makes of each of *lines*, all in one process."""
    parts = (f"printf '%s\\0' {line}\nprintf '%s\\0' '{END}'\n" for line in lines)
    script = "set -f +H\nLC_ALL=C.UTF-8\nHOME='~'\n" + "".join(parts)
    done = subprocess.run(
        [require("bash", "bash"), "--norc", "--noprofile"],
        input=script.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=True,
        timeout=60,
        env={"LC_ALL": "C.UTF-8", "HOME": "~"},
    )
    told = done.stdout.decode("utf-8", "surrogateescape").split(END + "\0")[:-1]
    return [words.split("\0")[:-1] for words in told]


def our_words(line: str) -> list[str]:
    """What we make of it."""
    (command,) = extract(f"printf {line}").commands
    return [word.text for word in command.words[1:]]


def test_literal_words_are_those_of_bash():
    """Quotes of every kind, escapes, joined lines and braces, as many as six words a line."""
    random = Random(20261121)  # noqa: S311  a seed, no secret
    made = (
        " ".join(literal_word(random) for _ in range(random.randint(1, 6))) for _ in iter(int, 1)
    )
    lines = [line for line, _ in zip(filter(inert, made), range(SAMPLE), strict=False)]
    theirs = bash_words(lines)
    assert len(theirs) == SAMPLE
    wrong = [(x, our_words(x), y) for x, y in zip(lines, theirs, strict=True) if our_words(x) != y]
    assert wrong == []


@pytest.mark.parametrize(
    "text", ["$(id)", "`id`", "a;b", "a|b", "a>b", "<(a)", "${a}", '"$a"', "a\nb"]
)
def test_only_inert_words_are_shown_to_bash(text):
    """The guard of the other test."""
    assert not inert(text)
