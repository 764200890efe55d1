"""Puts one line into the user's ssh_config that includes the bastion's block, and takes it out.

    # added by `bastion ssh-config --write`; `--undo` takes it out
    Include "/home/alice/.ssh/bastion/config"

What always holds: nothing else in the file changes by a byte; it is replaced whole or not at all,
keeps its mode and owner, and stays behind the link that it may be; what ssh could not read is not
put there. What it does not do: write the block; `bastion.client.sshconfig` does.
"""

import contextlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bastion.errors import ClientError
from bastion.printable import printable

_COMMENT = b"# added by `bastion ssh-config --write`; `--undo` takes it out\n"
_KEYWORD = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.*)")
_SECTIONS = frozenset({"host", "match"})
_NEW_MODE, _FOLDER_MODE = 0o600, 0o700
_CHECK_SECONDS = 20
_COMPLAINT_CHARS = 200


@dataclass(frozen=True)
class UserConfig:
    """The user's ssh_config at *path*, which may be missing, or a link."""

    path: Path

    def include(self, block: Path, line: str, host: str) -> bool:
        """Include *block* by *line*, and see that ssh reads it for *host*; False if it does.

        Raises ClientError, and then nothing has changed.
        """
        with self._complaining():
            text = self._read()
            if _includes(text, block):
                return False
            self._replace(
                text, _COMMENT + line.encode(errors="surrogateescape") + b"\n" + text, host
            )
        return True

    def exclude(self, line: str) -> bool:
        """Take out what `include` put in; False if it is not there. Raises ClientError."""
        added = _COMMENT + line.encode(errors="surrogateescape") + b"\n"
        with self._complaining():
            text = self._read()
            if added not in text:
                return False
            self._replace(text, text.replace(added, b""), "")
        return True

    @contextlib.contextmanager
    def _complaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = error.strerror or str(error)
            raise ClientError(f"cannot change {self.path}: {what}; it is as it was") from error

    def _real(self) -> Path:
        """Where the file is, behind links."""
        return Path(os.path.realpath(self.path))

    def _read(self) -> bytes:
        try:
            return self._real().read_bytes()
        except FileNotFoundError:
            return b""

    def _replace(self, old: bytes, new: bytes, host: str) -> None:
        real = self._real()
        if not real.parent.exists() and real.parent == self.path.parent:
            real.parent.mkdir(mode=_FOLDER_MODE)
        fd, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}-")
        half = Path(name)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(new)
                file.flush()
                os.fsync(file.fileno())
            _take_after(real, half)
            if host:
                _check(half, host)
            if self._read() != old:
                raise ClientError(f"{self.path} changed meanwhile; try again")
            half.replace(real)
        finally:
            half.unlink(missing_ok=True)


def _take_after(model: Path, half: Path) -> None:
    """Give *half* the mode and owner of *model*, where there is one; raises OSError."""
    try:
        found = model.stat()
    except FileNotFoundError:
        half.chmod(_NEW_MODE)
        return
    own = half.stat()
    if (found.st_uid, found.st_gid) != (own.st_uid, own.st_gid):
        os.chown(half, found.st_uid, found.st_gid)
    half.chmod(found.st_mode & 0o7777)


def _check(path: Path, host: str) -> None:
    """See that ssh can read the file at *path*; raises ClientError."""
    try:
        ran = subprocess.run(
            ["ssh", "-T", "-G", "-F", str(path), "--", host],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_CHECK_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return  # no ssh here that could not read it
    except subprocess.TimeoutExpired as error:
        raise ClientError("ssh does not read that configuration; nothing was changed") from error
    if ran.returncode:
        told = ran.stderr.decode(errors="replace").replace(str(path), "ssh_config").strip()
        complaint = printable(told, _COMPLAINT_CHARS)
        raise ClientError(f"ssh cannot read that configuration ({complaint}); nothing was changed")


def _includes(text: bytes, block: Path) -> bool:
    """Whether *text* includes *block* for every host, that is before the first section."""
    for line in text.decode(errors="surrogateescape").splitlines():
        found = _KEYWORD.fullmatch(line)
        if found is None:
            continue
        keyword = found[1].lower()
        if keyword in _SECTIONS:
            return False
        if keyword == "include" and str(block) in map(os.path.expanduser, _words(found[2])):
            return True
    return False


def _words(text: str) -> list[str]:
    try:
        return [word.replace("%%", "%") for word in shlex.split(text)]
    except ValueError:
        return []
