"""A recording made ready for seeking: read once, and read on while it grows.

What always holds: memory grows with the keyframes and commands, never with the recorded output;
what a terminal of absurd size was asked for is bounded; a line that cannot be read ends the reel
there and is named in `problem`. One thread reads on at a time; others may look meanwhile. What it
does not do: play (`replay_tui.playhead`), or judge whether the recording was tampered with.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from bastion.errors import RecordingError
from bastion.events import (
    Carried,
    Event,
    Exit,
    FileAsked,
    FileDone,
    Judged,
    Outcome,
    Output,
    Resize,
)
from bastion.files import Action
from bastion.printable import printable
from bastion.recording.asciicast import Header
from bastion.recording.reader import START, Place, Step, read_header, steps
from bastion.screen import Screen

KEYFRAME_BYTES = 256 * 1024
KEYFRAME_EVENTS = 2000
IDLE_SECONDS = 2.0
"""A longer pause is a gap, which watching may skip."""
MAX_POSTPONED = 16
"""So often a keyframe waits for a full-screen program to end; see `Reel._is_sure`."""
_ASCII = 0x80
_LOOKING = frozenset({"", str(Action.LOOK), str(Action.LIST)})


@dataclass(frozen=True)
class Keyframe:
    """What the screen showed at a place of the recording, as text that rebuilds it."""

    place: Place
    size: tuple[int, int]
    dump: str


@dataclass(frozen=True)
class Entry:
    """A command of the session, at its moment, with what became of it, and when."""

    at: float
    judged: Judged
    outcome: Outcome | None = None
    settled_at: float = 0.0


class Stage:
    """A screen that shows a session's events."""

    def __init__(self, header: Header) -> None:
        self._has_terminal = bool(header.term)
        self.screen = Screen(header.cols, header.rows)

    def show(self, event: Event) -> None:
        """Change the screen as *event* did; without a terminal, a line's end is also its start."""
        match event:
            case Output(data):
                shown = data if self._has_terminal else data.replace(b"\n", b"\r\n")
                self.screen.feed(shown)
            case Resize(cols, rows):
                self.screen.resize(cols, rows)
            case Carried() if not self._has_terminal:
                self.screen.feed(f"{event.text}\r\n".encode())
            case FileAsked(number) | FileDone(number) if not self._has_terminal:
                self.screen.feed(f"#{number} {printable(event.text)}\r\n".encode())

    def restore(self, keyframe: Keyframe) -> None:
        """Show what *keyframe* holds."""
        self.screen = Screen(*keyframe.size)
        self.screen.feed(keyframe.dump.encode())


class Reel:
    """The recording at *path*; raises RecordingError where it has no header.

    Attributes:
        duration: the moment of the last event so far.
        entries: the session's commands so far, in order.
        exit: how the session ended, once that is read.
        gaps: the pauses longer than IDLE_SECONDS so far, as moments of start and end.
        is_live: whether more may come; the owner knows.
        is_loaded: whether the end of the file was reached once.
        problem: why reading ended early; empty where it did not.
    """

    def __init__(self, path: Path, *, is_live: bool = False) -> None:
        self.path, self.is_live, self.is_loaded = path, is_live, False
        self.header = read_header(path)
        self.duration = 0.0
        self.entries: list[Entry] = []
        self.gaps: list[tuple[float, float]] = []
        self.exit: Exit | None = None
        self.problem = ""
        self._stage = Stage(self.header)
        self._end = START
        self._since_bytes = self._since_events = self._postponed = 0
        self._was_resized_behind = False
        self._keyframes = [Keyframe(START, self._stage.screen.size, "")]
        self._numbers: dict[str, int] = {}

    @property
    def read_bytes(self) -> int:
        """How far the file was read."""
        return self._end.offset

    def read_on(self, limit: int = KEYFRAME_EVENTS) -> bool:
        """Take in at most *limit* events more; False where there were none."""
        taken = 0
        try:
            for step in islice(steps(self.path, self._end), limit):
                self._take(step)
                taken += 1
        except RecordingError as error:
            self.problem = str(error)
        self.is_loaded |= taken < limit
        return taken > 0

    def steps(self, place: Place) -> Iterator[Step]:
        """The events behind *place* that were taken in so far, as far as they can still be read."""
        try:
            for step in steps(self.path, place):
                yield step
                if step.after.offset >= self._end.offset:
                    return
        except RecordingError as error:
            self.problem = str(error)

    def past(self, at: float) -> int:
        """How many of the entries are not after the moment *at*."""
        return bisect_right(self.entries, at, key=_entry_moment)

    def keyframe(self, at: float) -> Keyframe:
        """The last keyframe that is not after the moment *at*."""
        return self._keyframes[bisect_right(self._keyframes, at, key=_moment) - 1]

    def _take(self, step: Step) -> None:
        event, at = step.timed.event, step.timed.at
        self._stage.show(event)
        if at - self.duration > IDLE_SECONDS:
            self.gaps.append((self.duration, at))
        self._end, self.duration = step.after, at
        self._since_events += 1
        match event:
            case Output(data):
                self._since_bytes += len(data)
                self._keep_frame(data)
            case Resize():
                self._was_resized_behind |= self._stage.screen.is_alternate
            case Judged():
                self._numbers[event.command_id] = len(self.entries)
                self.entries.append(Entry(at, event))
            case Outcome():
                self._settle(event, at)
            case FileAsked(action=action) if action not in _LOOKING:
                name = f"file {event.number}"
                judged = Judged(name, event.text, event.verdict, event.rule, event.reason)
                self._numbers[name] = len(self.entries)
                self.entries.append(Entry(at, judged))
            case FileDone(number):
                self._settle(Outcome(f"file {number}", event.text), at)
            case Exit():
                self.exit = event

    def _settle(self, outcome: Outcome, at: float) -> None:
        number = self._numbers.get(outcome.command_id)
        if number is not None:
            entry = self.entries[number]
            self.entries[number] = replace(entry, outcome=outcome, settled_at=at)

    def _keep_frame(self, data: bytes) -> None:
        """Keep a keyframe where one is due, never inside a character."""
        is_due = self._since_bytes >= KEYFRAME_BYTES or self._since_events >= KEYFRAME_EVENTS
        if not (is_due and data and data[-1] < _ASCII):
            return
        self._since_bytes = self._since_events = 0
        if self._is_sure() or self._postponed >= MAX_POSTPONED:
            screen = self._stage.screen
            self._keyframes.append(Keyframe(self._end, screen.size, screen.dump()))
            self._postponed = 0
        else:
            self._postponed += 1

    def _is_sure(self) -> bool:
        """Whether a dump holds all that can come to light.

        The emulator resizes what a full-screen program hides only when it comes to light, and its
        dump of it, until then, is not exact.
        """
        self._was_resized_behind = self._was_resized_behind and self._stage.screen.is_alternate
        return not self._was_resized_behind


def _entry_moment(entry: Entry) -> float:
    return entry.at


def _moment(keyframe: Keyframe) -> float:
    return keyframe.place.at
