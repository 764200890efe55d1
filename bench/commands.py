"""Exit statuses over one connection, and bytes through a command: `python -m bench.commands`.

Everything is checked against what was sent: each status, each output, and the SHA-256 of what the
recording holds of both directions.
"""

import argparse
import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bastion.recording.streams import RecordedStream, recorded_bytes
from tests.servers.deployment import Deployment, deployed, run

_MIB = 1 << 20
_STATUSES = 250  # below those that a shell gives itself


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.commands", description=__doc__)
    parser.add_argument("--commands", type=int, default=300, help="over one ControlMaster")
    parser.add_argument("--at-once", type=int, default=6, help="how many of them at once")
    parser.add_argument("--mib", type=int, default=100, help="random bytes, there and back")
    asyncio.run(bench(parser.parse_args()))


async def bench(options: argparse.Namespace) -> None:
    """Both, on one bastion."""
    with tempfile.TemporaryDirectory(prefix="bastion-bench-") as folder:
        async with deployed(Path(folder) / "bastion", is_installed=True) as deployment:
            begun = time.perf_counter()
            right = await _statuses(deployment, options.commands, options.at_once)
            seconds = time.perf_counter() - begun
            print(f"exit statuses: {right} of {options.commands} right, {seconds:.1f} s")
            await _bytes(deployment, options.mib * _MIB)


async def _statuses(deployment: Deployment, commands: int, at_once: int) -> int:
    """How many commands came back with their own status and output."""
    control = ("-o", f"ControlPath={deployment.folder}/c", "-o", "ControlPersist=60")
    await deployment.ssh("-o", "ControlMaster=yes", *control, "-fN", "gpu-01")
    limit = asyncio.Semaphore(at_once)

    async def is_right(number: int) -> bool:
        status = number % _STATUSES
        async with limit:
            ran = await deployment.ssh(*control, "gpu-01", f"echo {number}; exit {status}")
        return (ran.status, ran.out) == (status, b"%d\n" % number)

    right = sum(await asyncio.gather(*map(is_right, range(commands))))
    await deployment.ssh(*control, "-O", "exit", "gpu-01")
    return right


async def _bytes(deployment: Deployment, size: int) -> None:
    data = os.urandom(size)
    begun = time.perf_counter()
    command = ("ssh", *deployment.options(), "gpu-01", "cat")
    ran = await run(*command, input_=data, seconds=600)
    seconds = time.perf_counter() - begun
    sent = _sha256([data])
    session = await deployment.newest()
    path = deployment.state.recordings / session.recording
    hashes = {"came back": _sha256([ran.out])}
    for stream in (RecordedStream.STDIN, RecordedStream.STDOUT):
        hashes[f"recorded {stream}"] = _sha256(recorded_bytes(path, stream))
    print(f"{size // _MIB} MiB there and back: {seconds:.1f} s")
    for name, found in hashes.items():
        print(f"  {name}: {'equal' if found == sent else 'DIFFERENT'}")


def _sha256(pieces: Iterable[bytes]) -> str:
    hashed = hashlib.sha256()
    for piece in pieces:
        hashed.update(piece)
    return hashed.hexdigest()


if __name__ == "__main__":
    main()
