"""A real bash on a real terminal behind a gate, with a judge that is played."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import ptyprocess

from bastion.relay.gate import Gate
from bastion.relay.latency import Latency
from bastion.relay.line import Line
from bastion.relay.ruling import Ruling
from bastion.relay.witness import Witness
from tests.servers.waiting import until

PROMPT = "gate-test$ "


class Shell:
    """bash on a terminal; what it prints goes to the gate and is kept."""

    def __init__(self, cols: int = 80) -> None:
        environment = {
            "PS1": PROMPT,
            "TERM": "xterm",
            "PATH": os.environ["PATH"],
            "INPUTRC": "/dev/null",
            "HISTFILE": "/dev/null",
        }
        self._pty = ptyprocess.PtyProcess.spawn(
            ["bash", "--norc", "--noprofile"], env=environment, dimensions=(24, cols)
        )
        self._more = asyncio.Event()
        self.shown = b""
        self.sent: list[bytes] = []
        self.hidden: list[bool] = []
        self.held: set[str] = set()
        self.listen: Callable[[bytes], None] = lambda _: None
        asyncio.get_running_loop().add_reader(self._pty.fd, self._read)

    @property
    def fd(self) -> int:
        return self._pty.fd

    def keys(self, data: bytes, *, hidden: bool) -> None:
        self.sent.append(data)
        self.hidden.append(hidden)
        os.write(self._pty.fd, data)

    def hold_user(self, why: str, *, on: bool) -> None:
        (self.held.add if on else self.held.discard)(why)

    async def shows(self, text: str, count: int = 1) -> None:
        """Wait until *text* was printed *count* times."""
        while self.shown.count(text.encode()) < count:
            self._more.clear()
            await self._more.wait()

    async def is_reading(self) -> None:
        """Wait until bash has done with what it was sent: a ^C in the midst costs it its prompt."""
        stat = Path(f"/proc/{self._pty.pid}/stat")
        await until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "S")

    def _read(self) -> None:
        try:
            data = os.read(self._pty.fd, 65536)
        except OSError:
            asyncio.get_running_loop().remove_reader(self._pty.fd)
            return
        self.shown += data
        self.listen(data)
        self._more.set()

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pty.fd)
        self._pty.close(force=True)


class Judge:
    """Rules on lines by looking for a word; waits where it is told to."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.marks: list[str] = []
        self.foreseen: list[str] = []
        self.release = asyncio.Event()
        self.release.set()
        self.is_asked = asyncio.Event()
        self.finished = 0
        self.taken_back: Line | None = None
        self.unverified_lines: list[str] = []
        self.is_unverified = asyncio.Event()
        self.breaks: Exception | None = None
        self.failure: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    async def rule(self, line: Line) -> Ruling:
        if self.breaks:
            raise self.breaks
        self.lines.append(line)
        self.is_asked.set()
        await self.release.wait()
        is_dangerous = any("danger" in text for text in (line.text, *line.others))
        return Ruling(
            is_released=not is_dangerous and line is not self.taken_back, afterwards=self._finish
        )

    async def _finish(self) -> None:
        self.finished += 1

    def foresee(self, text: str) -> None:
        self.foreseen.append(text)

    def cancel(self) -> bool:
        """Take back what waits for a person."""
        if self.release.is_set():
            return False
        self.taken_back = self.lines[-1]
        self.release.set()
        return True

    def mark(self, label: str) -> None:
        self.marks.append(label)

    async def stopped(self, text: str, rule: str, why: str) -> None:
        """Only a shell that speaks can hide a line."""

    def unasked(self, text: str, directory: str) -> None:
        """Only a shell that speaks can be seen not to."""

    def dropped(self, text: str) -> None:
        """Only a shell that speaks can be seen to drop a line by itself."""

    def warn(self, sentence: str) -> None:
        """Only a shell that speaks can fall silent."""

    def failed(self, error: Exception) -> None:
        self.failure.set_result(error)

    def unverified(self, text: str) -> None:
        self.unverified_lines.append(text)
        self.is_unverified.set()


class Bench:
    """A shell, a judge and the gate between them."""

    def __init__(self) -> None:
        self.shell, self.judge = Shell(), Judge()
        self.latency = Latency()
        self.gate = Gate(Witness(80, 24), self.shell, self.judge, self.latency)
        self.shell.listen = self.gate.output
