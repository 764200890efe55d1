"""Words behind a program's name are taken apart as the program would."""

import pytest

from bastion.command.arguments import Arguments, arguments
from bastion.command.tokens import split


def taken(text: str, *valued: str, **how: bool) -> Arguments:
    (found,) = split(text)
    return arguments(found.words[1:], valued, **how)


def texts(words) -> list[str]:
    return [word.text for word in words]


@pytest.mark.parametrize(
    "text",
    [
        "x -o f a",
        "x -of a",
        "x -o=f a",
        "x -vo f a",
        "x -vof a",
        "x --out f a",
        "x --out=f a",
        "x --ou=f a",
    ],
)
def test_a_value_is_found_however_it_is_written(text):
    """And it is no operand."""
    given = taken(text, "-o", "--out")
    assert texts(given.values(("-o", "--out"))) == ["f"]
    assert texts(given.operands) == ["a"]


def test_a_cluster_is_its_letters():
    """`-rf` has both; a letter that is not there is not found."""
    given = taken("rm -rf a")
    assert given.has(["-r"])
    assert given.has(["-f"])
    assert not given.has(["-x", "-rfx"])


def test_a_program_may_have_no_clusters():
    """`-name` is one option with a value then, and `-n` none."""
    given = taken("find . -name x -delete", "-name", clusters=False)
    assert given.has(["-delete"])
    assert not given.has(["-n", "-d"])
    assert texts(given.operands) == ["."]


def test_behind_two_dashes_all_are_operands():
    """Whatever they look like."""
    given = taken("rm -- -rf --recursive")
    assert texts(given.operands) == ["-rf", "--recursive"]
    assert given.options == ()


def test_an_abbreviation_counts_where_the_program_takes_it():
    """GNU programs do, `--re` is too short; Go programs do not."""
    assert taken("rm --recurs a").has(["--recursive"])
    assert not taken("rm --r a").has(["--recursive"])
    assert not taken("kubectl --for x", abbreviates=False).has(["--force"])


def test_a_star_stands_for_a_family_of_options():
    """`--add-*` is every option that begins so."""
    assert taken("x --add-port=1").has(["--add-*"])
    assert not taken("x --ad").has(["--add-*"])


def test_a_value_that_is_missing_is_no_value():
    """The option is there."""
    given = taken("x -o", "-o")
    assert given.has(["-o"])
    assert texts(given.values(["-o"])) == []


def test_options_may_end_at_the_first_operand():
    """Where what stands behind it is not the program's own: `bash x.sh -c`."""
    found = taken("python -u x.py -c y", options_first=True)
    assert texts(found.operands) == ["x.py", "-c", "y"]
    assert not found.has(["-c"])
