"""Words are read as the shell reads them."""

import pytest

from bastion.command.reading import UNKNOWN
from bastion.command.words import read_word, read_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("rm", "rm"),
        ("'r'm''", "rm"),
        (r"r\m", "rm"),
        ('"r"m', "rm"),
        (r"$'\x72\155'", "rm"),
        (r"$'\u0072\U0000006d'", "rm"),
        (r"$'a\tb\'c\\'", "a\tb'c\\"),
        (r"$'\ca'", "\x01"),
        ('$"rm"', "rm"),
        ("r\\\nm", "rm"),
        (r'"a\"b\$c\d"', r'a"b$c\d'),
        ("~/.ssh", "~/.ssh"),
        ("$HOME/.ssh", "~/.ssh"),
        ('"${HOME}/x"', "~/x"),
        ("r$@m", "rm"),
        ("r$1m", "rm"),
        ("a$", "a$"),
        ("''", ""),
    ],
)
def test_quotes_are_removed(raw, text):
    """What is left is what the program gets."""
    word = read_word(raw, 0)
    assert word.text == text
    assert word.is_known


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("$(which rm)", "/usr/bin/rm"),
        ("`command -v rm`", "/usr/bin/rm"),
        ('"$(type -p rm)"', "/usr/bin/rm"),
        ("$(echo rm)", "rm"),
        ("r`printf m`", "rm"),
        ("$(echo -n x)", UNKNOWN),
        ("$(echo *)", UNKNOWN),
        ("$(which $x)", UNKNOWN),
        ("$(echo a b)", UNKNOWN),
        ("`echo a)", UNKNOWN),
    ],
)
def test_a_substitution_whose_output_is_plain_is_known(raw, text):
    """Where a program lies is not known to the letter, but which one it is."""
    assert read_word(raw, 0).text == text
    assert [word.text for word in read_words(raw, 0)] == [text]


@pytest.mark.parametrize(
    "raw", ["$x", "${x}", '"$x"', "$(ls)", "`ls`", "<(ls)", "$((1+1))", "${x:-'}'}", '"${x}"', "$?"]
)
def test_what_only_the_shell_knows_is_marked(raw):
    """A variable or substitution is one unknown, whatever stands in it."""
    word = read_word(raw, 0)
    assert word.text == UNKNOWN
    assert not word.is_known


def test_an_unknown_part_leaves_the_rest():
    """Rules still see the folder in front of it."""
    assert read_word("/data/$x/y", 0).text == f"/data/{UNKNOWN}/y"


@pytest.mark.parametrize(
    ("raw", "has_glob"),
    [
        ("*.pt", True),
        ("a!(b)", True),
        ("@(a|b)", True),
        ("'!(b)'", False),
        ("!(b c)", False),
        ("a?", True),
        ("[ab]c", True),
        ("[", False),
        ("'*'", False),
        (r"\*", False),
    ],
)
def test_globs_count_outside_quotes(raw, has_glob):
    """The program `[` is no glob."""
    assert read_word(raw, 0).has_glob is has_glob


def test_a_bracket_behind_an_expansion_begins_no_pattern():
    """Nothing of what stands before it is taken for the pattern's `*`, not even if it is empty."""
    assert [word.text for word in read_words("$*((x))", 0, lambda _name: ())] == ["*"]


def test_a_word_knows_its_place():
    """The span covers the raw word."""
    span = read_word("'a b'", 7).span
    assert (span.start, span.end) == (7, 12)


@pytest.mark.parametrize("raw", ["'a", '"a', "$'a", "${a", "$(a", "`a", "a\\", "$'\\U7fffffff'"])
def test_anything_gives_a_word(raw):
    """What is not closed is read to its end."""
    assert isinstance(read_word(raw, 0).text, str)
