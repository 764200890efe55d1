"""From a lock to the end of the sessions that it meets: `python -m bench.locks`.

Real ssh clients have shells open on two bastion processes of one state directory; then one lock is
set, as the command line does it, and each client's end is timed from the moment before it is set.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bastion.chain import load_signer
from bastion.clock import SystemClock
from bastion.ids import new_id
from bastion.locks.change import set_lock
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store
from tests.servers.deployment import ACCOUNT, Deployment, deployed

_AT_ONCE = 4  # sessions that are being opened
_READY = b"ready"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.locks", description=__doc__)
    parser.add_argument("--sessions", type=int, default=100, help="over both processes")
    parser.add_argument("--rounds", type=int, default=3, help="how often")
    asyncio.run(bench(parser.parse_args()))


async def bench(options: argparse.Namespace) -> None:
    """As many rounds as asked for, each with a state of its own."""
    print(f"lock to end of session, {options.sessions} sessions on two processes")
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="bastion-bench-") as folder:
            seconds = sorted(await _round(Path(folder), options.sessions))
        p50, p99 = statistics.median(seconds), seconds[int(len(seconds) * 0.99) - 1]
        print(f"  round {number + 1}: p50 {p50:.3f} s  p99 {p99:.3f} s  max {seconds[-1]:.3f} s")


async def _round(folder: Path, sessions: int) -> list[float]:
    """How long after the lock each session's client ended."""
    async with deployed(folder / "one", is_installed=True) as one:
        two = one.twin(folder / "two")
        await two.start()
        try:
            clients = await _open(one, two, sessions)
            begun = time.perf_counter()
            ends = [asyncio.create_task(_end(client)) for client in clients]
            await asyncio.to_thread(_lock, one)
            return [end - begun for end in await asyncio.gather(*ends)]
        finally:
            await two.stop()


async def _open(
    one: Deployment, two: Deployment, sessions: int
) -> list[asyncio.subprocess.Process]:
    """Clients with a shell, half of them on each process."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def opened(number: int) -> asyncio.subprocess.Process:
        async with room:
            return await _client((one, two)[number % 2])

    return list(await asyncio.gather(*map(opened, range(sessions))))


async def _client(deployment: Deployment) -> asyncio.subprocess.Process:
    arguments = (*deployment.options(), "-tt", f"{ACCOUNT}@gpu-01@bastion")
    client = await asyncio.create_subprocess_exec(
        *("ssh", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(b"echo rea''dy\n")
    await client.stdout.readuntil(_READY)
    return client


async def _end(client: asyncio.subprocess.Process) -> float:
    """When the client has ended; it has shown why."""
    assert client.stdout is not None
    shown = await client.stdout.read()
    at = time.perf_counter()
    assert b"[locked]" in shown, shown
    await client.wait()
    return at


def _lock(deployment: Deployment) -> None:
    clock, state = SystemClock(), deployment.state
    store = open_store(state.database)
    lock = Lock(new_id(clock), "user", "engineer", "bench", clock.now(), "local:bench")
    set_lock(store, lock, load_signer(state.record_key))
    store.close()


if __name__ == "__main__":
    main()
