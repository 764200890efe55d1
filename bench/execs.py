"""Many commands at once over one connection (ControlMaster), each checked by output and status."""

import subprocess
import time
from pathlib import Path

from bench.ways import Way

_SECONDS = 120  # then something hangs
_STATUSES = 250  # below those that a shell gives itself


def at_once(way: Way, commands: int, socket: Path) -> float:
    """Commands a second, from the start of the first client to the end of the last."""
    control = ("-o", f"ControlPath={socket}")
    _ssh(*control, "-o", "ControlMaster=yes", "-o", "ControlPersist=60", "-fN", *way.arguments)
    try:
        begun = time.perf_counter()
        clients = [_start(control, way, number) for number in range(commands)]
        ends = [(client.communicate(timeout=_SECONDS)[0], client.returncode) for client in clients]
        seconds = time.perf_counter() - begun
    finally:
        _ssh(*control, "-O", "exit", *way.arguments)
    assert ends == [(b"%d\n" % n, n % _STATUSES) for n in range(commands)], ends
    return commands / seconds


def _start(control: tuple[str, ...], way: Way, number: int) -> subprocess.Popen[bytes]:
    command = f"echo {number}; exit {number % _STATUSES}"
    return subprocess.Popen(
        ["ssh", *control, *way.arguments, command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )


def _ssh(*arguments: str) -> None:
    subprocess.run(["ssh", *arguments], check=True, stderr=subprocess.DEVNULL)
