"""A shell witness with everything around it played: the screen, the judge and the shell itself."""

import asyncio
from dataclasses import replace

from bastion.command.shell.questions import Answer, Kind, Question
from bastion.relay.asking import Ways
from bastion.relay.latency import Latency
from bastion.relay.line import Line
from bastion.relay.ruling import Ruling
from bastion.relay.shell_witness import ShellWitness
from bastion.relay.witness import Witness
from tests.servers.waiting import turn

SHELL, OTHER = 41, 99
PROMPT = b"story$ "


class Asked:
    """Rules by a word; keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.marks: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.foreseen: list[str] = []
        self.is_asked, self.is_told = asyncio.Event(), asyncio.Event()
        self.release = asyncio.Event()
        self.release.set()
        self.finished = 0

    async def rule(self, line: Line) -> Ruling:
        if "broken" in line.text:
            raise ValueError(line.text)
        self.lines.append(line)
        self.is_asked.set()
        await self.release.wait()
        said = (line.text, *line.others)
        return Ruling(
            is_released=not any("danger" in text for text in said),
            afterwards=self._finish,
            is_opaque="opaque" in line.text,
            was_held="held" in line.text,
            approved=frozenset({"reset 0"}) if "held" in line.text else frozenset(),
            drop=self._drop,
        )

    async def enters(self, cause: str) -> bool:
        self.marks.append(f"no-integration: {cause}")
        self.is_asked.set()
        await self.release.wait()
        return "denied" not in cause

    def foresee(self, text: str) -> None:
        self.foreseen.append(text)

    def cancel(self) -> bool:
        return False

    def mark(self, label: str) -> None:
        self.marks.append(label)

    async def stopped(self, text: str, rule: str, why: str) -> None:
        assert why
        self.told.append((rule, text))

    def unasked(self, text: str, directory: str) -> None:
        self.told.append(("unasked", f"{text} in {directory}"))
        self.is_told.set()

    def dropped(self, text: str) -> None:
        self.told.append(("dropped by itself", text))
        self.is_told.set()

    def warn(self, sentence: str) -> None:
        self.told.append(("warned", sentence))

    def failed(self, error: Exception) -> None:
        self.told.append(("failed", str(error)))
        self.is_told.set()

    def unverified(self, text: str) -> None:
        self.told.append(("unverified", text))
        self.is_told.set()

    async def _finish(self) -> None:
        self.finished += 1

    async def _drop(self, why: str) -> None:
        assert why
        self.told.append(("dropped", "opaque"))


class Bench:
    """A shell witness between a screen, a judge and a shell that is played."""

    def __init__(self, shell: str = "bash") -> None:
        self.screen, self.asked, self.latency = Witness(80, 24), Asked(), Latency()
        self.answers: list[tuple[str, Answer]] = []
        self.dropped = 0
        self._answered = asyncio.Event()
        ways = Ways(self._answer, self._drop)
        self.shell = ShellWitness(self.screen, self.asked, ways, self.latency, shell)
        self._ids = 0

    def says(self, kind: Kind, text: str = "", process: int = SHELL) -> None:
        self._ids += 1
        question = Question(kind, process, 0, str(self._ids), text)
        if kind is Kind.PROMPT:
            question = replace(question, status=0, folder="/root")
        self.shell.heard(question)

    def prompts(self, count: int = 0) -> None:
        """The shell says that it is at its prompt, having run *count* lines, and shows it."""
        self.says(Kind.PROMPT, str(count))
        self.prints(b"\r\n" + PROMPT)

    def prints(self, data: bytes) -> None:
        self.screen.output(data, asyncio.get_running_loop().time())
        self.shell.printed()

    def types(self, text: str, shown: str | None = None) -> None:
        """A line is typed, echoed and accepted."""
        keys = text.encode()
        self.screen.typed(keys, asyncio.get_running_loop().time())
        self.shell.typed(keys)
        self.prints((text if shown is None else shown).encode())
        self.shell.accepted(b"\r", 0.0)
        self.prints(b"\r\n")

    async def answer(self) -> Answer:
        """The next answer."""
        return await self.answered(len(self.answers) + 1)

    async def answered(self, count: int) -> Answer:
        """The last answer, once there are *count*."""
        while len(self.answers) < count:
            self._answered.clear()
            await asyncio.wait_for(self._answered.wait(), 5)
        return self.answers[-1][1]

    async def asks(self, text: str, kind: Kind = Kind.LINE, process: int = SHELL) -> Answer:
        """The shell asks; what it is answered."""
        waiting = asyncio.ensure_future(self.answer())
        await turn()
        self.says(kind, text, process)
        return await waiting

    def _answer(self, question: Question, given: Answer) -> None:
        self.answers.append((question.text, given))
        self._answered.set()

    def _drop(self) -> None:
        self.dropped += 1
