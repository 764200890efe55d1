"""What every store does; SQLite first, others behind the same protocols.

What always holds: a method is one transaction, and returns only when the write is durable against
the death of the process. Methods are called on one thread at a time. A store that cannot answer
raises StoreError. What it does not do: decide; the rules of states stand in their own packages and
arrive here as values.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from bastion.store.rows import (
    AuditEntry,
    Certificate,
    Command,
    Credential,
    FileDeed,
    Lock,
    Login,
    Ran,
    Request,
    Session,
    SessionSummary,
)


class Sessions(Protocol):
    """Sessions and the commands judged in them."""

    def open(self, session: Session, most: int | None = None) -> bool:
        """Keep a session that begins; False where its subject has *most* open already."""
        ...

    def close(self, session_id: str, ended_at: float, ending: str, status: int | None) -> None:
        """Note a session's end; a session that has ended already stays as it is."""
        ...

    def unfinished(self) -> list[Session]:
        """Sessions without an end: live ones, or cut off when the bastion died."""
        ...

    def find(self, name: str) -> list[Session]:
        """Sessions whose identifier is, starts with or ends with *name*; at most two."""
        ...

    def latest(self, limit: int) -> list[SessionSummary]:
        """The newest sessions first, with their verdicts counted."""
        ...

    def of(self, subject: str, limit: int) -> list[Session]:
        """The newest sessions of *subject*, newest first."""
        ...

    def add_command(self, command: Command) -> None:
        """Keep a judged command."""
        ...

    def set_outcome(self, command_id: str, outcome: str, by: str) -> None:
        """Note what became of a command."""
        ...

    def ran_since(self, at: float) -> list[Ran]:
        """The commands judged since then, alike ones together, the last of them first."""
        ...

    def commands(self, session_id: str) -> list[Command]:
        """The session's commands, oldest first."""
        ...

    def add_login(self, login: Login) -> None:
        """Keep a login."""
        ...

    def logins_since(self, subject: str, at: float) -> int:
        """How often a person has logged in by ssh since *at*."""
        ...

    def logins(self, limit: int) -> list[Login]:
        """The newest logins first."""
        ...


class Files(Protocol):
    """What was done with files."""

    def add(self, deeds: Sequence[FileDeed]) -> None:
        """Keep them, all or none."""
        ...

    def of(self, session_id: str) -> list[FileDeed]:
        """The session's, in order."""
        ...

    def search(self, text: str, limit: int) -> list[FileDeed]:
        """The newest whose path holds *text* or matches it as a glob, or of whose hash it is."""
        ...


class Requests(Protocol):
    """Requests for approval."""

    def add(self, request: Request) -> None:
        """Keep a new request."""
        ...

    def share(self, request: Request) -> Request:
        """Keep a request for access, or the one that already waits for the same; which it is."""
        ...

    def leave(self, request_id: str) -> bool:
        """Cancel a request that waits, unless it is kept; whether it did."""
        ...

    def asked(self, subject: str, since: float) -> int:
        """How many requests for access *subject* has made since then."""
        ...

    def approved(self, now: float, subject: str | None = None) -> list[Request]:
        """Approved requests for access whose time is not over, of one subject or of all."""
        ...

    def some(self, request_ids: Iterable[str]) -> list[Request]:
        """The requests with those identifiers."""
        ...

    def get(self, request_id: str) -> Request | None:
        """The request with that identifier."""
        ...

    def move(self, request_id: str, source: str, to: str, changes: Mapping[str, object]) -> bool:
        """Change the state from *source* to *to*, with *changes*; False if it was not *source*."""
        ...

    def states(self, request_ids: Iterable[str]) -> dict[str, str]:
        """The state of each of the requests."""
        ...

    def pending(self) -> list[Request]:
        """The requests in state `pending`, oldest first."""
        ...

    def latest(self, limit: int) -> list[Request]:
        """The newest requests first, whatever their state."""
        ...


class Certificates(Protocol):
    """User certificates that were issued."""

    def add(self, certificate: Certificate) -> bool:
        """Keep one; False if its token was exchanged before, and then nothing is kept."""
        ...

    def newest(self, name: str) -> Certificate | None:
        """The one issued last to whose subject or account is *name*; a subject goes before."""
        ...


class Credentials(Protocol):
    """Stored keys and passwords that open hosts, sealed."""

    def add(self, credential: Credential) -> bool:
        """Keep one; False if there is one of that name, and then nothing changes."""
        ...

    def get(self, name: str) -> Credential | None:
        """The credential of that name."""
        ...

    def all(self) -> list[Credential]:
        """Every credential, by name."""
        ...

    def rotate(self, credential: Credential) -> bool:
        """Put this in the place of the one of the same name and kind; False if there is none."""
        ...

    def reseal(self, credential: Credential, sealed: bytes) -> bool:
        """Seal *credential* otherwise; False if it is not any more as it was."""
        ...

    def remove(self, name: str) -> bool:
        """Forget one; False if there is none."""
        ...


class Audit(Protocol):
    """The audit log: entries are added, never changed."""

    def append(self, make: Callable[[AuditEntry | None], AuditEntry]) -> AuditEntry:
        """Add what *make* returns for the last entry so far; one writer at a time."""
        ...

    def entries(self, after: int, limit: int) -> list[AuditEntry]:
        """Entries with a higher seq than *after*, in order."""
        ...


class Locks(Protocol):
    """Locks; docs/locks.md says what they do."""

    def add(self, lock: Lock) -> None:
        """Keep a new lock."""
        ...

    def lift(self, lock_id: str, at: float, by: str) -> bool:
        """End a lock; False if it has ended already, or is unknown."""
        ...

    def standing(self, now: float) -> list[Lock]:
        """The locks in force at *now*, oldest first."""
        ...

    def latest(self, limit: int) -> list[Lock]:
        """The newest locks first, those that have ended too."""
        ...


class Store(Protocol):
    """The whole store."""

    @property
    def sessions(self) -> Sessions:
        """Sessions and commands."""
        ...

    @property
    def files(self) -> Files:
        """What was done with files."""
        ...

    @property
    def requests(self) -> Requests:
        """Requests for approval."""
        ...

    @property
    def certificates(self) -> Certificates:
        """Issued certificates."""
        ...

    @property
    def credentials(self) -> Credentials:
        """Stored keys and passwords."""
        ...

    @property
    def audit(self) -> Audit:
        """The audit log."""
        ...

    @property
    def locks(self) -> Locks:
        """Locks."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
