"""The scp protocol (`scp -O`), as the side speaks it that sends the files: lines and file bodies.

    T<mtime> 0 <atime> 0    times of what comes next      D<mode> 0 <name>   a folder begins
    C<mode> <size> <name>   a file, then <size> bytes     E                  it ends

After a body stands one byte: 0 for good, 1 or 2 for a line that says what went wrong.

What always holds: a name is one name, without `/` and not `..`; lines and sizes are such that every
scp reads the same in them; whatever else is sent raises TransferError. What it does not do: know
whose turn it is (`bastion.sftp.dialogue`).
"""

import re
from dataclasses import dataclass

from bastion.errors import TransferError
from bastion.sftp.fields import text

_MAX_LINE_BYTES = (
    2000  # OpenSSH's scp cuts what is longer than 2047, and takes the rest for the next
)
_ENTRY = re.compile(rb"([CD])[0-7]{4,5} (\d{1,18}) ([^/\0\n]+)")  # a longer size wraps in old ones
_TIMES = re.compile(rb"T\d{1,20} \d{1,6} \d{1,20} \d{1,6}")
_COMPLAINTS = b"\x01\x02"


@dataclass(frozen=True)
class Entered:
    """A folder begins."""

    name: str
    raw: bytes


@dataclass(frozen=True)
class Left:
    """The folder that began last ends."""

    raw: bytes


@dataclass(frozen=True)
class Sent:
    """A file begins."""

    name: str
    size: int
    raw: bytes


@dataclass(frozen=True)
class Body:
    """A piece of the file."""

    raw: bytes


@dataclass(frozen=True)
class Finished:
    """The file has ended; `is_good` is what the sender says of it."""

    is_good: bool
    raw: bytes


@dataclass(frozen=True)
class Said:
    """A line that changes nothing: times, or a complaint, which nobody answers."""

    raw: bytes

    @property
    def is_complaint(self) -> bool:
        """Whether it is a complaint."""
        return self.raw[0] in _COMPLAINTS


Part = Entered | Left | Sent | Body | Finished | Said


class Sender:
    """The stream of the side that sends."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0
        self._is_in_file = False

    @property
    def waiting(self) -> int:
        """How many bytes were not given out yet."""
        return len(self._buffer)

    def refused(self) -> None:
        """The file that began last was refused: its body does not come."""
        self._left, self._is_in_file = 0, False

    def add(self, data: bytes) -> None:
        """Take in *data*."""
        self._buffer += data

    def next(self) -> Part | None:
        """The next part; None until more has come. Raises TransferError."""
        if not self._buffer:
            return None
        if self._left:
            piece = self._taken(min(self._left, len(self._buffer)))
            self._left -= len(piece)
            return Body(piece)
        if self._is_in_file and self._buffer[0] == 0:
            self._is_in_file = False
            return Finished(is_good=True, raw=self._taken(1))
        return self._line()

    def _line(self) -> Part | None:
        end = self._buffer.find(b"\n", 0, _MAX_LINE_BYTES)
        if end < 0:
            if len(self._buffer) >= _MAX_LINE_BYTES:
                raise TransferError("a line of scp has no end")
            return None
        raw = self._taken(end + 1)
        line = raw[:-1]
        if self._is_in_file:
            return self._unfinished(raw)
        if line[:1] in (b"\x01", b"\x02") or _TIMES.fullmatch(line):
            return Said(raw)
        if line == b"E":
            return Left(raw)
        entry = _ENTRY.fullmatch(line)
        if entry is None or entry[3] in (b".", b".."):
            raise TransferError(f"a line of scp that says nothing known: {line[:40]!r}")
        if entry[1] == b"D":
            return Entered(text(entry[3]), raw)
        self._left, self._is_in_file = int(entry[2]), True
        return Sent(text(entry[3]), self._left, raw)

    def _unfinished(self, raw: bytes) -> Finished:
        if raw[0] not in _COMPLAINTS:
            raise TransferError("a file of scp does not end as files do")
        self._is_in_file = False
        return Finished(is_good=False, raw=raw)

    def _taken(self, count: int) -> bytes:
        with memoryview(self._buffer) as view:
            taken = bytes(view[:count])
        del self._buffer[:count]
        return taken


@dataclass(frozen=True)
class Ack:
    """An answer; `complaint` is empty for good."""

    complaint: str
    raw: bytes


class Acks:
    """The stream of the side that receives: a byte 0 for each part, or a complaint."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def waiting(self) -> int:
        """How many bytes were not given out yet."""
        return len(self._buffer)

    def add(self, data: bytes) -> None:
        """Take in *data*."""
        self._buffer += data

    def next(self) -> Ack | None:
        """The next answer; None until more has come. Raises TransferError."""
        if not self._buffer:
            return None
        if self._buffer[0] == 0:
            del self._buffer[0]
            return Ack("", b"\0")
        end = self._buffer.find(b"\n", 0, _MAX_LINE_BYTES)
        is_endless = end < 0 and len(self._buffer) >= _MAX_LINE_BYTES
        if self._buffer[0] not in _COMPLAINTS or is_endless:
            raise TransferError("an answer of scp that says nothing known")
        if end < 0:
            return None
        raw = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        return Ack(text(raw[1:-1]) or "complaint", raw)


def complaint(sentence: str) -> bytes:
    """*sentence* as the end of a transfer, for either side."""
    return b"\x02" + sentence.replace("\n", " ").encode() + b"\n"
