"""What the gate costs who types: a key, an Enter, a loop; beside the same host without it: `gate`.

The host is 0, 20 and 100 ms away from whoever asks it. What the gate adds to an Enter is the time
from the key to the line's output, less the same without any bastion; its aim is 5 ms and one round
trip (p50), 25 ms and one (p99). A key is compared with the plain relay: the same program behind a
terminal that the bastion knows nothing of, so that no gate is there.
"""

import contextlib
import re
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.delay import Delay
from tests.gate.host import PROMPT
from tests.gate.keyboard import Keyboard
from tests.gate.site import UNGATED, Site, gate_site
from tests.servers.sshd import free_port

ROUND_TRIPS = (0.0, 0.02, 0.1)
_AIMS = {"p50": 5.0, "p99": 25.0}
_KEY_AIM, _LOOP_AIM = 1.05, 1.2
_SETTLES = 0.06
# What takes the time must hide nothing by itself: an expansion in an arithmetic one would.
_LOOP = "t=$EPOCHREALTIME; for i in $(seq 1000); do :; done; echo took $t $EPOCHREALTIME o''k"
_LOOPS = 15


@dataclass(frozen=True)
class Line:
    """A way to the host, with or without the gate."""

    name: str
    delay: Delay


async def bench(enters: int, keys: int) -> None:
    """Measure and print; the four figures once more at the end."""
    delays = [Delay(free_port(), round_trip) for round_trip in ROUND_TRIPS]
    lines = [Line(f"gpu-{int(delay.round_trip * 1000)}ms", delay) for delay in delays]
    with tempfile.TemporaryDirectory(prefix="bastion-bench-") as folder:
        for delay in delays:
            await delay.start()
        ports = {line.name: line.delay.port for line in lines}
        async with gate_site(Path(folder), 100, ports=ports) as site:
            for delay in delays:
                delay.leads_to = site.deployment.sshd.port
            added = [await _enters(site, line, enters) for line in lines]
            key, loop = await _keys(site, lines[0], keys), await _loop(site, lines[0])
        for delay in delays:
            await delay.stop()
    print("\nthe four figures (an Enter's: what the gate adds to a round trip, of each host)")
    for name, aim in _AIMS.items():
        told = ", ".join(f"{figures[name]:+.2f}" for figures in added)
        print(f"  Enter {name}: {told} ms (aim {aim:.0f})")
    print(f"  key: {key:.3f} x the plain relay (aim {_KEY_AIM})")
    print(f"  loop: {loop:.2f} x ungated (aim {_LOOP_AIM})", flush=True)


async def _enters(site: Site, line: Line, count: int) -> dict[str, float]:
    """Both in turn, so that a busy moment hits both; milliseconds over the round trip, by share."""
    async with _shell(site, line, UNGATED) as without, _shell(site, line, line.name) as behind:
        took: dict[Keyboard, list[float]] = {without: [], behind: []}
        for number in range(count):
            for terminal, seconds in took.items():
                seconds.append(await _enter(terminal, number, line.delay.round_trip))
    far = line.delay.round_trip * 1000
    print(f"\nEnter on an allowed line, host {far:.0f} ms away ({count} times)")
    added: dict[str, float] = {}
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        plain, gated = (_share(took[terminal], share) * 1000 for terminal in (without, behind))
        aim = _AIMS[name] + far
        mark = "" if gated - plain <= aim else "  !"
        print(
            f"  {name}: {plain:7.2f} ms without, {gated:7.2f} ms with:"
            f" {gated - plain:+7.2f} ms (aim {aim:.0f}){mark}",
            flush=True,
        )
        added[name] = gated - plain - far
    return added


async def _enter(terminal: Keyboard, number: int, round_trip: float) -> float:
    begun = len(terminal.shown)
    text = f"echo a''{number + 7000}b"
    terminal.press(text)
    await terminal.shows(text[-7:], begun)
    await terminal.rests(_SETTLES + round_trip)
    begun = len(terminal.shown)
    terminal.press("\r")
    seconds = await terminal.shows(f"a{number + 7000}b", begun)
    await terminal.shows(PROMPT, begun)
    await terminal.rests(_SETTLES)
    return seconds


async def _keys(site: Site, line: Line, count: int) -> float:
    """The echo of keys, at a shell's prompt and in a terminal that the host makes itself."""
    took: dict[str, list[float]] = {}
    async with (
        _shell(site, line, UNGATED) as without,
        _shell(site, line, line.name) as behind,
        _own_terminal(site, line, UNGATED) as plain_without,
        _own_terminal(site, line, line.name) as plain,
    ):
        terminals = {
            "shell, without": without,
            "shell, gate": behind,
            "own terminal, without": plain_without,
            "own terminal, relay": plain,
        }
        for _ in range(count):
            for name, terminal in terminals.items():
                took.setdefault(name, []).append(await _echo(terminal))
    medians = {name: statistics.median(seconds) * 1000 for name, seconds in took.items()}
    print(
        f"\nA key's echo, p50 of {count}: "
        + ", ".join(f"{n} {m:.3f} ms" for n, m in medians.items())
    )
    plain_cost = medians["own terminal, relay"] - medians["own terminal, without"]
    ratio = medians["shell, gate"] / (medians["shell, without"] + plain_cost)
    print(f"  the gate over the plain relay: {ratio:.3f} x the time (aim {_KEY_AIM})", flush=True)
    return ratio


async def _echo(terminal: Keyboard) -> float:
    begun = len(terminal.shown)
    terminal.press("x")
    seconds = await terminal.shows("x", begun)
    begun = len(terminal.shown)
    terminal.press("\x7f")
    await terminal.shows("\x08", begun)
    return seconds


async def _loop(site: Site, line: Line) -> float:
    async with _shell(site, line, UNGATED) as without, _shell(site, line, line.name) as behind:
        took: dict[Keyboard, list[float]] = {without: [], behind: []}
        for _ in range(_LOOPS):
            for terminal, seconds in took.items():
                seconds.append(await _looped(terminal))
    plain, gated = (statistics.median(took[terminal]) for terminal in (without, behind))
    print(f"\nfor i in $(seq 1000); do :; done, as the shell measures it ({_LOOPS} times)")
    print(f"  {plain:.2f} ms without, {gated:.2f} ms with: {gated / plain:.2f} x (aim {_LOOP_AIM})")
    return gated / plain


async def _looped(terminal: Keyboard) -> float:
    begun = len(terminal.shown)
    terminal.press(f"{_LOOP}\r")
    await terminal.shows(" ok\r\n", begun)
    await terminal.rests(_SETTLES)
    found = re.search(rb"took ([\d.]+) ([\d.]+) ok", terminal.shown[begun:])
    assert found is not None
    return (float(found[2]) - float(found[1])) * 1000


@contextlib.asynccontextmanager
async def _shell(site: Site, line: Line, way: str) -> AsyncIterator[Keyboard]:
    """Bash at its prompt."""
    arguments = site.arguments(site.account("bash"), way, line.delay.port)
    terminal = Keyboard(["ssh", "-tt", *arguments])
    try:
        await terminal.shows(PROMPT)
        await terminal.rests(0.3)
        yield terminal
    finally:
        terminal.hang_up()


@contextlib.asynccontextmanager
async def _own_terminal(site: Site, line: Line, way: str) -> AsyncIterator[Keyboard]:
    """A program that echoes, on a terminal that no ssh knows of."""
    arguments = site.arguments(site.account("bash"), way, line.delay.port)
    raw = 'stty raw -echo; exec ssh -T "$@"'
    terminal = Keyboard(["sh", "-c", raw, "ssh", *arguments, str(site.host.bin / "terminal")])
    try:
        await terminal.shows("ready")
        await terminal.rests(0.3)
        yield terminal
    finally:
        terminal.hang_up()


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
