"""The processes that tests start: run to their end, or ended."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest


@dataclass
class Ran:
    """How a program ended."""

    status: int
    out: bytes
    err: bytes


class Process(Protocol):
    """What `asyncio.subprocess.Process` has, and `tests.servers.program.Started`."""

    @property
    def returncode(self) -> int | None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    async def communicate(self, input: bytes | None = None) -> tuple[bytes, bytes]: ...  # noqa: A002  asyncio's name


async def ended(process: Process | None) -> None:
    """End *process*, where it runs, and wait until it has."""
    if process is not None and process.returncode is None:
        process.terminate()
        await process.communicate()


async def run(
    *command: str | Path,
    input_: bytes | None = None,
    seconds: float = 60,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Ran:
    """Run *command* to its end, in this process's environment and folder where none is given."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL if input_ is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        cwd=folder,
    )
    return await finished(process, str(command), input_, seconds)


async def finished(process: Process, name: str, input_: bytes | None, seconds: float) -> Ran:
    """How *process* ends; the test fails where it does not in time."""
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate(input_)
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        pytest.fail(f"{name} did not end: {out[-500:]!r} {err[-800:]!r}")
    return Ran(process.returncode or 0, out, err)
