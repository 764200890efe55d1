"""Other people's sessions while the bastion is abused, and how much memory it takes: `abuse`.

Strangers (bench/strangers.py) come by the thousand from many addresses; engineers read a large
stream slowly, announce windows of 4 GiB and read nothing, or send to a host that reads nothing.
Meanwhile somebody else types. The memory is the highest of the bastion's process since its start.
"""

import asyncio
import contextlib
import re
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncssh
import ptyprocess

from bench.strangers import ATTACKS
from tests.servers.deployment import ACCOUNT, Deployment, deployed

_MIB = 1 << 20
_PAUSE_SECONDS = 0.01  # between two keys: a hundred a second, faster than anybody types
_QUIET_SECONDS = 5  # some hundred keys for the line that the others are compared with
_STILL_SECONDS = 15  # several times what it takes until every buffer on the way is full
_SLOW_BYTES, _SLOW_SECONDS = 2 * _MIB // 10, 0.1  # a tenth of 2 MB, ten times a second
_HOST_SLEEPS = f"sleep {4 * _STILL_SECONDS}"  # a program that reads nothing, and outlasts us
_HUGE_WINDOW = 0xFFFFFFFF
_SHELL = "PS1='bench$ ' TERM=xterm exec bash --norc --noprofile -i"
_PROMPT = b"bench$ "


async def bench(connections: int, mebibytes: int, readers: int) -> None:
    """Every kind of abuse in turn; *connections* are shared among the strangers' kinds."""
    with tempfile.TemporaryDirectory(prefix="bastion-bench-") as folder:
        async with deployed(Path(folder) / "bastion", is_installed=True) as deployment:
            typist = Typist(deployment.options())
            print(f"{'':34}echo p50    p99    max ms   keys   bastion's memory, highest so far")
            try:
                await _measured("nobody else", typist, deployment, asyncio.sleep(_QUIET_SECONDS))
                for kind in ATTACKS:
                    share = connections // len(ATTACKS)
                    attack = _strangers(deployment, kind, share)
                    await _measured(f"{share} {kind}", typist, deployment, attack)
                await _engineers(deployment, typist, mebibytes, readers)
            finally:
                typist.stop()


async def _engineers(
    deployment: Deployment, typist: "Typist", mebibytes: int, readers: int
) -> None:
    stream = f"head -c {mebibytes * _MIB} /dev/zero"
    kinds: dict[str, Callable[[], object]] = {
        f"{readers} readers of 2 MB/s, {mebibytes} MiB": lambda: _slow(deployment, stream),
        f"{readers} windows of 4 GiB, unread": lambda: _unread(deployment, stream),
        f"{readers} senders to a deaf host": lambda: _deaf(deployment, mebibytes),
    }
    for title, made in kinds.items():
        together = asyncio.gather(*(made() for _ in range(readers)))
        await _measured(title, typist, deployment, together)


async def _measured(title: str, typist: "Typist", deployment: Deployment, abuse: object) -> None:
    typist.taken()
    begun = time.perf_counter()
    await abuse
    seconds = time.perf_counter() - begun
    taken = sorted(typist.taken())
    p50, p99 = (taken[int(len(taken) * share)] * 1000 for share in (0.5, 0.99))
    print(
        f"{title:<34} {p50:7.1f} {p99:6.1f} {taken[-1] * 1000:6.1f} {len(taken):8}"
        f"   {memory(deployment, 'VmHWM'):.0f} MiB   (now {memory(deployment, 'VmRSS'):.0f}; "
        f"{seconds:.0f} s)",
        flush=True,
    )


def memory(deployment: Deployment, what: str) -> float:
    """MiB of the bastion's process, as Linux says."""
    assert deployment.process is not None
    status = Path(f"/proc/{deployment.process.pid}/status").read_text()
    found = re.search(rf"{what}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


async def _strangers(deployment: Deployment, kind: str, count: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.strangers"), str(deployment.ssh_port), kind, str(count)
    )
    assert await process.wait() == 0


@contextlib.asynccontextmanager
async def _connected(deployment: Deployment) -> AsyncIterator[asyncssh.SSHClientConnection]:
    key = deployment.certify()
    async with asyncssh.connect(
        "127.0.0.1",
        deployment.ssh_port,
        username=f"{ACCOUNT}@gpu-01",
        client_keys=[(str(key), f"{key}-cert.pub")],
        known_hosts=None,
        config=None,
        agent_path=None,
    ) as connection:
        yield connection


async def _slow(deployment: Deployment, stream: str) -> None:
    """The real ssh, read at 2 MB/s."""
    process = await asyncio.create_subprocess_exec(
        *("ssh", *deployment.options(), "gpu-01", stream),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=_SLOW_BYTES,
    )
    assert process.stdout is not None
    while await process.stdout.read(_SLOW_BYTES):  # noqa: ASYNC110  it is slow on purpose
        await asyncio.sleep(_SLOW_SECONDS)
    assert await process.wait() == 0


async def _unread(deployment: Deployment, stream: str) -> None:
    """A window of 4 GiB, and then the client reads no byte from the socket."""
    async with _connected(deployment) as connection:
        await connection.create_session(
            asyncssh.SSHClientSession, stream, encoding=None, window=_HUGE_WINDOW
        )
        connection._transport.pause_reading()  # noqa: SLF001  a client that stands still
        await asyncio.sleep(_STILL_SECONDS)
        connection.abort()


async def _deaf(deployment: Deployment, mebibytes: int) -> None:
    """As much as the bastion takes, to a program that reads nothing."""
    async with _connected(deployment) as connection:
        process = await connection.create_process(_HOST_SLEEPS, encoding=None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STILL_SECONDS):
                for _ in range(mebibytes):
                    process.stdin.write(bytes(_MIB))
                    await process.stdin.drain()
        connection.abort()


class Typist:
    """Somebody who types at a shell of their own all the while."""

    def __init__(self, options: list[str]) -> None:
        self._terminal = ptyprocess.PtyProcess.spawn(["ssh", "-tt", *options, "gpu-01", _SHELL])
        self._read_until(_PROMPT)
        self._seconds: list[float] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._type, daemon=True)
        self._thread.start()

    def taken(self) -> list[float]:
        """Seconds from key to echo, of the keys since the last call."""
        taken, self._seconds = self._seconds, []
        return taken

    def stop(self) -> None:
        """Type no more."""
        self._is_over.set()
        self._thread.join()
        self._terminal.close(force=True)

    def _type(self) -> None:
        while not self._is_over.wait(_PAUSE_SECONDS):
            begun = time.perf_counter()
            self._terminal.write(b"x")
            self._read_until(b"x")
            self._seconds.append(time.perf_counter() - begun)
            self._terminal.write(b"\x7f")
            self._read_until(b"\x08")

    def _read_until(self, needle: bytes) -> None:
        seen = b""
        while needle not in seen:
            seen += self._terminal.read(4096)
