"""The client's folder: the key's files, what ssh reads, and which bastion it is for.

    id_ed25519            private key (0600); not there while ssh-agent holds it
    id_ed25519.pub        public key
    id_ed25519-cert.pub   certificate
    known_hosts           the bastion's host CA
    config                ssh_config block, for `Include` or `ssh -F`
    client.json           the bastion's URL and what it told about itself

What always holds: the folder is the user's own (0700); a file is replaced whole or not at all. What
it does not do: touch anything outside of the folder.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bastion.errors import ClientError


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
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ClientError(f"cannot make {self.root}: {error.strerror}") from error

    def write(self, path: Path, text: str) -> None:
        """Put *text* in the place of the file at *path*, mode 0600; raises ClientError."""
        try:
            fd, name = tempfile.mkstemp(dir=self.root, prefix=f".{path.name}-")
            try:
                with os.fdopen(fd, "w") as file:
                    file.write(text)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ClientError(f"cannot write {path}: {error.strerror}") from error

    def remove(self, *paths: Path) -> None:
        """Remove *paths* where they are there; raises ClientError."""
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise ClientError(f"cannot remove {path}: {error.strerror}") from error
