"""Braces are expanded as bash does."""

import pytest

from bastion.command.braces import LIMIT, expand
from bastion.command.extract import extract
from bastion.command.reading import UNKNOWN


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("/{etc,usr}", ["/etc", "/usr"]),
        ("{a,b}{1,2}", ["a1", "a2", "b1", "b2"]),
        ("a{b,c{d,e}}f", ["abf", "acdf", "acef"]),
        ("{,x}y", ["y", "xy"]),
        ("f{1..3}", ["f1", "f2", "f3"]),
        ("{3..1}", ["3", "2", "1"]),
        ("{09..11}", ["09", "10", "11"]),
        ("{-1..01}", ["-1", "00", "01"]),
        ("{1..5..2}", ["1", "3", "5"]),
        ("{a..c}", ["a", "b", "c"]),
        ("{'a,b',c}", ["'a,b'", "c"]),
        ("${x}{a,b}", ["${x}a", "${x}b"]),
        ("{a,b}{", ["a{", "b{"]),
        ("{x{a,b}", ["{xa", "{xb"]),
    ],
)
def test_a_choice_becomes_several_words(raw, words):
    """In bash's order."""
    assert expand(raw) == words


@pytest.mark.parametrize(
    "raw",
    ["{}", "{a}", "'{a,b}'", '"{a,b}"', r"\{a,b}", "${x:-{a,b}}", "{a,b", "a}", "{1..}", "ab"],
)
def test_other_braces_stay(raw):
    """Quoted, without a comma, or not closed."""
    assert expand(raw) == [raw]


def test_too_many_are_unknown():
    """Nothing is listed for ever."""
    assert len(expand(f"{{1..{LIMIT}}}")) == LIMIT
    assert expand("{" * 5000) == [UNKNOWN]


@pytest.mark.parametrize("raw", ["{1..999999999}", "{a,b}" * 30])
def test_of_too_many_the_first_are_given(raw):
    """Behind one that is unknown: a program that is named so is not known, either."""
    unknown, *few = expand(raw)
    assert unknown == UNKNOWN
    assert len(few) == 16
    assert extract(f"{raw} x").opaque == "dynamic-command"


def test_a_command_in_braces_is_seen():
    """Program, options and operands, all with the place of the braces."""
    text = "ls; {rm,-rf,/etc}"
    command = extract(text).commands[-1]
    assert [word.text for word in command.words] == ["rm", "-rf", "/etc"]
    assert {text[word.span.start : word.span.end] for word in command.words} == {"{rm,-rf,/etc}"}
