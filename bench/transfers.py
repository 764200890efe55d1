"""Files there and back by the real sftp, scp and rsync: one big one, and a folder of small ones.

What always holds: only the client is timed, from its start to its end; afterwards what arrived is
compared with what was sent.
"""

import filecmp
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Measure
from bench.ways import Way

_MIB = 1 << 20
_SMALL_BYTES = 4096

Client = Callable[[Way, Path, Path], None]
"""Carries what is at the first path to the second, one of which is on the host."""


def transfers(
    folder: Path, data: Path, files: int, *, folders_by_rsync: bool = True
) -> Iterator[Measure]:
    """Every client with *data*, and those that differ with a folder of *files* files."""
    size = data.stat().st_size / _MIB
    for name, client in _BIG.items():
        timed = _timed(client, data, folder, size)
        yield Measure(f"{name} ({size:.0f} MiB)", "MiB/s", timed, has_direct=False)
    small = folder / "small"
    _write_small(small, files)
    for name, client in _SMALL.items():
        if folders_by_rsync or not name.startswith("rsync"):
            timed = _timed(client, small, folder, files)
            title = f"{name} ({files} files of {_SMALL_BYTES} bytes)"
            yield Measure(title, "files/s", timed, has_direct=False)


def _timed(client: Client, source: Path, folder: Path, amount: float) -> Callable[[Way], float]:
    def measure(way: Way) -> float:
        target = folder / "arrived"
        begun = time.perf_counter()
        client(way, source, target)
        seconds = time.perf_counter() - begun
        _check(source, target)
        return amount / seconds

    return measure


def _check(source: Path, target: Path) -> None:
    """Let go of what arrived, once it is seen to be right."""
    if source.is_file():
        assert filecmp.cmp(source, target, shallow=False), "what arrived differs"
        target.unlink()
        return
    names = sorted(path.name for path in source.iterdir())
    assert sorted(path.name for path in target.iterdir()) == names, "files are missing"
    _, different, unread = filecmp.cmpfiles(source, target, names, shallow=False)
    assert not different, different
    assert not unread, unread
    shutil.rmtree(target)


def _write_small(folder: Path, files: int) -> None:
    folder.mkdir()
    for number in range(files):
        (folder / f"{number:05}.bin").write_bytes(os.urandom(_SMALL_BYTES))


def _run(*command: str, lines: str = "") -> None:
    subprocess.run(command, input=lines.encode(), stdout=subprocess.DEVNULL, check=True)


def _sftp(verb: str) -> Client:
    def client(way: Way, source: Path, target: Path) -> None:
        _run("sftp", "-qb", "-", *way.arguments, lines=f"{verb} {source} {target}\n")

    return client


def _scp_get(*flags: str) -> Client:
    def client(way: Way, source: Path, target: Path) -> None:
        _run("scp", "-q", *flags, *way.options, f"{way.host}:{source}", str(target))

    return client


def _scp_put(*flags: str) -> Client:
    def client(way: Way, source: Path, target: Path) -> None:
        _run("scp", "-q", *flags, *way.options, str(source), f"{way.host}:{target}")

    return client


def _rsync(*, is_put: bool) -> Client:
    def client(way: Way, source: Path, target: Path) -> None:
        shell = shlex.join(["ssh", *way.options])
        here, there = ("", f"{way.host}:") if is_put else (f"{way.host}:", "")
        inside = "/" if source.is_dir() else ""
        _run("rsync", "-rW", "-e", shell, f"{here}{source}{inside}", f"{there}{target}")

    return client


_BIG = {
    "sftp get": _sftp("get"),
    "sftp put": _sftp("put"),
    "scp get": _scp_get(),
    "scp put": _scp_put(),
    "scp -O get": _scp_get("-O"),
    "scp -O put": _scp_put("-O"),
    "rsync get": _rsync(is_put=False),
    "rsync put": _rsync(is_put=True),
}
_SMALL = {  # scp -r speaks as sftp does
    "sftp get -r": _sftp("get -r"),
    "sftp put -r": _sftp("put -r"),
    "rsync -r get": _rsync(is_put=False),
    "rsync -r put": _rsync(is_put=True),
}
