"""The client's folder: the key's files, what ssh reads, and which bastion it is for.

    id_ed25519            private key (0600); not there while ssh-agent holds it
    id_ed25519.pub        public key
    id_ed25519-cert.pub   certificate
    known_hosts           the bastion's host CA
    config                ssh_config block, for `Include` or `ssh -F`
    client.json           the bastion's URL and what it told about itself

What always holds: nobody else may write to the folder; files that belong together are all written
out before the first takes its place, so that a full disk leaves the old ones. What it does not do:
touch anything outside of the folder.
"""

import errno
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bastion.errors import ClientError

_OTHERS_WRITE = 0o022


@dataclass(frozen=True)
class Folder:
    """The files below one folder."""

    root: Path

    @property
    def key(self) -> Path:
        """The private key."""
        return self.root / "id_ed25519"

    @property
    def public_key(self) -> Path:
        """The public key."""
        return self.root / "id_ed25519.pub"

    @property
    def certificate(self) -> Path:
        """The certificate."""
        return self.root / "id_ed25519-cert.pub"

    @property
    def known_hosts(self) -> Path:
        """Whom ssh trusts to be the bastion."""
        return self.root / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        """The block for ssh_config."""
        return self.root / "config"

    @property
    def memory(self) -> Path:
        """Which bastion it is for."""
        return self.root / "client.json"

    def make(self) -> None:
        """Make the folder; raises ClientError."""
        try:
            self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.mkdir(mode=0o700, exist_ok=True)
            mode = self.root.stat().st_mode
        except OSError as error:
            raise ClientError(f"cannot make {self.root}: {error.strerror}") from error
        if mode & _OTHERS_WRITE:
            raise ClientError(f"others may write to {self.root}; run `chmod 700` on it")

    def write(self, path: Path, text: str) -> None:
        """Put *text* in the place of the file at *path*, mode 0600; raises ClientError."""
        self.write_all({path: text})

    def write_all(self, texts: Mapping[Path, str]) -> None:
        """Put each text in the place of the file at its path, mode 0600; raises ClientError."""
        halves: dict[Path, Path] = {}
        try:
            for path, text in texts.items():
                self._write_half(path, text, halves)
            for path, half in halves.items():
                half.replace(path)
        except OSError as error:
            raise ClientError(f"cannot write to {self.root}: {error.strerror}") from error
        finally:
            for half in halves.values():
                half.unlink(missing_ok=True)

    def _write_half(self, path: Path, text: str, halves: dict[Path, Path]) -> None:
        """Write *text* beside *path*, and enter it into *halves* as soon as it exists."""
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        fd, name = tempfile.mkstemp(dir=self.root, prefix=f".{path.name}-")
        halves[path] = Path(name)
        # Paths that are no UTF-8 come back as the bytes that they were.
        with os.fdopen(fd, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)

    def remove(self, *paths: Path) -> None:
        """Remove *paths* where they are there; raises ClientError."""
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise ClientError(f"cannot remove {path}: {error.strerror}") from error
