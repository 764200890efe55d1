"""Keeps what a living process measures where an operator can look: a file in the state folder.

What always holds: a file is there whole or not at all, and goes with its process; those of
processes that were killed are told apart by their age. What it does not do: measure
(`bastion.relay.latency`), or tell anybody over the network.
"""

import os
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bastion.clock import Clock
from bastion.errors import reason
from bastion.relay.latency import Latency, Shares


class Report(BaseModel):
    """What one process wrote.

    Attributes:
        at: Unix seconds.
        latency: what lines waited, by who read them.
    """

    model_config = ConfigDict(frozen=True)

    process: int
    at: float
    latency: dict[str, Shares]


class Measured:
    """The file of this process."""

    def __init__(self, folder: Path, latency: Latency, clock: Clock) -> None:
        self._folder, self._latency, self._clock = folder, latency, clock
        self._path = folder / f"{os.getpid()}.json"

    async def write(self) -> None:
        """Write what was measured so far, if anything was."""
        shares = self._latency.shares()
        if not shares:
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        told = Report(process=os.getpid(), at=self._clock.now(), latency=dict(shares))
        new = self._path.with_suffix(".new")
        new.write_text(told.model_dump_json())
        new.replace(self._path)

    def remove(self) -> None:
        """The process ends."""
        self._path.unlink(missing_ok=True)


def reports(folder: Path, complain: Callable[[str], None]) -> list[Report]:
    """What the processes wrote, the newest first; *complain* is told of a file that is none."""
    found = []
    for path in _files(folder, complain):
        try:
            found.append(Report.model_validate_json(path.read_bytes()))
        except OSError as error:
            complain(f"{path}: {reason(error)}")
        except ValueError:
            complain(f"{path}: is no report of a bastion")
    return sorted(found, key=lambda report: report.at, reverse=True)


def _files(folder: Path, complain: Callable[[str], None]) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix == ".json"]
    except FileNotFoundError:
        return []  # no process has measured anything yet
    except OSError as error:
        complain(f"{folder}: {reason(error)}; run it as the bastion's user")
        return []
