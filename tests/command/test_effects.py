"""What a command does, by what is known of its program."""

import pytest

from bastion.command.effects import Effect, effects
from bastion.command.knowledge import Clause, Knowledge, Program
from bastion.command.reading import UNKNOWN
from bastion.command.tokens import split


def does(text: str, *clauses: dict, complete: bool = True, **form) -> list[str]:
    """The effects of *text* in words, where program `x` has *clauses*."""
    made = tuple(Clause(**clause) for clause in clauses)
    table = Program(names=("x",), complete=complete, effects=made, **form)
    (command,) = split(text)
    return list(map(str, effects(command, Knowledge([table]))))


@pytest.mark.parametrize(
    ("place", "text", "found"),
    [
        ("operands", "x -v a b", ["a", "b"]),
        ("first", "x a b", ["a"]),
        ("rest", "x a b c", ["b", "c"]),
        ("last", "x a b", ["b"]),
        ("but-last", "x a b c", ["a", "b"]),
        ("-o", "x a -o b -vo c", ["b", "c"]),
        ("--out", "x --out=b --out c a", ["b", "c"]),
        ("of=", "x if=a of=b", ["b"]),
        ("-F@", "x -F f=@a -F g=1 -F @b", ["a", "b"]),
        ("named", "x http://h/a/b?c=d e/ f", ["b", "f"]),
        ("below", "x /d", [f"/d/{UNKNOWN}"]),
        ("below", "x /d/ -name y", [f"/d/{UNKNOWN}y"]),
        ("last", "x", []),
    ],
)
def test_what_it_happens_to_stands_at_its_place(place, text, found):
    """Each word there is an effect of its own."""
    clauses = [{"effect": "delete", "on": place}, {"effect": "read", "on": "-name"}]
    told = [line for line in does(text, *clauses) if line.startswith("delete")]
    assert told == [f"delete({word})" for word in found]


@pytest.mark.parametrize(
    ("clause", "yes", "no"),
    [
        ({"options": ["-r", "--reset"]}, ["x -r", "x -vr", "x --res"], ["x", "x r"]),
        ({"unless_options": ["-n"]}, ["x", "x -v"], ["x -n", "x -vn"]),
        (
            {"words": ["kv delete"]},
            ["x kv delete", "x -v kv -f delete a"],
            ["x kv", "x delete kv", "x kv a delete"],
        ),
        ({"words": ["del*"]}, ["x delete"], ["x undelete", "x"]),
        ({"unless_words": ["list"]}, ["x", "x a"], ["x list", "x a list"]),
        ({"at_least": 2}, ["x a b"], ["x a", "x"]),
        ({"bare": True}, ["x", "x -i"], ["x a"]),
    ],
)
def test_a_clause_applies_when_it_says(clause, yes, no):
    """And otherwise the program does not have the effect."""
    full = {"effect": "gpu.reset"} | clause
    assert [text for text in yes if does(text, full) != ["gpu.reset()"]] == []
    assert [text for text in no if does(text, full)] == []


def test_what_stands_behind_the_words_is_meant():
    """`kubectl delete pod a`: the pod, not the verb."""
    clause = {"effect": "cluster.delete", "words": ["delete"], "on": "behind"}
    assert does("x -n y delete pod a", clause, valued=["-n"]) == [
        "cluster.delete(pod)",
        "cluster.delete(a)",
    ]


def test_all_below_is_meant_with_the_option():
    """Or always, where the table says so."""
    clause = {"effect": "delete", "on": "operands", "recursive": ["-r", "--recursive"]}
    assert does("x -fr a", clause) == ["delete(a, recursive)"]
    assert does("x a", clause) == ["delete(a)"]
    assert does("x a", clause | {"recursive": True}) == ["delete(a, recursive)"]


def test_what_cannot_be_known_stays_an_effect():
    """With an operand that is unknown."""
    assert does("x $d", {"effect": "delete", "on": "operands"}) == [f"delete({UNKNOWN})"]


def test_a_redirection_is_an_effect_of_any_program():
    """Also of none at all; a here-string is no file."""
    assert does("x > a 2>> b < c <<< d") == ["write(a)", "write(b)", "read(c)"]
    assert does("> a") == ["write(a)"]


def test_a_setting_in_front_is_one():
    """As `export` would make it."""
    setting = Clause(effect="history.off", words=("HISTFILE=*",))
    knowledge = Knowledge([Program(names=("export",), effects=(setting,))])
    (command,) = split("HISTFILE=/dev/null y")
    assert list(map(str, effects(command, knowledge))) == ["history.off()"]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("y /etc/shadow", ["/etc/shadow"]),
        ("y --file=/etc/shadow", ["/etc/shadow"]),
        ("y 'open(\"/etc/shadow\")'", ["/etc/shadow"]),
        ("y @~/.netrc a:/b", ["~/.netrc", "/b"]),
        ("y file:///etc/shadow", ["/etc/shadow"]),
        ("y https://host/etc/shadow", []),
        ("y a/b 1/2 word", []),
        ("y .bashrc", [".bashrc"]),
    ],
)
def test_of_an_unknown_program_paths_are_guessed_at(text, paths):
    """It may read and write whatever path is among its words; an address is none."""
    (command,) = split(text)
    found = effects(command, Knowledge())
    assert all(effect.guessed for effect in found)
    assert [e.on.text for e in found if e.name == "read" and e.on] == paths
    assert [e.on.text for e in found if e.name == "write" and e.on] == paths


def test_a_program_that_is_known_in_part_is_guessed_at_too():
    """Until the table says that it is complete."""
    clause = {"effect": "gpu.reset", "options": ["-r"]}
    assert does("x -r /a", clause, complete=False) == [
        "gpu.reset()",
        "read(/a, guessed)",
        "write(/a, guessed)",
    ]
    assert does("x -r /a", clause) == ["gpu.reset()"]


def test_a_kind_is_the_first_part_of_the_name():
    """`gpu.reset` is a `gpu`."""
    assert Effect("gpu.reset").kind == "gpu"
    assert Effect("delete").kind == "delete"
