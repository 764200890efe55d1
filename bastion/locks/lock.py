"""What a lock can shut, and whom it meets.

What always holds: a lock only takes away; no lock lets anybody in. What it does not do: know the
time; whoever asks hands over the locks in force.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase

from bastion.identity import Identity, Somebody
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.store.rows import Lock

MAX_VALUE_CHARS = 256
MAX_REASON_CHARS = 300
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SERIAL = re.compile(r"[0-9]{1,20}")


class LockKind(StrEnum):
    """What a lock's value names."""

    USER = "user"
    GROUP = "group"
    HOST = "host"
    CERTIFICATE = "certificate"
    SESSION = "session"
    ALL = "all"


EVERYTHING = "*"
"""The value of a lock of kind `all`."""


def locked(
    locks: Iterable[Lock], who: Somebody, *, way: tuple[str, ...] = (), session: str = ""
) -> Lock | None:
    """The first of the *locks* in force that meets *who* (on that *way*, in *session*).

    The way to a host is the host and those that it is reached through (`Target.way`).
    """
    return next((lock for lock in locks if _meets(lock, who, way, session)), None)


def _meets(lock: Lock, who: Somebody, way: tuple[str, ...], session: str) -> bool:
    match lock.kind:
        case LockKind.USER:
            return lock.value in {who.subject, who.account}
        case LockKind.GROUP:
            return lock.value in who.groups
        case LockKind.HOST:
            return any(fnmatchcase(host, lock.value) for host in way)
        case LockKind.CERTIFICATE:
            return isinstance(who, Identity) and lock.value in {str(who.serial), who.fingerprint}
        case LockKind.SESSION:
            return bool(session) and lock.value == session
        case _:
            return True  # `all`, and whatever a newer version has written


def refusal(lock: Lock) -> Refusal:
    """What is said to whoever *lock* meets; the log gets who set it."""
    reason = printable(lock.reason, MAX_REASON_CHARS)
    return Refusal(Code.LOCKED, reason, cause=f"lock {lock.id} set by {lock.created_by}")


def problem(kind: LockKind, value: str) -> str:
    """Why *value* cannot be locked as *kind*; empty where it can."""
    if not value.strip():
        return "it is empty"
    if len(value) > MAX_VALUE_CHARS:
        return f"it is longer than {MAX_VALUE_CHARS} characters"
    if printable(value) != value:
        return "it holds characters that cannot be shown"
    if kind is LockKind.CERTIFICATE and not (
        _SERIAL.fullmatch(value) or _FINGERPRINT.fullmatch(value)
    ):
        return "it is neither a serial number nor a fingerprint (SHA256:…)"
    return ""
