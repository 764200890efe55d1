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
        verdict: `allow`, `opaque`, `notify`, `hold` or `block`.
        rule: id of the rule that decided; empty when none matched.
        reason: why, for a person.
    """

    command_id: str
    text: str
    verdict: str
    rule: str
    reason: str


ABANDONED = "abandoned"
"""The outcome of a held command whose session ended while it waited."""


@dataclass(frozen=True)
class Outcome:
    """What became of a judged command.

    `released`, `denied`, `expired`, `cancelled`, `blocked`, or `ABANDONED`.
    """

    command_id: str
    outcome: str
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Exit:
    """The session's end: the exit status, or the name of the signal (RFC 4254 section 6.10)."""

    status: int | None
    signal: str = ""


@dataclass(frozen=True)
class Carried:
    """How much a forwarded connection carried each way, when it ended."""

    from_user: int
    from_host: int

    @property
    def text(self) -> str:
        """The event as one line, for people."""
        return f"{self.from_user} bytes from the user, {self.from_host} from the host"


@dataclass(frozen=True)
class FileAsked:
    """Something is about to be done with a file, or was refused (SFTP, scp, rsync).

    Attributes:
        number: joins this with its `FileDone`; 1, 2, 3 … in a session.
        operation: the protocol's word for it: `open`, `rename`, `scp`.
        action: the same as rules name it: `download`, `upload`, `delete` …; may be empty.
        path: clean and absolute.
        other: the new name, or what a link leads to; by `scp -O`, which does not say whether `path`
            is a folder, the name that the file would get in it.
        verdict: `allow`, `hold` or `block`.
        rule: id of the rule that decided; empty when none matched.
        reason: why it was refused.
    """

    number: int
    operation: str
    action: str
    path: str
    other: str = ""
    verdict: str = "allow"
    rule: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """The event as one line, for people: `download /models/x`."""
        to = f" {'or' if self.operation == 'scp' else 'to'} {self.other}" if self.other else ""
        stopped = "" if self.verdict == "allow" else f" ({self.verdict} by {self.rule})"
        return f"{self.action or self.operation} {self.path}{to}{stopped}"


@dataclass(frozen=True)
class FileDone:
    """What became of it: the host's answer, and of an opened file what was carried.

    Attributes:
        result: `ok`, the host's refusal in words, `denied`, or `unanswered`.
        read_bytes: how much of the file the user got.
        read_sha256: of just that, where it came from the beginning on and in order.
        written_bytes: how much the host got.
        written_sha256: as `read_sha256`.
        copy: name of the copy beside the recording; empty without one.
    """

    number: int
    result: str
    read_bytes: int = 0
    read_sha256: str = ""
    written_bytes: int = 0
    written_sha256: str = ""
    copy: str = ""

    @property
    def text(self) -> str:
        """The event as one line, for people: `ok: 512 bytes read, sha256 …`."""
        told = [
            f"{count} bytes {how}{f', sha256 {sha256}' if sha256 else ''}"
            for count, how, sha256 in (
                (self.read_bytes, "read", self.read_sha256),
                (self.written_bytes, "written", self.written_sha256),
            )
            if count
        ]
        return ": ".join([self.result, "; ".join(told)] if told else [self.result])


Event: TypeAlias = (
    Output
    | Input
    | Masked
    | Resize
    | Marker
    | Judged
    | Outcome
    | Exit
    | FileAsked
    | FileDone
    | Carried
)


@dataclass(frozen=True)
class Timed:
    """An event with its moment, in seconds since the session began."""

    at: float
    event: Event
