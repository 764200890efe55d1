"""What a line of fish says, in the grammar that is read."""

import pytest

from bastion.command.extract import extract
from bastion.command.shell.fish_line import in_posix

RUNS_DANGER = [
    "and danger 1",
    "true; or not danger 1",
    "'and' danger 1",
    "an\\d danger 1",
    "echo (danger 1)",
    'echo "$(danger (danger 1))" (danger 1)',
    "math (danger 1) + 1",
    "d\\x61nger 1",
    "\\144\\u0061nger 1",
    "echo 'a\\' 'b; danger 1; #'",
    "echo 2>| danger 1",
    "echo &| danger 1",
    "if true; danger 1; end",
    "for i in (danger 1); end",
    "switch a; case a; danger 1; end",
    "while danger 1\nend",
    "echo a # it's\nand danger 1 # 'x'",
    "echo (echo x)#; and danger 1",
]


@pytest.mark.parametrize("line", RUNS_DANGER)
def test_what_fish_runs_is_seen(line):
    """Every way in which fish writes a command other than the shells that are read."""
    assert "danger" in {command.program for command in extract(in_posix(line)).commands}


@pytest.mark.parametrize(
    "line",
    [
        "echo '(danger 1)' \"(danger 1)\"",
        "echo 'it\\'s; danger 1'",
        "git commit -m 'end; and danger 1'",
        "echo \\(danger 1\\)",
        "echo hi # (danger 1)",
    ],
)
def test_what_is_quoted_stays_quoted(line):
    """Text is no command."""
    assert {command.program for command in extract(in_posix(line)).commands} <= {"echo", "git"}


@pytest.mark.parametrize("line", ["cat x | source", "cat x | .", "builtin source <x"])
def test_what_is_sourced_from_a_pipe_is_what_a_shell_reads(line):
    """As `sh` would."""
    assert "sh" in {command.program for command in extract(in_posix(line)).commands}


@pytest.mark.parametrize("line", ["ls -l | wc", "echo \"$x\" $y 'z'", "", "a=b c >d; e && f"])
def test_what_means_the_same_everywhere_is_left_as_it_is(line):
    """So that it need not be judged twice."""
    assert in_posix(line) == line


@pytest.mark.parametrize("part", ["(", "'\\'", '"', '"$(', ">", "1", "and ", "\\x4", "for a"])
def test_hostile_text_takes_no_time(part):
    """Whatever is repeated, and whether or not it ends."""
    assert in_posix(part * (60_000 // len(part)))
