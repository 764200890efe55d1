"""What the person's own PS0, traps and variables do to the hooks of an integrated bash: nothing."""

import pytest

from tests.command.shell.danger import guarded, ran


@pytest.mark.parametrize("ps0", ["$((1/0))", "${nothing?here}", "${x@P", "$(exit 3)a\\A"])
def test_a_ps0_that_fails_lets_no_line_run_unasked(shells, home, ps0):
    """Bash gives up all of PS0 where a part of it fails; what asks does not fail with it."""
    with (home / ".bashrc").open("a") as rc:
        rc.write(f"PS0='{ps0}'\n")
    bash = guarded(shells, home, "/bin/bash")
    for line in ("danger 1", "danger 2 | cat", "(danger 3) &"):
        assert bash.asked(bash.line(line)) == [line]
    assert not ran(bash)
    assert "__bastion" not in bash.screen


def test_a_ps0_is_the_persons_own(shells, home):
    """It is shown as it would be, also what is added to it; nothing is split at its blanks."""
    bash = guarded(shells, home, "/bin/bash")
    bash.line("PS0='now  [$(echo sub) \\#]'")
    bash.line("PS0+=' more '")
    bash.line("echo x >out")
    assert bash.line("PS0=")[-1].text
    assert "] more " in bash.screen
    assert "now  [sub " in bash.screen


def test_traps_that_are_due_let_no_line_run_unasked(shells, home):
    """They may break what bash reads in PS0: the line is refused then, and not counted as run."""
    bash = guarded(shells, home, "/bin/bash")
    bash.line("trap : USR1")
    before = bash.line("PS0='$(kill -USR1 $$)'")[-1].text
    for line in ("danger 1", "danger 2 | cat", "danger 3 &"):
        assert bash.line(line)[-1].text == before
    assert not ran(bash)


def test_a_return_trap_does_not_see_us(shells, home):
    """Functions run it while a line is asked for; ours do not, and what it writes is no answer."""
    with (home / ".bashrc").open("a") as rc:
        rc.write("trap 'echo return' RETURN\n")
    bash = guarded(shells, home, "/bin/bash")
    read = bash.screen.count("return")  # the login files were
    assert bash.asked(bash.line("rcf one")) == ["rcf one", "rcf one", 'echo rcf "$@"']
    assert bash.asked(bash.line("echo two")) == ["echo two"]
    assert bash.screen.count("return") == read + 1
    bash.line("f() { trap 'echo bye' RETURN; }")
    assert bash.asked(bash.line("f; rcf three"), "C")[-1] == 'echo rcf "$@"'
    bash.line("danger 1")
    assert not ran(bash)


def test_a_computed_alias_or_variable_is_asked_for_as_it_will_be(shells, home):
    """Else nobody could know that it takes the place of what our hooks are made of."""
    bash = guarded(shells, home, "/bin/bash")
    bash.line("x=BASH_ALI c=zz=echo")
    assert bash.asked(bash.line('alias "$c"'), "C") == ["alias zz=echo"]
    asked = bash.asked(bash.line('printf -v "${x}ASES[z]" %s echo'), "C")
    assert [text.replace("\\", "") for text in asked] == ["printf -v BASH_ALIASES[z] %s echo"]


@pytest.mark.parametrize(
    "lines",
    [
        ['x=dan; readonly traps="${x}ger 1"', "true"],
        ["x=dan; alias ll='${x}ger 1'; readonly word=q entry=q IFS=:", "ll"],
        ["y=tion_own; unset FUNCNAME; FUNCNAME=(__bas$y); x=dan; ${x}ger 1"],
        ["unset FUNCNAME; y=tion_own", "FUNCNAME=(__bas$y); x=dan", "${x}ger 1"],
        ["unset BASH_COMMAND; BASH_COMMAND=ls; x=dan; ${x}ger 1"],
    ],
)
def test_a_variable_of_the_persons_hides_nothing(shells, home, lines):
    """One that cannot be changed stands in the way of none of ours; bash's own stay its own."""
    bash = guarded(shells, home, "/bin/bash")
    for line in lines:
        bash.line(line)
    bash.line("danger 2")
    assert not ran(bash)


def test_what_a_prompt_command_calls_is_asked_for_before_it_runs(shells, home):
    """A function that a file makes anew, say; denied it is gone."""
    bash = guarded(shells, home, "/bin/bash")
    (home / "f.sh").write_text("called() { dan''ger 1; }\n")
    bash.line("PROMPT_COMMAND=called")
    assert any("dan''ger" in text for text in bash.asked(bash.line("source ~/f.sh")))
    bash.line("true")
    assert not ran(bash)
