"""Tables about programs are found by name, and a mistake in one is refused."""

import pytest
from pydantic import ValidationError

from bastion.command.knowledge import Clause, Kind, Knowledge, Program


def table(*names: str, **fields) -> Program:
    return Program(names=names, **fields)


def test_all_tables_that_name_a_program_count():
    """By its name and by a glob; one that is complete settles it."""
    one = table("mkfs", "mkfs.*", effects=[{"effect": "disk.format"}], valued=["-t"])
    two = table("mkfs.ext4", effects=[{"effect": "write", "on": "-O"}], complete=True)
    known = Knowledge([one, two]).of("mkfs.ext4")
    assert {clause.effect for clause in known.clauses} == {"disk.format", "write"}
    assert known.valued == {"-t", "-O"}
    assert not known.guesses


def test_of_other_programs_nothing_is_known():
    """Which is told apart from a program that is known to do nothing."""
    knowledge = Knowledge([table("echo", complete=True)])
    assert knowledge.of("other").guesses
    assert not knowledge.of("echo").guesses
    assert knowledge.of("echo").clauses == knowledge.of("other").clauses == ()


def test_what_is_remembered_is_bounded():
    """Who types chooses the names, and what is known stays right."""
    knowledge = Knowledge([table("rm", effects=[{"effect": "delete"}])])
    for number in range(3000):
        knowledge.of(f"p{number}")
    assert len(knowledge.of("rm").clauses) == 1


def test_one_place_may_stand_without_brackets():
    """`on = "last"`."""
    assert Clause(effect="delete", on="last").on == ("last",)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_an_effect(kind):
    """Alone, and with what is done."""
    assert Clause(effect=str(kind)).effect == kind
    assert Clause(effect=f"{kind}.any").effect == f"{kind}.any"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"effect": "explode"}, "is no effect"),
        ({"effect": "delete", "on": "second"}, "is neither"),
        ({"effect": "delete", "colour": "red"}, "colour"),
        ({"effect": "delete", "at_least": -1}, "at_least"),
        ({}, "effect"),
    ],
)
def test_a_mistake_is_refused(fields, told):
    """With what is wrong."""
    with pytest.raises(ValidationError, match=told):
        Clause(**fields)
