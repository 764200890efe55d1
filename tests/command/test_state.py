"""What was set on one line of a session is known on the next, or known to be unknown."""

import pytest

from bastion.command.extract import extract
from bastion.command.reading import UNKNOWN, Reading
from bastion.command.state import ShellState


def session(*lines: str) -> Reading:
    """The reading of the last of *lines*, typed one after the other."""
    state: ShellState | None = ShellState()
    for line in lines:
        reading = extract(line, state)
        state = reading.state
    return reading


def ran(*lines: str) -> list[str]:
    return [" ".join(w.text for w in c.words) for c in session(*lines).commands]


@pytest.mark.parametrize(
    ("lines", "command"),
    [
        (("a=rm", "$a x"), "rm x"),
        (("export a=rm", "b=1", "sh -c '$a x'"), "rm x"),
        (("a=(rm x)", '"${a[@]}"'), "rm x"),
        (("alias ll='rm -rf'", "ll x"), "rm -rf x"),
        (("alias a='rm '", "alias b=x", "a b"), "rm x"),
        (("alias a='b; rm x'", "a"), "rm x"),
        (("alias ls='ls -l'", "ls x"), "ls -l x"),
        (("f() { rm $1; }", "f x"), "rm x"),
        (("function f { a=rm; }", "f", "$a x"), "rm x"),
        (("alias a='f x'", "f() { rm $1; }", "a"), "rm x"),
        (("IFS=,", "a=rm,x", "$a"), "rm x"),
        (("alias a='b=rm'", "b=rm", "a", "$b x"), "rm x"),
        (("f() {\nrm x\n}", "f"), "rm x"),
    ],
)
def test_what_was_set_is_known(lines, command):
    """A variable, an alias, a function."""
    assert command in ran(*lines)
    assert session(*lines).opaque == ""


@pytest.mark.parametrize(
    "lines",
    [
        ("a=ls", "bash", "$a rm x"),
        ("a=ls", "ssh host", "$a"),
        ("a=ls", "./x", "$a"),
        ("a=ls", "vim x", "$a"),
        ("a=ls", "exit", "$a"),
        ("a=ls", "sudo -i", "$a"),
        ("a=ls", "(cd x && bash)", "$a"),
        ("a=ls", "x=$(bash)", "$a"),
        ("a=ls", "sh | tee log", "$a"),
        ("a=ls", "python", "$a"),
        ("a=ls", "source x", "$a"),
        (f"f() {{ {'x; ' * 1100} }}", "f"),
        ("alias a=$x", "a"),
        ("a=ls", "a=$(b)", "$a"),
    ],
)
def test_what_may_have_changed_is_held(lines):
    """Another shell may be at the prompt; a body may be too long to be kept."""
    assert session(*lines).opaque == "dynamic-command"


@pytest.mark.parametrize(
    "line",
    ["sudo apt update", "python x.py", "ls", "cd /x", "./x &", "x=$(bash -c id)", "x=$(./y)"],
)
def test_what_opens_no_shell_leaves_what_is_known(line):
    """Daily work in between."""
    assert session("a=ls", line, "$a x").opaque == ""


def test_the_name_itself_is_read_as_well():
    """The alias may not be there after all."""
    assert ran("alias rm=echo", "rm x") == ["rm x", "echo x"]


@pytest.mark.parametrize("text", [r"\ll x", "'ll' x", "echo ll"])
def test_an_alias_stands_for_a_first_word_without_quotes(text):
    """Nowhere else."""
    assert "rm -rf x" not in ran("alias ll='rm -rf'", text)


@pytest.mark.parametrize("text", ["alias a=rm\na x", "BASH_ALIASES[a]=rm\na x"])
def test_an_alias_counts_also_in_a_command_that_is_sent(text):
    """Some shells have them there: dash, zsh, and bash where it is told to."""
    assert "rm" in [c.program for c in extract(text).commands]


def test_an_alias_that_is_gone_stands_for_nothing():
    """`unalias` and `unset -f`."""
    assert ran("alias a=rm", "unalias a", "a x") == ["a x"]
    assert ran("f() { rm; }", "unset -f f", "f x") == ["f x"]


def test_too_many_names_make_all_unknown():
    """Nothing is forgotten in silence."""
    reading = session(*(f"alias a{n}=b" for n in range(300)), "a1")
    assert reading.opaque == "shell-state"


def test_a_value_that_is_too_long_is_unknown():
    """The state stays small."""
    reading = session(f"a={'x' * 5000}", "rm $a")
    assert [w.text for w in reading.commands[0].words] == ["rm", UNKNOWN]


def test_another_value_in_another_shell_is_not_mistaken():
    """What is known from before is only one of the possibilities."""
    assert set(ran("a=ls", "bash", "$a x")) == {"ls x", f"{UNKNOWN} x"}


@pytest.mark.parametrize(
    "line", ["f() { emulate -L ksh; ls }", "f() { " + "echo long; " * 700 + "}"]
)
def test_what_was_not_read_for_sure_may_have_changed_anything(line):
    """What was known before may be so still, or not: a program of that name is not known."""
    assert session("a=ls", "$a").opaque == ""
    assert session("a=ls", line).opaque in {"unparsable", "readers-disagree"}
    assert session("a=ls", line, "$a").opaque == "dynamic-command"
