"""Substitutions that run although they stand in single quotes are found."""

import pytest

from bastion.command.evaluated import quoted
from bastion.command.scan import substitutions


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("test -v 'a[$(id -u)]'", ["id -u"]),
        ("[[ -v 'a[`id`]' ]]", ["id"]),
        ("x='a[$(id)]'; echo $((x))", ["id"]),
        ("x='$(id)'; echo ${x@P}", ["id"]),
        ("a[$(id)]=1", []),
        (r'test -v "a[\$(id)]"', ["id"]),
        ("echo '$(id)'", []),
        ("echo 'a[$(id)]'", []),
        ("echo 'a[1]'", []),
        ("test -v 'a[$(id'", ["id'"]),
    ],
)
def test_what_is_evaluated_once_more_is_found(text, inside):
    """And what the shell runs anyway is not found twice."""
    assert [piece.text for piece in quoted(text, substitutions(text))] == inside


def test_all_of_many_are_found():
    """However many stand before the one that matters."""
    text = "test -v " + "'a[$(id)]'" * 50
    assert len(list(quoted(text, substitutions(text)))) == 50
