"""That one demo at a time runs in a folder.

What always holds: the lock is the system's, so that it is gone with whoever held it, also after
kill -9; the file stays, and says nothing. What it does not do: wait.
"""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from bastion.errors import ConfigError, reason


@contextlib.contextmanager
def running_alone(folder: Path) -> Iterator[None]:
    """Nobody else runs a demo in *folder* meanwhile; raises ConfigError where somebody does."""
    path = folder / "lock"
    try:
        file = path.open("w")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {reason(error)}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"{folder}: a demo runs there already; use that one, stop it (Ctrl-C where it "
                "runs), or name another folder with `--state`"
            ) from error
        except OSError as error:
            raise ConfigError(f"{path}: cannot be locked: {reason(error)}") from error
        yield
