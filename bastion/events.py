"""What can happen in a session: the one vocabulary that recording, live view and replay share.

What always holds: events are frozen values and carry bytes exactly as they crossed the wire. What
it does not do: know files, sockets or screens.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Stream: TypeAlias = Literal["stdout", "stderr"]


@dataclass(frozen=True)
class Output:
    """Bytes that the user is about to see; `notice` marks those the bastion itself wrote."""

    data: bytes
    stream: Stream = "stdout"
    notice: bool = False


@dataclass(frozen=True)
class Input:
    """Bytes that the host is about to receive."""

    data: bytes


@dataclass(frozen=True)
class Masked:
    """Input that was forwarded while echo was off; only that it happened is kept."""


@dataclass(frozen=True)
class Resize:
    """The terminal's new size (RFC 4254 section 6.7)."""

    cols: int
    rows: int


@dataclass(frozen=True)
class Marker:
    """A named moment, for a person to jump to."""

    label: str


@dataclass(frozen=True)
class Judged:
    """A command was judged; the verdict is one fact, what became of it (`Outcome`) another.

    Attributes:
        command_id: joins this with its outcome and with the store's row.
        text: the command as it stood, possibly empty when it could not be seen.
        verdict: `allow`, `hold`, `block` or `opaque`.
        rule: id of the rule that decided; empty when none matched.
        reason: why, for a person.
    """

    command_id: str
    text: str
    verdict: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What became of a judged command: `released`, `denied`, `expired`, `cancelled`, `blocked`."""

    command_id: str
    outcome: str
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Exit:
    """The session's end: the exit status, or the name of the signal (RFC 4254 section 6.10)."""

    status: int | None
    signal: str = ""


Event: TypeAlias = Output | Input | Masked | Resize | Marker | Judged | Outcome | Exit


@dataclass(frozen=True)
class Timed:
    """An event with its moment, in seconds since the session began."""

    at: float
    event: Event
