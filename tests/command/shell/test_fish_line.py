"""What a line of fish says, in the grammar that is read."""

import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from bastion.command.extract import extract
from bastion.command.shell.fish_line import in_posix
from bastion.command.state import ShellState
from tests.command.shell.fish_lines import HIDDEN, RUNS_DANGER, TOKENS
from tests.servers.installed import require

FISH = ShellState(is_certain=False)
_CHANGED = 120
_WAYS = ("{a}; {b}", "begin; {a}; end; {b}", "echo ({a}); {b}", 'echo "$({a})" {b}', "{a} #{b}")


def read(line):
    return extract(in_posix(line), FISH)


@pytest.mark.parametrize("line", RUNS_DANGER)
def test_what_fish_runs_is_seen(line):
    """Every way in which fish writes a command other than the shells that are read."""
    assert "danger" in {command.program for command in read(line).commands}


def test_whatever_runs_in_fish_is_seen(tmp_path):
    """Of these lines, and of others made of them: fish itself says what runs."""
    danger = tmp_path / "danger"
    danger.write_text("#!/bin/sh\n>>$RAN\n")
    danger.chmod(0o755)
    lines = [*RUNS_DANGER, *_changed()]
    with ThreadPoolExecutor(2) as pool:
        has_run = list(pool.map(lambda n: _runs(lines[n], tmp_path, n), range(len(lines))))
    ran = [line for line, runs in zip(lines, has_run, strict=True) if runs]
    assert set(RUNS_DANGER) <= set(ran)
    assert len(ran) > len(RUNS_DANGER) + 10
    silent = [line for line in ran if not _is_seen(line)]
    assert not silent


def _changed():
    chance = random.Random(0)  # noqa: S311  the same lines in every run
    for _ in range(_CHANGED):
        line = chance.choice(_WAYS).format(
            a=chance.choice(RUNS_DANGER), b=chance.choice(RUNS_DANGER)
        )
        at = chance.randrange(len(line))
        yield line[:at] + chance.choice(TOKENS) + line[at:]


def _runs(line, folder, number):
    mark = folder / str(number)
    env = {"HOME": str(folder), "PATH": f"{folder}:/usr/bin:/bin", "RAN": str(mark)}
    fish = [require("fish", "fish"), "-N", "-c", line]
    quiet = subprocess.DEVNULL
    subprocess.run(fish, env=env, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet, check=False)
    return mark.exists()


def _is_seen(line):
    reading = read(line)
    return "danger" in {command.program for command in reading.commands} or bool(reading.opaque)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("set -p PATH /d", "PATH"),
        ("set --append PATH /d", "PATH"),
        ("set -gx PATH /d $PATH", "PATH"),
        ("set -gxp LD_PRELOAD /d/x.so", "LD_PRELOAD"),
        ("set -x LD_PRELOAD /d/x.so /d/y.so", "LD_PRELOAD"),
        ("set -U fish_user_paths /d", "PATH"),
        ("fish_add_path --move /d", "PATH"),
    ],
)
def test_what_is_put_into_a_variable_is_seen(line, name):
    """Before or behind what is there, too; other programs get it."""
    assert re.search(rf"(^|; )(export )?{name}=\(?/d", in_posix(line))


@pytest.mark.parametrize("line", HIDDEN)
def test_what_nobody_can_know_is_said_to_be_unknown(line):
    """It may be anything."""
    assert read(line).opaque in {"dynamic-command", "unparsable"}


@pytest.mark.parametrize(
    "line",
    [
        "echo '(danger 1)' \"(danger 1)\"",
        "echo 'it\\'s; danger 1'",
        "git commit -m 'end; and danger 1'",
        "echo \\(danger 1\\)",
        "echo hi # (danger 1)",
        "echo a[1; danger 1]",
        "echo {a, danger 1}",
        "echo `; echo danger",
        "echo '; for x in danger'",
    ],
)
def test_what_is_quoted_stays_quoted(line):
    """Text is no command."""
    reading = read(line)
    assert {command.program for command in reading.commands} <= {"echo", "git"}
    assert not reading.opaque


@pytest.mark.parametrize(
    ("line", "programs"),
    [
        ("if test -f x; make; else if a; b; else; c; end", ["test", "make", "a", "b", "c"]),
        ("for f in (ls); wc $f; end | sort", ["ls", "wc", "sort"]),
        ("while not test -f x; sleep 1; end >log", ["test", "sleep", ""]),
        (
            "switch (uname); case Linux 'B*'; a; case '*'; b; end",
            [":", "uname", ":", "a", ":", "b"],
        ),
        ("function f -a x; g $x; end", [":", "g"]),
        ("begin\n  a\n\n  b &\nend; and c", ["a", "b", "c"]),
        ("begin; end; for x in 1; end", [":", ":"]),
        ("test (count $x[1]) -gt 0; or echo $$y", ["test", "count", "echo"]),
        ("fish -c 'a; and b (c)'", ["fish", "a", "b", "c"]),
    ],
)
def test_what_fish_writes_in_its_own_way_is_read(line, programs):
    """Nobody need approve a block because it is one."""
    reading = read(line)
    assert sorted(command.program for command in reading.commands) == sorted(programs)
    assert not reading.opaque


def test_what_variables_have_is_known():
    """Also as something else may have been set meanwhile, it is one of several."""
    for line in ("set -gx x /usr; rm $x", "for x in a /usr; rm $x; end"):
        removed = {c.words[1].text for c in read(line).commands if c.program == "rm"}
        assert removed > {"/usr"}, line


@pytest.mark.parametrize("line", ["cat x | source", "cat x | .", "builtin source <x"])
def test_what_is_sourced_from_a_pipe_is_what_a_shell_reads(line):
    """As `sh` would, and as one of which nobody knows the grammar."""
    assert {"sh", "fish"} <= {command.program for command in read(line).commands}


@pytest.mark.parametrize("line", ["ls -l | wc", "echo \"$x\" $y 'z'", "", "a=b c >d; e && f"])
def test_what_means_the_same_everywhere_is_left_as_it_is(line):
    """So that it need not be judged twice."""
    assert in_posix(line) == line


@pytest.mark.parametrize(
    "part",
    [
        "(",
        "'\\'",
        '"',
        '"$(',
        ">",
        "1",
        "and ",
        "\\x4",
        "for a",
        "{",
        "a[",
        "begin;",
        "eval '",
        "$x[",
    ],
)
def test_hostile_text_takes_no_time(part):
    """Whatever is repeated, and whether or not it ends."""
    assert in_posix(part * (60_000 // len(part)))
