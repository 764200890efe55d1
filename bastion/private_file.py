"""Makes files that hold secrets.

What always holds: the file is its owner's only from its first byte on (mode 0600); it is there
whole or not at all, also after kill -9; one that exists is never replaced. What it does not do:
read.
"""

import os
import tempfile
from pathlib import Path


def create(path: Path, content: bytes) -> None:
    """Make the file at *path*; raises FileExistsError where there is one, and other OSErrors."""
    fd, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(fd)
        os.link(name, path)
    finally:
        Path(name).unlink()
