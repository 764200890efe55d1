"""A strait: what stands between user and host where a protocol is understood, such as SFTP.

What always holds: a strait records what it understands before it passes it on, and is the only one
that writes to either side. What it does not do: anything itself; this is the protocol only.
"""

from typing import Protocol


class Ways(Protocol):
    """Where a strait writes: the wire of its session."""

    def to_host(self, data: bytes) -> None:
        """Write *data* to the host."""
        ...

    def to_user(self, data: bytes) -> None:
        """Write *data* to the user."""
        ...

    def end_keys(self) -> None:
        """Tell the host that the user will send no more."""
        ...

    def hold_user(self, why: str, *, on: bool) -> None:
        """Stop (or go on) reading from the user."""
        ...

    def hold_host(self, why: str, *, on: bool) -> None:
        """Stop (or go on) reading from the host."""
        ...

    def break_(self, error: Exception) -> None:
        """The session ends by *error*."""
        ...


class Strait(Protocol):
    """What a protocol's bytes pass; what it raises ends the session."""

    def attach(self, ways: Ways) -> None:
        """Write to *ways* from now on."""
        ...

    def from_user(self, data: bytes) -> None:
        """The user sent *data*."""
        ...

    def user_ended(self) -> None:
        """The user will send no more."""
        ...

    def from_host(self, data: bytes) -> None:
        """The host sent *data*."""
        ...

    async def close(self) -> None:
        """Keep what was begun, and let go; raises RecordingError, StoreError."""
        ...
