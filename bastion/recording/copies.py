"""Copies of transferred files beside the recording, where the configuration asks for them.

What always holds: a copy is whole, and its hash is that of the event that names it, or it is not
there; it stands below a name of ours in a folder that belongs to the session. What it does not do:
choose what is copied, but for its size.
"""

import os
from pathlib import Path

from bastion.errors import RecordingError

SUFFIX = ".files"


class Copies:
    """The copies of one session.

    Args:
        recording: beside it they stand, in a folder of its name and `.files`.
        limit: of one file, in bytes; 0 for no copies.
    """

    def __init__(self, recording: Path, limit: int) -> None:
        self._folder, self._limit = recording.with_suffix(SUFFIX), limit

    def begin(self, name: str) -> "Copy | None":
        """A copy called *name*; None where there are to be none."""
        return Copy(self._folder / name, self._limit) if self._limit else None


class Copy:
    """One copy, made with the first byte."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path, self._left, self._fd = path, limit, -1
        self._is_dropped = False

    def add(self, data: bytes) -> None:
        """The next piece; raises RecordingError. A file that is too long is dropped."""
        self._left -= len(data)
        if self._left < 0:
            self.drop()
        if self._is_dropped:
            return
        try:
            if self._fd < 0:
                self._fd = self._made()
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            raise RecordingError(f"a copy cannot be written: {error.strerror}") from error

    def finish(self) -> str:
        """Keep it; its name, empty where there is none."""
        if self._is_dropped or self._fd < 0:
            return ""
        os.close(self._fd)
        self._is_dropped, self._fd = True, -1
        return self._path.name

    def drop(self) -> None:
        """Keep nothing of it."""
        self._is_dropped = True
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self._path.unlink(missing_ok=True)

    def _made(self) -> int:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
