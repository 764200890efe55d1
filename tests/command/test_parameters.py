"""`${…}` comes to what bash makes of it, or is unknown."""

import subprocess

import pytest

from bastion.command.reading import UNKNOWN
from bastion.command.state import NOT_KNOWN
from bastion.command.words import read_word, read_words

VALUES = {"x": ("a/b.tar.gz",), "e": ("",), "n": ("x",), "l": ("1", "2 3"), "IFS": (" \t\n",)}
EXACT = [
    *("$x", "${x}", "${x%.*}", "${x%%.*}", "${x#*/}", "${x##*/}", "${x/a/c}", "${x//a/}"),
    *("${x^^}", "${x^}", "${x,,}", "${x:2}", "${x:2:3}", "${x: -2}", "${x:0:1}", "${#x}"),
    *("${e:-d}", "${e-d}", "${e:+d}", "${x:+d}", "${x:-d}", "${u:-d}", "${u-d}", "${u:+d}"),
    *("${!n}", "${l[1]}", "${l[0]}", "${#l[@]}", "${u}", "$l", "${x%z}", "${u:-${x%.*}}"),
    *("${x?}", "${x%?}", "pre${x:0:1}post", "${e}", "${l[5]}"),
]


def lookup(name):
    return VALUES.get(name, () if name == "u" else NOT_KNOWN)


def test_bash_says_the_same():
    """Each of them, asked at once."""
    setting = 'x=a/b.tar.gz e= n=x; l=(1 "2 3")'
    asked = " ".join(f'"{text}"' for text in EXACT)
    done = subprocess.run(
        ["bash", "-c", f"{setting}; printf '%s\\0' {asked}"], capture_output=True, check=True
    )
    said = done.stdout.decode().split("\0")[:-1]
    ours = [read_word(f'"{text}"', 0, lookup).text for text in EXACT]
    assert dict(zip(EXACT, ours, strict=True)) == dict(zip(EXACT, said, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "${x@Q}",
        "${x/[a]/b}",
        "${x/a*/b}",
        "${x^^a}",
        "${!x*}",
        "${l[@]:1}",
        "${x:y}",
        "${x%$y}",
        "${y}",
        "${y:-$(z)}",
        "${y%a}",
        "${#y}",
        "${x[$y]}",
        "$((1))",
    ],
)
def test_what_is_not_exactly_known_is_unknown(text):
    """Nothing is guessed."""
    assert read_word(text, 0, lookup).text == UNKNOWN


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("$l", ["1"]),
        ("${l[@]}", ["1", "2", "3"]),
        ('"${l[@]}"', ["1", "2 3"]),
        ('"${l[*]}"', ["1 2 3"]),
        ('a"${l[@]}"b', ["a1", "2 3b"]),
        ("$e", []),
        ('"$e"', [""]),
        ("a$e", ["a"]),
        ('"$@"', []),
    ],
)
def test_words_are_cut_where_bash_cuts_them(raw, words):
    """Outside quotes at blanks, lists by element."""
    assert [word.text for word in read_words(raw, 0, lookup)] == words
