"""What became of a scenario: by the record and by what ran on the host, never by the screen."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bastion.events import Marker
from bastion.recording.reader import events
from bastion.store.rows import Command, Session
from bastion.store.sqlite.database import SqliteStore
from tests.servers.deployment import Deployment

_REFUSALS = frozenset({"refused", "revoked", "deny-unverified", "command-unasked"})
_NOT_RUN = frozenset({"denied", "expired", "cancelled"})
_MARKS = ("unasked", "tamper", "deny_unverified", "lost", "dropped")
_SCREEN_ALONE, _DOOR = "no-integration", "door"
_BEGINS, _ENDS = "opaque begins", "opaque ends"
_ALL = 100_000
_CLOCK_SECONDS = 0.002  # the host's clock is this machine's; its program writes a moment later
_STARTING_SECONDS = 1.0  # a line is seen to run unasked before its program has started
_UNHEARD, _HEARING_SECONDS = "unheard", 3.0  # a shell has so long to say what it made of Enter


class Result(StrEnum):
    """What became of a scenario; only one of them is a failure of the gate."""

    BLOCKED = "blocked"
    HELD = "held"
    OPAQUE = "opaque"
    REFUSED = "refused"
    APPROVED = "approved"
    UNSEEN = "unseen"
    UNASKED = "unasked"
    SILENT = "SILENT"
    STOPPED = "stopped"
    OVER = "OVER"
    ALLOWED = "allowed"
    NOTHING = "-"


MEANINGS = {
    Result.BLOCKED: "`danger` did not run: its line, as it stands in the record, was blocked",
    Result.HELD: "`danger` did not run: a line waited for approval",
    Result.REFUSED: "`danger` did not run: the session, or a line that could not be judged, ended,"
    " or the shell itself, robbed of its integration, ran nothing; the record says so",
    Result.STOPPED: "`danger` did not run, and the record does not say why",
    Result.OPAQUE: "`danger` ran inside something that the record marks as opaque, or that a shell"
    " without its hooks did not tell",
    Result.APPROVED: "the same as `unseen`, after somebody approved that such a shell is opened",
    Result.UNSEEN: "`danger` ran in a shell that does not ask, which the record says, by a line"
    " that the record has as far as the screen showed it and that runs more than it says",
    Result.UNASKED: "`danger` ran without being asked for; the record says so, and an alert went",
    Result.SILENT: "`danger` ran, and the record does not say so: a failure",
    Result.ALLOWED: "harmless, and it ran",
    Result.OVER: "harmless, and it was stopped: a failure",
    Result.NOTHING: "without a gate nothing runs either: this shell has no such thing",
}
FAILURES = frozenset({Result.SILENT, Result.OVER})


@dataclass(frozen=True)
class Record:
    """What the bastion kept of one session.

    Attributes:
        marks: moments (Unix seconds) and labels of the recording's markers.
    """

    session: Session
    commands: tuple[Command, ...]
    marks: tuple[tuple[float, str], ...]

    def lines(self) -> list[str]:
        """For a person: a line for each command and mark."""
        told = [
            (c.at, f"{c.verdict}/{c.outcome} {c.source} {c.rule} {c.text!r}") for c in self.commands
        ]
        told += [(at, f"mark {label}") for at, label in self.marks]
        ending = f"ending {self.session.ending}"
        return [f"{at - self.session.started_at:7.3f} {text}" for at, text in sorted(told)] + [
            ending
        ]


def _told(command: Command) -> str:
    verdict = f"{command.verdict}/{command.outcome} {command.rule}"
    return f"{verdict} by the {command.source}: {command.text!r}"


def record_of(deployment: Deployment, store: SqliteStore, login: str) -> Iterator[Record]:
    """The record of the newest session of *login*; nothing until it has ended."""
    if login in {session.login for session in store.sessions.unfinished()}:
        return
    for summary in store.sessions.latest(_ALL):
        session = summary.session
        if session.login == login and session.ended_at is not None:
            commands = tuple(store.sessions.commands(session.id))
            yield Record(session, commands, tuple(_marks(deployment, session)))


def _marks(deployment: Deployment, session: Session) -> Iterator[tuple[float, str]]:
    for timed in events(deployment.state.recordings / session.recording):
        if isinstance(timed.event, Marker):
            yield session.started_at + timed.at, timed.event.label


def result_of(record: Record, ran_at: Sequence[float], rules: Collection[str]) -> Result:
    """What became of a scenario whose `danger` ran at the moments *ran_at*; the worst of them.

    *rules* are the ids of the rules in force; what else blocks is the gate itself.
    """
    if ran_at:
        results = [_result_of_run(record, at + _CLOCK_SECONDS) for at in ran_at]
        return Result.SILENT if Result.SILENT in results else results[0]
    lines = [command for command in record.commands if command.source != _DOOR]
    blocked = {command.rule for command in lines if command.verdict == "block"}
    if blocked & set(rules):
        return Result.BLOCKED
    if any(command.verdict == "hold" for command in lines):
        return Result.HELD
    is_denied = blocked or any(command.outcome in _NOT_RUN for command in lines)
    is_told = any(label.startswith(_MARKS) for _, label in record.marks)
    is_over = record.session.ending in _REFUSALS
    return Result.REFUSED if is_denied or is_told or is_over else Result.STOPPED


def _result_of_run(record: Record, ran_at: float) -> Result:
    """What the record says of the moment before *ran_at*; what ran unasked is told about then.

    Something opaque explains what ran while it was open, or right after it; not what ran later. Of
    a shell that does not ask, the line that was released last does.
    """
    told_from = ran_at - _STARTING_SECONDS
    told = [label for at, label in record.marks if told_from <= at <= ran_at + _HEARING_SECONDS]
    if any(at >= told_from and label.startswith("unasked") for at, label in record.marks):
        return Result.UNASKED
    released = [c for c in record.commands if c.at <= ran_at and c.outcome == "released"]
    last = released[-1] if released else None
    if last is not None and last.verdict == "opaque":
        return Result.OPAQUE
    marks = [(at, label) for at, label in record.marks if at <= ran_at]
    stretch = [label for _, label in marks if label in {_BEGINS, _ENDS}]
    marked_at = max((at for at, label in marks if label.startswith(_MARKS)), default=0.0)
    is_marked = stretch[-1:] == [_BEGINS] or marked_at > (last.at if last else 0.0)
    is_marked = is_marked or _UNHEARD in told
    if is_marked:
        return Result.OPAQUE
    is_told = last is not None and any(label.startswith(_SCREEN_ALONE) for _, label in marks)
    if not is_told:
        return Result.SILENT
    is_approved = any(command.source == _DOOR for command in released)
    return Result.APPROVED if is_approved else Result.UNSEEN
