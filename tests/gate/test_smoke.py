"""A dozen of the gate's scenarios in bash, two in fish, for every run; the rest: `-m gate`."""

import os
import select
import subprocess
from pathlib import Path

from tests.gate.host import Host
from tests.gate.matrix import runs
from tests.gate.record import Result
from tests.gate.scenario import Scenario, scenarios

EXPECTED = {
    "plain": Result.BLOCKED,
    "Up": Result.BLOCKED,
    "!!": Result.BLOCKED,
    "Ctrl-R": Result.BLOCKED,
    "Tab": Result.BLOCKED,
    "backslash at the end": Result.BLOCKED,
    "Enter in the same chunk": Result.BLOCKED,
    "alias of the rc file": Result.BLOCKED,
    "function of the rc file": Result.BLOCKED,
    "bracketed paste of lines": Result.BLOCKED,
    "echo danger (harmless)": Result.ALLOWED,
    "a file called danger (harmless)": Result.ALLOWED,
}


async def test_a_dozen_scenarios(site):
    """What is typed, recalled, completed or pasted is stopped; what is harmless runs."""
    chosen = [scenario for scenario in scenarios() if scenario.name in EXPECTED]
    found = await runs(site, chosen, "bash", "guardrail", at_once=3)
    assert {name: run.result for name, run in found.items()} == EXPECTED, {
        name: run.record.lines() for name, run in found.items() if run.result != EXPECTED[name]
    }


async def test_a_shell_that_asks_for_lines_alone(site):
    """Fish in `protected`: somebody approves that it is opened, and its lines are asked for.

    They are judged as fish reads them, too.
    """
    own = Scenario("own grammar", "fish", ("and echo (d\\x61nger ID)", "\r"))
    names = {"plain", "alias of the rc file", own.name}
    chosen = [*(scenario for scenario in scenarios() if scenario.name in names), own]
    found = await runs(site, chosen, "fish", "protected", at_once=2)
    assert {name: run.result for name, run in found.items()} == dict.fromkeys(names, Result.BLOCKED)
    doors = [line for run in found.values() for line in run.record.lines() if "door" in line]
    assert len(doors) == len(names)


def test_the_terminal_of_the_bench_ends_with_who_typed_there(tmp_path):
    """However that ends: nothing of it is left running."""
    host = Host(tmp_path / "host")
    host.prepare(0)
    command = [str(host.bin / "terminal")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout.readline() == b"ready\n"
        started.stdin.write(b"x")
        started.stdin.flush()
        assert started.stdout.read(1) == b"x"  # the echo of what it has started
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text()
        (child,) = map(int, children.split())
        watched = os.pidfd_open(child)
        started.stdin.close()
        assert started.wait(20) == 0
    assert select.select([watched], [], [], 20)[0]
    os.close(watched)
