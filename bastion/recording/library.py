"""Where recordings stand: one file a session, in a folder a day.

What always holds: a path is made from the session's identifier and start only, never from a name
that a person chose; a path from the store is refused if it leads out of the library. What it does
not do: open, write or delete recordings.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bastion.errors import RecordingError

SUFFIX = ".cast"


class Library:
    """The recordings below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, session_id: str, started_at: float) -> str:
        """The path, below the root, of a new recording; *started_at* in Unix seconds."""
        day = datetime.fromtimestamp(started_at, UTC).strftime("%Y/%m/%d")
        return f"{day}/{session_id}{SUFFIX}"

    def path(self, recording: str) -> Path:
        """The file of the *recording* that the store names; raises RecordingError."""
        try:
            path = (self.root / recording).resolve()
        except (OSError, RuntimeError, ValueError, TypeError) as error:  # a loop, a NUL, no text
            raise RecordingError(f"{recording!r} is no recording of this library") from error
        if not path.is_relative_to(self.root.resolve()) or path.suffix != SUFFIX:
            raise RecordingError(f"{recording!r} is no recording of this library")
        return path

    def recordings(self) -> Iterator[str]:
        """Every recording there is, as the store would name it, in order of name."""
        for path in sorted(self.root.rglob(f"*{SUFFIX}")):
            yield path.relative_to(self.root).as_posix()
