"""Reads recordings, live ones and torn ones too, and checks their chain.

What always holds: reading never writes; a file that ends inside a line is read up to the last whole
line, and reading can go on from there when it has grown; `verify` names the first line that does
not fit; whatever stands in a file, only RecordingError is raised. What it does not do: find
recordings (`bastion.recording.library`) or repair them (`bastion.recording.recovery`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bastion import chain
from bastion.errors import RecordingError
from bastion.events import Timed
from bastion.recording.asciicast import (
    Decoder,
    Header,
    decode_header,
    decode_note,
    encode_note,
    link_note,
)


@dataclass(frozen=True)
class Place:
    """Where reading can begin: behind an event, or at the start.

    Attributes:
        offset: of the next line, in bytes.
        at: the moment of the event before it.
    """

    offset: int = 0
    at: float = 0.0


START = Place()


@dataclass(frozen=True)
class Step:
    """An event, and the place behind it."""

    timed: Timed
    after: Place


@dataclass(frozen=True)
class Check:
    """What the chain of a recording proves.

    Attributes:
        is_sealed: whether the chain ends with a seal.
        is_recovered: whether the session was cut off and recovery closed the recording.
        links: how many links are proven.
        problem: the first thing that does not fit, with its line; empty where all fits.
        unproven_lines: lines after the last link, as a cut-off session leaves them.
    """

    is_sealed: bool
    is_recovered: bool
    links: int
    problem: str
    unproven_lines: int


def read_header(path: Path) -> Header:
    """The recording's header; raises RecordingError."""
    return decode_header(next(_lines(path), b""))


def read_facts(path: Path) -> dict[str, object]:
    """What the recording says of its session (`session` in PROTOCOL.recording).

    Empty where it was cut off before that; raises RecordingError.
    """
    lines = _lines(path)
    next(lines, b"")
    facts = decode_note(next(lines, b"")).get("session")
    return facts if isinstance(facts, dict) else {}


def steps(path: Path, place: Place = START) -> Iterator[Step]:
    """The events behind *place*, as far as the file goes now.

    Raises RecordingError for a line that is none. Call it again with the last step's `after` for
    what has come since.
    """
    decoder = Decoder(place.at)
    offset = place.offset
    for line in _lines(path, offset):
        is_header, offset = offset == 0, offset + len(line)
        if is_header or not line.endswith(b"\n"):
            continue
        if timed := decoder.decode(line):
            yield Step(timed, Place(offset, timed.at))


def events(path: Path) -> Iterator[Timed]:
    """The recording's events in order; raises RecordingError for a line that is none."""
    return (step.timed for step in steps(path))


class Follower:
    """Follows a recording's chain, line by line.

    Attributes:
        links: links proven so far.
        pending: lines since the last link.
        is_sealed: whether the last line was a seal.
        is_recovered: whether recovery has closed the recording.
        problem: the first thing that does not fit; nothing after it counts.
    """

    def __init__(self, name: str, verifier: chain.Verifier) -> None:
        self._verifier = verifier
        self._head, self._segment = chain.start(name), hashlib.sha256()
        self._number = self.links = self.pending = 0
        self.is_sealed = self.is_recovered = False
        self.problem = ""

    def follow(self, line: bytes) -> None:
        """Take the next *line*."""
        self._number += 1
        if self.problem:
            return
        if self.is_sealed:
            self.problem = f"line {self._number}: stands after the seal"
        elif _is_note("link", line):
            self._check("link", line)
        elif _is_note("seal", line):
            self._check("seal", line)
        else:
            self._segment.update(line)
            self.pending += 1
            self.is_recovered |= _is_note("recovered", line)

    def next_link(self, kind: str) -> bytes:
        """The link, of *kind* `link` or `seal`, that the lines since the last one would make."""
        piece = self._segment.copy()
        piece.update(kind.encode())
        return chain.link(self._head, piece.digest())

    def _check(self, kind: str, line: bytes) -> None:
        head = self.next_link(kind)
        signature = chain.signature(str(decode_note(line)[kind].get("signature")))
        if line != encode_note(kind, link_note(self.links + 1, head, signature.hex())):
            self.problem = f"line {self._number}: broken at it or before it"
        elif not self._verifier.is_signed(head, signature):
            self.problem = f"line {self._number}: the signature is not ours"
        else:
            self._head, self._segment = head, hashlib.sha256()
            self.links, self.pending = self.links + 1, 0
            self.is_sealed = kind == "seal"


def verify(path: Path, verifier: chain.Verifier) -> Check:
    """Follow the chain from the first line to the last; raises RecordingError."""
    follower = Follower(path.stem, verifier)
    torn_lines = 0
    for line in _lines(path):
        if line.endswith(b"\n"):
            follower.follow(line)
        else:
            torn_lines = 1
    return Check(
        is_sealed=follower.is_sealed and not torn_lines,
        is_recovered=follower.is_recovered,
        links=follower.links,
        problem=follower.problem,
        unproven_lines=follower.pending + torn_lines,
    )


def _is_note(name: str, line: bytes) -> bool:
    """Whether *line* is the note *name* that stands alone."""
    opening = b'#{"%s":' % name.encode()
    return line.startswith(opening) and isinstance(decode_note(line).get(name), dict)


def _lines(path: Path, offset: int = 0) -> Iterator[bytes]:
    """The lines from *offset* on; the last may be without its end. Raises RecordingError."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                yield line
                if not line.endswith(b"\n"):
                    return  # what a writer adds meanwhile is no line of its own
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
