"""What an integrated shell tells and asks over its side channel, and how it is answered.

What always holds: a question is built from a whole line that carries the session's own nonce and an
id that was not seen before; anything else is a `Forged`, never an exception and never a question.
What is kept of unfinished lines is bounded. An answer names its process, the session's token and
the question's id, so it fits one question and no other. What it does not do: decide the answer.
docs/PROTOCOL.shell has the form.
"""

import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from enum import StrEnum

from bastion.command.shell.bootstrap import Secret
from bastion.command.shell.fish_line import in_posix

MAX_LINE = 4096
"""Bytes of one line: what a pipe takes in one piece."""
MAX_TEXT = 1 << 20
"""Bytes of one question's text, however many lines bring it; a longer one has none."""
MAX_KEPT = 4 * MAX_TEXT
"""Bytes of all texts that are unfinished."""
MAX_UNFINISHED = 64
MAX_IDS = 4096
_MAX_READ = 64 << 10  # characters of a text that is put into another grammar; none reads a longer
_PIECE = "+"
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_ID = re.compile(r"[0-9a-f.-]{1,64}", re.ASCII)
_ESCAPE = re.compile(rb"%([0-9A-F]{2})")
_PARTS = 6
_PROMPT_PARTS = 3


class Kind(StrEnum):
    """What a line says."""

    PROMPT = "P"
    LINE = "L"
    COMMAND = "C"
    MORE = "M"
    TAMPER = "H"
    END = "E"

    @property
    def waits(self) -> bool:
        """Whether the shell stands still until it is answered."""
        return self in {Kind.LINE, Kind.COMMAND}


class Answer(StrEnum):
    """What the shell shall do: run it, ask for each command in it, run it once, or drop it."""

    ALLOW = "A"
    STEP = "S"
    ONCE = "O"
    DENY = "D"


_KINDS = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True)
class Question:
    """One line from the shell.

    Attributes:
        process: who waits for the answer.
        depth: how many subshells deep it is.
        id: never seen before in this session; no one can answer who does not know it.
        text: the line or command; of a prompt, how many lines the shell has run; of a tampering or
            an end, what it is. Empty for a line that the shell could not see.
        status: what the last command ended with; known at a prompt only.
        folder: the working directory; known at a prompt only.
        meant: of a shell with a grammar of its own, the text as other shells would write it.
    """

    kind: Kind
    process: int
    depth: int
    id: str
    text: str
    status: int | None = None
    folder: str = ""
    meant: str = ""


@dataclass(frozen=True)
class Forged:
    """A line that no integrated shell of this session would write."""

    reason: str


class Questions:
    """The byte stream of a side channel, as questions.

    Attributes:
        shell: the name of the shell that can be integrated, once the far side is ready.
        absence: why there will be no integration; empty while there may be.
    """

    def __init__(self, secret: Secret) -> None:
        self.shell = ""
        self.absence = ""
        self._secret = secret
        self._rest = b""
        self._pieces: OrderedDict[str, bytearray | None] = OrderedDict()
        self._kept = 0
        self._ids: OrderedDict[str, None] = OrderedDict()

    def feed(self, data: bytes) -> list[Question | Forged]:
        """What *data* completes; a line without an end is kept until it is too long."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = [heard for line in lines if (heard := self._line(line))]
        if len(self._rest) > MAX_LINE:
            self._rest = b""
            found.append(Forged("a line without an end"))
        return found

    def _line(self, line: bytes) -> Question | Forged | None:
        if len(line) > MAX_LINE:
            return Forged("too long a line")
        nonce, _, rest = line.partition(b" ")
        if not hmac.compare_digest(nonce, self._secret.nonce.encode()):
            return Forged("not this session's nonce")
        word, _, said = rest.partition(b" ")
        if word == b"READY" and not self._ids and not self.shell:
            self.shell = said.decode("ascii", "replace")
            return None
        if word == b"ABSENT":
            self.absence = _text(said) or "no reason given"
            return None
        return self._asked(rest)

    def _asked(self, rest: bytes) -> Question | Forged | None:
        parts = rest.split(b" ", _PARTS - 2)
        if len(parts) != _PARTS - 1:
            return Forged("not a question")
        kind, process, depth, id_ = (part.decode("ascii", "replace") for part in parts[:-1])
        numbers = _NUMBER.fullmatch(process) and _NUMBER.fullmatch(depth)
        if not (numbers and _ID.fullmatch(id_) and (kind == _PIECE or kind in _KINDS)):
            return Forged("not a question")
        if id_ in self._ids:
            return Forged("a question for the second time")
        whole = self._joined(id_, parts[-1])
        if kind == _PIECE:
            return self._keep(id_, whole)
        self._remember(id_)
        asked = _question(Kind(kind), int(process), int(depth), id_, bytes(whole or b""))
        if isinstance(asked, Forged) or self.shell != "fish" or not asked.kind.waits:
            return asked
        return replace(asked, meant=in_posix(asked.text) if len(asked.text) <= _MAX_READ else "")

    def _joined(self, id_: str, part: bytes) -> bytearray | None:
        """The text of *id_* with *part*; None for good once it is too long: a part is no text."""
        whole = self._pieces.pop(id_, bytearray())
        if whole is None:
            return None
        self._kept -= len(whole)
        whole += part
        return whole if len(whole) <= MAX_TEXT else None

    def _keep(self, id_: str, whole: bytearray | None) -> Forged | None:
        self._pieces[id_] = whole
        self._kept += len(whole or b"")
        if len(self._pieces) <= MAX_UNFINISHED and self._kept <= MAX_KEPT:
            return None
        lost, text = self._pieces.popitem(last=False)
        self._kept -= len(text or b"")
        self._remember(lost)  # what still comes of it would pass for the whole
        return Forged("too many questions unfinished")

    def _remember(self, id_: str) -> None:
        self._ids[id_] = None
        if len(self._ids) > MAX_IDS:
            self._ids.popitem(last=False)


def answer(secret: Secret, question: Question, given: Answer) -> bytes:
    """The line for the side channel's standard input that answers *question* with *given*."""
    return f"{question.process} {secret.token} {question.id} {given}\n".encode()


def _question(kind: Kind, process: int, depth: int, id_: str, text: bytes) -> Question | Forged:
    if kind is not Kind.PROMPT:
        return Question(kind, process, depth, id_, _text(text))
    parts = text.split(b" ", _PROMPT_PARTS - 1)
    if len(parts) != _PROMPT_PARTS or not (parts[0].isdigit() and parts[1].isdigit()):
        return Forged("not a prompt")
    status, count = int(parts[0][-10:]), str(int(parts[1][-10:]))
    return Question(kind, process, depth, id_, count, status, _text(parts[2]))


def _text(encoded: bytes) -> str:
    """The text of an escaped one; a byte that is no UTF-8 becomes a lone surrogate."""
    plain = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), encoded)
    return plain.decode("utf-8", "surrogateescape")
