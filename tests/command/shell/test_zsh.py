"""An integrated zsh runs nothing that it has not asked for."""

import os
import subprocess
from dataclasses import replace
from importlib import resources

import pytest

from bastion.command.shell.questions import Answer, Kind, answer
from tests.command.shell.danger import (
    guarded,
    nothing_runs_without_answers,
    ran,
    refuse_danger,
    unanswered,
)


@pytest.fixture
def zsh(shells, home):
    """A zsh that may run anything but danger, which would leave a file `ran`."""
    return guarded(shells, home, "/usr/bin/zsh")


def test_a_line_is_asked_for_exactly(zsh):
    """As it was typed, with history expanded; aliases and functions are asked for as they run."""
    assert zsh.asked(zsh.line("echo one")) == ["echo one"]
    assert zsh.asked(zsh.line("!!")) == ["echo one"]
    assert zsh.asked(zsh.line(" echo 100% 'a\rb'")) == [" echo 100% 'a\nb'"]
    assert zsh.asked(zsh.line("ls")) == ["ls"]
    assert zsh.asked(zsh.line("rcz 1")) == ["rcz 1", "echo rcz 1"]
    assert zsh.asked(zsh.line("rcf 1")) == ["rcf 1", "rcf 1", 'echo rcf "$@"']


def test_a_prompt_tells_status_place_and_count(zsh):
    """What was asked for and allowed is counted."""
    before = zsh.line("cd /; (exit 3)")[-1]
    assert (before.status, before.folder) == (3, "/")
    assert zsh.line("danger")[-1].text == before.text
    assert int(zsh.line("true")[-1].text) == int(before.text) + 1


DENIED = [
    "danger 1",
    "echo hi; danger 1",
    "echo $(danger 1)",
    "(sleep 0; danger 1) &",
    "rcz danger",
    'x=dan; eval "${x}ger 1"',
    "x=dan; ${x}ger 1",
    "f() { dan''ger 1 }; f",
    "source ~/hides.sh",
    "source ~/f.sh; g",
    "g",
    'x=dan; trap "${x}ger 1" USR1; kill -USR1 $$',
    "danger 1 >made",
    "{ danger; } >made",
]


def test_what_is_denied_does_not_run(zsh):
    """Nothing of a denied line runs, whatever it hides in, with ^C ignored or caught too."""
    (zsh.home / "hides.sh").write_text("c=dan\n${c}ger 1\n")
    (zsh.home / "f.sh").write_text("g() { dan''ger 1 }\n")
    for first in ("true", "trap '' INT", "TRAPINT() { echo caught }"):
        zsh.line(first)
        for line in DENIED:
            zsh.line(line)
            zsh.line("echo next")
            assert not ran(zsh), line
            assert not (zsh.home / "made").exists(), line


def test_arithmetic_that_runs_a_command_is_asked_for(zsh):
    """A value may name a subscript, and a subscript is expanded; also through another parameter."""
    zsh.line("integer n; z=one; y=x; x='a[$(dan'; x+='ger 1)]'")
    for line in (
        "echo $((x))",
        "echo $((y))",
        "[[ x -eq 1 ]]",
        "echo ${z:x}",
        "n=x",
        "printf %d x",
    ):
        assert zsh.asked(zsh.line(line))[1:], line
        assert not ran(zsh), line
    zsh.line("x=1")
    assert zsh.asked(zsh.line("echo $((x + 1))")) == ["echo $((x + 1))"]


def test_what_only_looks_like_a_comment_is_asked_for(zsh):
    """At a prompt `#` begins none, unless the person set that."""
    zsh.judge = lambda asked: refuse_danger(
        replace(asked, text=asked.text.partition("#")[0] or "none")
    )
    for line in ("echo a #; danger 1", "#; danger 2", "true;#; danger 3"):
        assert "danger" in " ".join(zsh.asked(zsh.line(line), "C")), line
        assert not ran(zsh), line


TAMPERING = [
    "trap - DEBUG",
    "preexec_functions=(rcf)",
    "print() { true }; read() { true }; trap() { true }; kill() { true }; emulate() { true }",
    "unsetopt debugbeforecmd",
    "setopt histignorespace histignorealldups noprompt_cr",
    "setopt ksh_arrays sh_word_split",
    "emulate sh; emulate zsh",
    "alias __bastion_ask=true __bastion_step=true",
    "HISTSIZE=0",
    "unfunction -m '*preexec'",
    "unfunction __bastion_ask __bastion_hides",
]


def test_tampering_takes_nothing_away(zsh):
    """Even where it was allowed, the next line is asked for, and denied it does not run."""
    for line in TAMPERING:
        zsh.line(line)
        for text in (" danger 2", "true; danger 2"):
            zsh.line(text)
        assert not ran(zsh), line


def test_nobody_takes_the_place_of_builtin(zsh):
    """Who could make such a function would run it in our place: it is not made."""
    heard = zsh.line("builtin() { true }")
    assert zsh.asked(heard, "H") == ["a function in the place of builtin, or a module taken away"]
    zsh.line("danger 1")
    zsh.judge = lambda _question: Answer.ALLOW
    zsh.line("functions[built''in]='danger 1'")
    assert not ran(zsh)


def test_what_zsh_makes_of_a_line_is_asked_for(zsh):
    """A path for a name, an expansion that runs something, what is to run later."""
    asked = {
        "=danger 1": "danger 1",
        "hash zq=/opt/other": "hash zq=/opt/other",
        "zq 1": "/opt/other 1",
        "y='$(x=dan; ${x}ger 1)'; echo ${(e)y}": "danger 1",
        'x=dan; sched +10 "${x}ger 1"': 'sched +10 "danger 1"',
    }
    judge = zsh.judge
    zsh.judge = lambda asked: judge(asked) if asked.kind is Kind.COMMAND else Answer.ALLOW
    for line, command in asked.items():
        assert command in zsh.asked(zsh.line(line), "C"), line
    assert zsh.asked(zsh.line("compctl -s '$(danger 1)' zz"), "H")
    assert not ran(zsh)


def test_an_alias_is_not_read_in_what_we_run(zsh):
    """Substitutions of ours are read when they run."""
    zsh.line('x=dan; alias builtin="${x}ger 1; builtin"')
    zsh.line("true")
    assert not ran(zsh)


def test_without_our_functions_nothing_runs(zsh):
    """Who takes all of them away ends the shell."""
    zsh.type("x=dan; unfunction -m '*'; ${x}ger 1\r${x}ger 2\r")
    zsh.until(lambda: zsh.is_over)
    assert not ran(zsh)


def test_no_answer_is_a_denial(zsh):
    """When the side channel dies, what waits is dropped, and what comes after; nothing is left."""
    nothing_runs_without_answers(zsh, "P> ")


def test_forged_answers_are_refused_and_ctrl_c_cancels(zsh):
    """Only this session's token and this question's id allow anything."""
    question = unanswered(zsh, "danger 1")
    assert len(bytes.fromhex(question.id.rpartition(".")[2].replace("-", ""))) == 16
    zsh.say(f"{question.process} {'0' * 32} {question.id} A\n".encode())
    zsh.say(f"{question.process} {zsh.secret.token} {question.id[:-1]}. A\n".encode())
    zsh.until(lambda: zsh.asked(zsh.heard, "H"))
    zsh.keys("\x03")
    zsh.say(answer(zsh.secret, question, Answer.ALLOW))
    zsh.judge = refuse_danger
    zsh.line("danger 2")
    assert not ran(zsh)


def test_loops_are_asked_for_once(zsh):
    """A thousand times the same command is no question more."""
    line = "for i in {1..1000}; do :; done"
    assert zsh.asked(zsh.line(line)) == [line]


def test_a_zsh_within_asks_as_well(zsh):
    """It is as it would be without, reads its own files, and leaves nothing behind."""
    zsh.judge = lambda q: Answer.STEP if q.text == "zsh" else refuse_danger(q)
    outer = zsh.line("env >outer")[-1].process
    inner = zsh.line("zsh")[-1].process
    assert inner != outer
    heard = zsh.line("env >inner")
    assert zsh.asked(heard) == ["env >inner"]
    assert {heard.process for heard in heard} == {inner}
    zsh.line("rcz danger 1")
    deeper = zsh.line("zsh -l")[-1].process
    assert deeper not in {inner, outer}
    zsh.line("danger 1")
    zsh.line("[[ -o login ]] && touch login")
    assert zsh.line("exit 3")[-1].process == inner
    back = zsh.line("exit 4")[-1]
    assert (back.process, back.status) == (outer, 4)
    zsh.line("env >after")
    assert not ran(zsh)
    assert (zsh.home / "login").exists()
    environment = [
        {line for line in (zsh.home / name).read_text().splitlines() if line[:5] != "SHLVL"}
        for name in ("outer", "inner", "after")
    ]
    assert environment[0] == environment[1] == environment[2]


def test_its_own_files_are_read(shells, home):
    """All four of the person's, in order, each with its ZDOTDIR as it is without us."""
    for name in (".zshenv", ".zprofile", ".zlogin"):
        (home / name).write_text(f"echo read {name} $ZDOTDIR.\n")
    one = shells("/usr/bin/zsh")
    read = [line for line in one.screen.split("\r\n") if line.startswith("read")]
    assert read[-3:] == ["read .zshenv .", "read .zprofile .", "read .zlogin ."]
    one.line("echo $0 .$ZDOTDIR. $+__bastion_zdotdir; env | grep -c bastion")
    one.until(lambda: "-zsh .. 0\r\n0\r\n" in one.screen)


@pytest.mark.parametrize(
    "lines",
    [["readonly __bastion_allowed", "danger 1"], ["readonly __bastion_verdict=1", "echo fi''ne"]],
)
def test_what_goes_wrong_while_it_asks_lets_nothing_run(zsh, lines):
    """An error in a function ends what called it, but not the line that was to be asked for."""
    for line in lines:
        zsh.type(f"{line}\r")
        seen = zsh.screen.count("P> ")
        zsh.until(lambda seen=seen: zsh.screen.count("P> ") > seen)
    assert not ran(zsh)
    assert "fine" not in zsh.screen


def test_where_no_file_can_be_opened_nothing_runs(zsh):
    """Not even what needs none: a line that cannot be asked for is dropped, a command as well."""
    for line in ("ulimit -n 0; echo fi''ne", "echo fi''ne", "rcf fi''ne", "x=fi; echo ${x}ne"):
        zsh.type(f"{line}\r")
        seen = zsh.screen.count("P> ")
        zsh.until(lambda seen=seen: zsh.screen.count("P> ") > seen)
    zsh.type("\x15")
    assert "fine" not in zsh.screen


def test_a_zsh_without_its_modules_does_not_ask(tmp_path):
    """It says so, and reads the person's files as if we were not there."""
    os.mkfifo(tmp_path / "q")
    (tmp_path / ".zshenv").write_text("echo read\n")
    load = resources.files("bastion.command.shell") / "zshload.zsh"
    script = f"module_path=(); __bastion_file=.zshenv; . {load}; . {load}; __bastion_start"
    said = os.open(tmp_path / "q", os.O_RDWR)
    shown = subprocess.run(
        ["/usr/bin/zsh", "-f", "-c", script],
        env={"HOME": str(tmp_path), "__bastion_folder": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert b"this zsh has not all modules" in os.read(said, 4096)
    os.close(said)
    assert (shown.stdout, shown.stderr) == ("read\nread\n", "")
