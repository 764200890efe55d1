"""Signals that come while a line is edited: a person's traps on them, and the line behind them."""

import os
import signal
from pathlib import Path

import pytest

from tests.command.shell.danger import guarded, ran

HIDDEN = "x=dan; ${x}ger 1"
TRAPS = """trap 'echo cau''ght $?; false' USR2
trap 'echo size SIGALRM
:' WINCH
trap '' USR1
"""


@pytest.fixture
def bash(shells, home):
    """A bash that may run anything but danger, with traps of its login files."""
    with (home / ".bashrc").open("a") as rc:
        rc.write(TRAPS)
    return guarded(shells, home, "/bin/bash")


def signalled(bash, line, *signals):
    """What *line* shows when *signals* come to the prompt before it."""
    bash.until(lambda: bash.screen.endswith("P> "))
    for one in signals:
        os.kill(bash.tty.pid, one)
    before = len(bash.screen)
    bash.line(line)
    bash.until(lambda: bash.screen.endswith("P> ", before))
    shown = bash.screen[before:].replace("\x1b[?2004l\r", "").partition("\r\n")[2]
    return shown.partition("\x1b[?2004h")[0].splitlines()


def test_a_trap_runs_before_the_line_that_is_next(bash):
    """As without us; where the line is asked for command by command, behind it."""
    bash.line("false")
    assert signalled(bash, "echo $?; false", signal.SIGUSR2) == ["caught 1", "1"]
    assert signalled(bash, "eval 'echo $?'", signal.SIGUSR2) == ["1", "caught 0"]
    both = signalled(bash, "echo both", signal.SIGWINCH, signal.SIGUSR1, signal.SIGUSR2)
    assert (sorted(both[:2]), both[2:]) == (["caught 0", "size SIGALRM"], ["both"])
    assert signalled(bash, "trap -p USR1; trap -p USR2") == [
        "trap -- '' SIGUSR1",
        "trap -- 'echo caught $?; false' SIGUSR2",
    ]


def test_a_trap_that_comes_in_a_stepped_line_runs_behind_it(bash):
    """It could take away what asks for the rest; one that the line sets runs in it."""
    assert signalled(bash, "eval :; kill -USR2 $$; echo line") == ["line", "caught 0"]
    assert signalled(bash, "trap 'echo se''t' ALRM; kill -ALRM $$; echo line") == ["set", "line"]
    assert signalled(bash, "eval :; trap 'echo ne''w' USR2; trap - ALRM; kill -USR2 $$; :") == [
        "new"
    ]
    assert signalled(bash, "trap -p USR2; trap -p ALRM") == ["trap -- 'echo new' SIGUSR2"]


def test_a_trap_runs_though_the_line_is_denied(bash):
    """The line does not."""
    assert signalled(bash, "danger 1; :", signal.SIGUSR2) == ["", "caught 130"]
    assert not ran(bash)
    assert signalled(bash, "echo then") == ["then"]


def test_children_of_ours_are_not_the_persons(shells, home):
    """A trap on a child's end runs once for each of the person's own, as without us."""
    with (home / ".bashrc").open("a") as rc:
        rc.write("trap 'echo ch''ild' CHLD\n")
    bash = shells("/bin/bash")
    assert signalled(bash, "echo none") == ["none"]
    assert signalled(bash, "/bin/true; /bin/true") == ["child", "child"]
    bash.line("mkfifo wait; cat wait & :")
    bash.until(lambda: bash.screen.endswith("P> "))
    children = Path(f"/proc/{bash.tty.pid}/task/{bash.tty.pid}/children")
    (bash.home / "wait").write_text("")
    bash.until(lambda: not children.read_text())
    assert signalled(bash, "echo behind")[:2] == ["child", "behind"]


def test_a_trap_takes_nothing_away_before_the_line_is_asked_for(bash):
    """What asks is there though a trap is to remove it."""
    bash.line("trap 'trap - DEBUG RTMAX; PROMPT_COMMAND= PS0=' ALRM")
    bash.until(lambda: bash.screen.endswith("P> "))
    os.kill(bash.tty.pid, signal.SIGALRM)
    bash.type('dan""ger 1\r')
    bash.until(lambda: 'dan""ger 1' in bash.asked(bash.heard, "L"))
    bash.until(lambda: bash.screen.endswith("P> "))
    assert not ran(bash)


@pytest.mark.parametrize(
    "line",
    [
        f"trap 'return 0' CHLD; {HIDDEN}",
        f"trap return CHLD; f() {{ /bin/true; echo behind; }}; f; {HIDDEN}",
        f"( trap 'return 0' CHLD; f() {{ /bin/true; }}; f; {HIDDEN} )",
        f"trap break CHLD; for i in 1 2; do /bin/true; {HIDDEN}; done",
        "trap 'kill -INT $$; :' CHLD; trap /bin/true DEBUG; eval :",
    ],
)
def test_a_trap_on_a_childs_end_hides_nothing(shells, home, line):
    """It would run within functions of ours, and return from them, or leave the DEBUG trap."""
    bash = guarded(shells, home, "/bin/bash")
    for one in (line, HIDDEN, f"eval :; {HIDDEN}"):
        bash.line(one)
        assert not ran(bash), bash.screen
