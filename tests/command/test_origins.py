"""A variable's value comes from the commands of the line that print it."""

import pytest

from bastion.command.extract import extract
from bastion.command.origins import Origins, is_made
from bastion.command.reading import UNKNOWN, Word
from bastion.verdict import Span


@pytest.mark.parametrize(
    ("text", "asked", "programs"),
    [
        ("find /a | while read -r f; do rm $f; done", "$f", ["find"]),
        ("find /a | sort | while read f; do rm $f; done", '"$f"', ["find", "sort"]),
        ("while read f; do rm $f; done < <(find /a)", "${f}", ["find"]),
        ("mapfile -t a < <(find /a); rm ${a[@]}", '"${a[@]}"', ["find"]),
        ("x=$(pgrep y); kill $x", "$x", ["pgrep"]),
        ("export x=`pgrep y`; kill $x", "$x", ["pgrep"]),
        ("for f in $(ls | head); do rm $f; done", "$f", ["ls", "head"]),
        ("x=$(pgrep y); for p in $x; do kill $p; done", "$p", ["pgrep"]),
        ("find /a | while read f; do g=${f%/}; rm $g; done", "$g", ["find"]),
        ("x=$(pgrep y); kill $z", "$z", []),
        ("x=$(pgrep y)$(pgrep z); kill $x", "$x", []),
        ("x=y; kill $x", "$x", []),
    ],
)
def test_the_commands_that_print_it_are_known(text, asked, programs):
    """Through pipes, process substitutions, loops, and one variable from another."""
    found = Origins(extract(text)).of(asked)
    assert [c.program for origin in found for c in origin.commands] == programs


@pytest.mark.parametrize(
    "text",
    ["while read x; do rm $x; done < y", "read x < y; rm $x", "x=$(<y); rm $x"],
)
def test_what_stands_in_a_file_is_told_apart(text):
    """No program prints it."""
    assert [origin.programs for origin in Origins(extract(text)).of("$x")] == [{"<"}]


@pytest.mark.parametrize(
    "text",
    ["read x <<< 'a b'; rm $x", "while read x; do rm $x; done <<< 'a b'"],
)
def test_a_text_that_stands_there_is_known(text):
    """Where it is handed to `read`, or to the loop around it."""
    assert [origin.text for origin in Origins(extract(text)).of("$x")] == ["a b"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("set -- x *; rm $@", "$@"),
        ("f() { rm $1; }; f *", "$1"),
        ("set -- *; for f; do rm $f; done", "$f"),
        ("set *\nfor f\ndo rm $f; done", "$f"),
    ],
)
def test_parameters_are_a_folders_entries_where_a_star_gives_them(text, asked):
    """To the shell itself, to a function, to a loop that goes through all of them."""
    assert {origin.text for origin in Origins(extract(text)).of(asked)} == {"*"}


def test_parameters_come_from_what_a_substitution_prints():
    """Where it stands behind `set`."""
    (origin,) = Origins(extract("set -- $(find /a); rm $@")).of("$@")
    assert [command.program for command in origin.commands] == ["find"]


def test_a_document_that_a_loop_reads_is_known():
    """Its lines are what the variable stands for."""
    reading = extract("while read x; do rm $x; done <<E\na\nb\nE\n")
    assert [origin.text for origin in Origins(reading).of("$x")] == ["a\nb\n"]


def test_only_what_a_variable_makes_is_looked_up():
    """What a substitution prints stands elsewhere."""
    span = Span(0, 1)
    assert is_made(Word('"$x"', UNKNOWN, span))
    assert not is_made(Word("$(x)", UNKNOWN, span))
    assert not is_made(Word("x", "x", span))
