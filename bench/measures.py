"""What is measured on one way, in seconds or bytes a second."""

import os
import subprocess
import time
from pathlib import Path

import ptyprocess

_PROMPT = b"bench$ "
_SHELL = "PS1='bench$ ' TERM=xterm exec bash --norc --noprofile -i"


def connect(arguments: tuple[str, ...]) -> float:
    """Seconds from starting ssh to the end of `true` on the host."""
    begun = time.perf_counter()
    subprocess.run(["ssh", *arguments, "true"], check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - begun


def echoes(arguments: tuple[str, ...], keys: int) -> list[float]:
    """Seconds from each of *keys* keystrokes at a prompt to its echo."""
    terminal = ptyprocess.PtyProcess.spawn(["ssh", "-tt", *arguments, _SHELL])
    try:
        _read_until(terminal, _PROMPT)
        return [_echo(terminal) for _ in range(keys)]
    finally:
        terminal.close(force=True)


def _echo(terminal: ptyprocess.PtyProcess) -> float:
    begun = time.perf_counter()
    terminal.write(b"x")
    _read_until(terminal, b"x")
    seconds = time.perf_counter() - begun
    terminal.write(b"\x7f")
    _read_until(terminal, b"\x08")
    return seconds


def _read_until(terminal: ptyprocess.PtyProcess, needle: bytes) -> None:
    seen = b""
    while needle not in seen:
        seen += terminal.read(4096)


def throughput(arguments: tuple[str, ...], data: Path) -> float:
    """Bytes a second of the file *data*, printed by the host and read here."""
    begun = time.perf_counter()
    with subprocess.Popen(
        ["ssh", *arguments, f"cat {data}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        total = 0
        while chunk := os.read(process.stdout.fileno(), 1 << 20):
            total += len(chunk)
    assert total == data.stat().st_size, "bytes are missing"
    return total / (time.perf_counter() - begun)
