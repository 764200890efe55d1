"""Names of ours that are computed hide nothing in a line that is asked for command by command."""

import pytest

from bastion.command.shell.questions import Kind, Question
from tests.command.shell.danger import guarded, ran

HIDDEN = "x=dan; ${x}ger 1"
EVIL = "'a[$(${x}ger 1)]'"


def run(bash, line):
    """Run *line*; whether the shell lived, and whether it told of a change."""
    before = len(bash.heard)
    bash.type(f"{line}\r")

    def told(kind):
        heard = bash.heard[before:]
        return any(isinstance(one, Question) and one.kind is kind for one in heard)

    bash.until(lambda: told(Kind.PROMPT) or bash.is_over)
    return not bash.is_over, told(Kind.TAMPER)


@pytest.mark.parametrize(
    "line",
    [
        'declare "__bas$y=1"',
        'n=__bas$y; : "$((0, $n=1))"',
        'n=__bas$y; read "$n" <<<1',
        "declare -n r=__bas$y; r=1",
        'n=__bas$y; z="$n=1"; { : ; } >>/dev/null$((z))',
    ],
)
def test_a_variable_that_decides_decides_nothing(shells, home, line):
    """Whoever writes it: the next command is asked for all the same, and the shell lives."""
    bash = guarded(shells, home, "/bin/bash")
    for name in ("phase", "verdict", "returns"):
        assert run(bash, f"y=tion_{name}; {line}; {HIDDEN}")[0], name
        assert not ran(bash), name


@pytest.mark.parametrize(
    "name", ["lent", "user_int", "has_int", "allowed", "known[PROMPT_COMMAND]"]
)
def test_what_was_written_is_put_back(shells, home, name):
    """What we go by later is what it was, and the change is told."""
    bash = guarded(shells, home, "/bin/bash")
    assert run(bash, f'y="tion_{name}"; x=dan; printf -v "__bas$y" %s "\\${{x}}ger 1"; eval :') == (
        True,
        True,
    )
    bash.line("eval :")
    assert not ran(bash)


@pytest.mark.parametrize(
    "line",
    [
        'y=tion_text; declare -i "__bas$y"; z=EVIL; eval "echo $z"',
        'y=tion_last; declare -n "__bas$y"=EVIL; true',
        'y=tion_name; readonly "__bas$y=z"; true',
        'y=tion_here_pipe; declare "__bas$y=z"; true',
        'y=tion_drops; declare "__bas$y"=EVIL; true',
        "declare -n POSIXLY_CORRECT=EVIL; true",
    ],
)
def test_what_cannot_be_put_back_ends_the_shell(shells, home, line):
    """Attributes and references make an assignment or a look run something."""
    bash = guarded(shells, home, "/bin/bash")
    assert not run(bash, f"x=dan; {line.replace('EVIL', EVIL)}; ${{x}}ger 1")[0]
    assert not ran(bash)


def test_our_functions_are_called_by_us_alone(shells, home):
    """A line that says the prompt's own words is not at the prompt; nor in a file."""
    bash = guarded(shells, home, "/bin/bash")
    (home / "says").write_text('\\__bastion_ready\n__bastion_untrace\n"__bastion_release"\n')
    assert run(bash, f"source ~/says; {HIDDEN}")[0]
    bash.line(f"(''__bastion_begun; {HIDDEN})")
    assert not ran(bash)


def test_a_paste_behind_such_a_line_is_asked_for(shells, home):
    """Without a prompt between them, each command of the next line is asked for, too."""
    bash = guarded(shells, home, "/bin/bash")
    bash.keys("\x1b[200~eval :; x=dan\neval : $((y=1)); ${x}ger 1\necho a\x1b[201~\r")
    assert not ran(bash)


def test_what_a_line_leaves_in_dollar_underscore_is_the_persons(shells, home):
    """Also where each command is asked for."""
    bash = guarded(shells, home, "/bin/bash")
    bash.line('eval "true one"; true two; echo "[$_]"; rcf three; eval \'echo "[$_]"\'')
    bash.until(lambda: "[two]" in bash.screen and "[three]" in bash.screen)


@pytest.mark.parametrize(
    "line",
    [
        '"trap" - DEBUG',
        "t=tr; ${t}ap - DEBUG",
        "A='x y' builtin trap - DEBUG",
        "command -p trap - DEBUG",
        '"trap" - DEBUG </dev/null',
        "$(echo trap) - DEBUG",
        'z=(trap - DEBUG); "${z[@]}"',
        "set +T",
        "shopt -u extdebug",
    ],
)
def test_what_asks_is_not_taken_away_by_another_spelling(shells, home, line):
    """Neither our trap nor what has it see subshells; and traps can be set behind it."""
    bash = guarded(shells, home, "/bin/bash")
    assert run(bash, f"{line}; x=dan; (${{x}}ger 1); ${{x}}ger 2") == (True, False)
    assert not ran(bash)
    bash.line("eval :; trap 'echo c''aught' USR1; kill -USR1 $$")
    bash.until(lambda: "caught" in bash.screen)
