"""The keys of one CA over time: which signs now, which are still or already trusted.

    user          a new key signs at once; the old one stays trusted for the overlap, for the
                  bastion itself is who checks
    host, access  a new key is published at once and signs after the overlap, for clients and hosts
                  have to learn it first

The file `keys/NAME.ring` holds it as JSON; without it the CA has the one key `keys/NAME`.

What always holds: time alone moves a key from one state to the next, so every process of a bastion
agrees; exactly one key signs at any time. What it does not do: hold private keys.
"""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bastion.errors import ConfigError

FOREVER = float("inf")


@dataclass(frozen=True)
class Era:
    """One key of a CA.

    Attributes:
        file: its private key's file below `keys/`; empty where it is kept elsewhere.
        public_key: as a line of OpenSSH's format, without a comment.
        signs_from: Unix seconds; it signs from then on, until another one does.
        until: Unix seconds; it is trusted and published before; None for ever.
    """

    file: str
    public_key: str
    signs_from: float = 0.0
    until: float | None = None

    def is_trusted(self, now: float) -> bool:
        """Whether certificates of this key are good."""
        return self.until is None or now < self.until


@dataclass(frozen=True)
class Ring:
    """All keys of one CA, oldest first."""

    eras: tuple[Era, ...]

    def signing(self, now: float) -> Era:
        """The key that signs."""
        return max(
            (era for era in self.eras if era.signs_from <= now), key=lambda era: era.signs_from
        )

    def trusted(self, now: float) -> tuple[Era, ...]:
        """The keys that count, and are published."""
        return tuple(era for era in self.eras if era.is_trusted(now))

    def is_rotating(self, now: float) -> bool:
        """Whether a key waits for its time to sign."""
        return any(era.signs_from > now for era in self.eras)

    def next_file(self, name: str) -> str:
        """A file name for a further key, never used before."""
        numbers = [int(era.file.rpartition("-")[2]) for era in self.eras if "-" in era.file]
        return f"{name}-{max(numbers, default=1) + 1}"

    def rotated(self, new: Era, *, old_until: float) -> "Ring":
        """With a *new* key; those before it are trusted until *old_until* at most."""
        eras = (replace(era, until=_earlier(era.until, old_until)) for era in self.eras)
        return Ring((*eras, new))


def _earlier(until: float | None, other: float) -> float:
    return other if until is None else min(until, other)


_FILE = TypeAdapter(tuple[Era, ...])


def read(path: Path) -> Ring | None:
    """The ring in the file at *path*, None where there is no file; raises ConfigError."""
    try:
        eras = _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise ConfigError(f"{path}: {error.strerror}; run it as the bastion's user") from error
    except (OSError, ValidationError) as error:
        raise ConfigError(f"{path}: cannot be read; restore it from a backup") from error
    if not any(era.signs_from == 0 for era in eras):
        raise ConfigError(f"{path}: names no first key; restore it from a backup")
    return Ring(eras)


def write(path: Path, ring: Ring) -> None:
    """Write *ring* to the file at *path*: the whole of it, or nothing."""
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(fd, "w") as file:
        json.dump([asdict(era) for era in ring.eras], file, indent=2)
        file.flush()
        os.fsync(fd)
    Path(name).replace(path)
