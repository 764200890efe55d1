"""Reads recordings, live ones and torn ones too, and checks their chain.

What always holds: reading never writes; a file that ends inside a line is read up to the last whole
line; `verify` names the first line that does not fit. What it does not do: find recordings
(`bastion.recording.library`) or repair them (`bastion.recording.recovery`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

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
class Check:
    """What the chain of a recording proves.

    Attributes:
        is_sealed: whether the chain ends with a seal.
        links: how many links are proven.
        problem: the first thing that does not fit, with its line; empty where all fits.
        unproven_lines: lines after the last link, as a cut-off session leaves them.
    """

    is_sealed: bool
    links: int
    problem: str
    unproven_lines: int


def read_header(path: Path) -> Header:
    """The recording's header; raises RecordingError."""
    with _open(path) as file:
        return decode_header(file.readline())


def events(path: Path) -> Iterator[Timed]:
    """The recording's events in order; raises RecordingError for a line that is none."""
    decoder = Decoder()
    with _open(path) as file:
        file.readline()
        for line in file:
            if line.endswith(b"\n") and (timed := decoder.decode(line)):
                yield timed


class Follower:
    """Follows a recording's chain, line by line.

    Attributes:
        links: links proven so far.
        pending: lines since the last link.
        is_sealed: whether the last line was a seal.
        problem: the first thing that does not fit; nothing after it counts.
    """

    def __init__(self, name: str, verifier: chain.Verifier) -> None:
        self._verifier = verifier
        self._head, self._segment = chain.start(name), hashlib.sha256()
        self._number = self.links = self.pending = 0
        self.is_sealed, self.problem = False, ""

    def follow(self, line: bytes) -> None:
        """Take the next *line*."""
        self._number += 1
        if self.problem:
            return
        if self.is_sealed:
            self.problem = f"line {self._number}: stands after the seal"
        elif kind := _link_kind(line):
            self._check(kind, line)
        else:
            self._segment.update(line)
            self.pending += 1

    def next_link(self) -> bytes:
        """The link that the lines since the last one would make."""
        return chain.link(self._head, self._segment.digest())

    def _check(self, kind: str, line: bytes) -> None:
        head = self.next_link()
        signature = str(decode_note(line)[kind].get("signature"))
        if line != encode_note(kind, link_note(self.links + 1, head, signature)):
            self.problem = f"line {self._number}: broken at it or before it"
        elif not self._verifier.is_signed(head, _hex(signature)):
            self.problem = f"line {self._number}: the signature is not ours"
        else:
            self._head, self._segment = head, hashlib.sha256()
            self.links, self.pending = self.links + 1, 0
            self.is_sealed = kind == "seal"


def verify(path: Path, verifier: chain.Verifier) -> Check:
    """Follow the chain from the first line to the last; raises RecordingError."""
    follower = Follower(path.stem, verifier)
    with _open(path) as file:
        for line in file:
            follower.follow(line)
    return Check(follower.is_sealed, follower.links, follower.problem, follower.pending)


def _link_kind(line: bytes) -> str:
    """`link` or `seal` where *line* is one; else empty."""
    for kind in ("link", "seal"):
        if line.startswith(b'#{"%s":' % kind.encode()) and isinstance(
            decode_note(line).get(kind), dict
        ):
            return kind
    return ""


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
