"""The state directory: which file stands where.

What always holds: everything the bastion must keep is below one folder, and private files are in
`keys/`. What it does not do: read or write them.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class State:
    """The files below one folder."""

    root: Path

    @property
    def keys(self) -> Path:
        """Folder of all private files, mode 0700."""
        return self.root / "keys"

    @property
    def user_ca(self) -> Path:
        """Signs people's certificates."""
        return self.keys / "user_ca"

    @property
    def host_ca(self) -> Path:
        """Signs the bastion's host certificates."""
        return self.keys / "host_ca"

    @property
    def access_ca(self) -> Path:
        """Signs the certificates that open hosts; hosts trust its public half."""
        return self.keys / "access_ca"

    @property
    def host_key(self) -> Path:
        """The bastion's own host key."""
        return self.keys / "ssh_host_ed25519_key"

    @property
    def record_key(self) -> Path:
        """Signs recordings and the audit log."""
        return self.keys / "record"

    @property
    def record_public_key(self) -> Path:
        """Proves recordings and the audit log."""
        return self.keys / "record.pub"

    @property
    def link_secret(self) -> Path:
        """Signs approval links."""
        return self.keys / "link_secret"

    @property
    def web_secret(self) -> Path:
        """Signs the cookies of the web pages."""
        return self.keys / "web_secret"

    @property
    def sealing_key(self) -> Path:
        """Seals the stored credentials, where the configuration names no other file."""
        return self.keys / "sealing"

    @property
    def database(self) -> Path:
        """The store."""
        return self.root / "bastion.db"

    @property
    def measured(self) -> Path:
        """Folder of what living processes measure of themselves."""
        return self.root / "measured"

    @property
    def recordings(self) -> Path:
        """Folder of the recordings."""
        return self.root / "recordings"
