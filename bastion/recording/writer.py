"""Writes one recording: every event is handed to the operating system before `write` returns.

What always holds: `write` either has handed the whole event to the system or raises RecordingError,
and after that it raises always; the file is made by the recorder and by nobody before; its lines
are chained in segments and each link is signed, so that kill -9 leaves a file that is whole and
proven up to its last link. What it does not do: forward anything, or decide when a session ends.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bastion import chain
from bastion.clock import Clock
from bastion.errors import RecordingError
from bastion.events import Event, Timed
from bastion.recording.asciicast import Encoder, Header, encode_header, encode_note, link_note

SEGMENT_BYTES = 256 * 1024
"""A link is written when so many bytes have come since the last one."""

LINK_EVERY_SECONDS = 1.0
"""A link is written with an event that comes so long after the last one."""


class Recorder:
    """An open recording.

    Raises RecordingError when it cannot be made.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        session: Mapping[str, Any],
        *,
        clock: Clock,
        signer: chain.Signer,
    ) -> None:
        self._clock, self._signer = clock, signer
        self._encoder = Encoder(has_terminal=bool(header.term))
        self._began = self._linked_at = clock.monotonic()
        self._head = chain.start(path.stem)
        self._segment = hashlib.sha256()
        self._segment_bytes = self._links = 0
        self._failed = False
        try:
            self._fd = _create(path)
        except OSError as error:
            raise RecordingError(f"{path}: {error.strerror}") from error
        try:
            self._append(encode_header(header) + encode_note("session", session))
        except BaseException:
            self.close()
            raise

    def write(self, event: Event) -> None:
        """Record *event* as happening now; raises RecordingError."""
        now = self._clock.monotonic()
        lines = self._encoder.encode(Timed(now - self._began, event))
        self._append(lines)
        if self._segment_bytes >= SEGMENT_BYTES or now - self._linked_at >= LINK_EVERY_SECONDS:
            self._linked_at = now
            self._link("link")

    def seal(self) -> None:
        """Write the last link, make it durable and close; raises RecordingError.

        Sealing again does nothing, so that every way out of a session may do it.
        """
        if self._fd < 0:
            return
        try:
            self._link("seal")
            os.fsync(self._fd)
        except OSError as error:
            raise self._fail(error) from error
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file as it is, without a seal."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)

    def _link(self, kind: str) -> None:
        self._segment.update(kind.encode())  # a link cannot be passed off as a seal
        self._head = chain.link(self._head, self._segment.digest())
        self._links += 1
        note = link_note(self._links, self._head, self._signer.sign(self._head).hex())
        self._segment, self._segment_bytes = hashlib.sha256(), 0
        self._append(encode_note(kind, note), is_chained=False)

    def _append(self, lines: bytes, *, is_chained: bool = True) -> None:
        if self._fd < 0 or self._failed:
            raise RecordingError("the recording is closed")
        try:
            write_all(self._fd, lines)
        except OSError as error:
            raise self._fail(error) from error
        if is_chained:
            self._segment.update(lines)
            self._segment_bytes += len(lines)

    def _fail(self, error: OSError) -> RecordingError:
        self._failed = True
        return RecordingError(f"the recording cannot be written: {error.strerror}")


def write_all(fd: int, data: bytes) -> None:
    """Hand all of *data* to the system; raises OSError where it takes less."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _create(path: Path) -> int:
    """A new file that nobody else may write; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        _claim(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _claim(fd: int) -> None:
    """Lock the new file, so that recovery knows that somebody writes it.

    Recovery may come between making and locking: it then holds the lock, or has written.
    """
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if os.fstat(fd).st_size:
        raise FileExistsError(errno.EEXIST, "another process has closed this recording")
