"""Plays a reel: where it stands, how fast it goes, what the screen shows there.

What always holds: the screen is the one that feeding everything from the start up to `at` would
show; a jump feeds at most what lies between two keyframes. Time is handed in: it knows no clock. A
live recording that has been played to its end is followed as it grows, until somebody jumps back.
What it does not do: draw.
"""

from bisect import bisect_right
from collections.abc import Iterator

from bastion.recording.reader import START, Step
from bastion.screen import Screen
from replay_tui.reel import IDLE_SECONDS, Entry, Reel, Stage

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
STOPPED = frozenset({"hold", "block"})
_BACK_SECONDS = 0.5  # going back from just behind a mark means the mark before it


class Playhead:
    """A position in a *reel* that moves.

    Attributes:
        at: seconds since the session began.
        speed: recorded seconds a second.
        is_playing: whether `advance` moves it.
        skips_idle: whether a longer pause counts as IDLE_SECONDS.
    """

    def __init__(self, reel: Reel) -> None:
        self._reel = reel
        self.at = 0.0
        self.speed = 1.0
        self.is_playing, self.skips_idle, self._is_following = True, True, False
        self._stage = Stage(reel.header)
        self._shown = START
        self._steps: Iterator[Step] = iter(())
        self._next: Step | None = None

    @property
    def screen(self) -> Screen:
        """What is shown at `at`."""
        return self._stage.screen

    @property
    def is_at_end(self) -> bool:
        """Whether nothing comes after it, for now."""
        return self.at >= self._reel.duration

    def advance(self, seconds: float) -> bool:
        """Let *seconds* of watching pass; True where anything moved."""
        before = self.at
        if not self.is_playing:
            return False
        if self._is_following and self._reel.is_live:
            self.seek(self._reel.duration)
        else:
            self.seek(self._target(seconds * self.speed))
        if self.is_at_end and self._reel.is_loaded and not self._reel.is_live:
            self.is_playing = False
        return self.at != before or not self.is_playing

    def seek(self, at: float) -> None:
        """Jump to the moment *at*, or as near to it as the reel goes."""
        self._show_until(min(max(at, 0.0), self._reel.duration))
        self._is_following = self.is_at_end and self._reel.is_loaded

    def toggle(self) -> None:
        """Pause or go on; at the end, start again."""
        if not self.is_playing and self.is_at_end and not self._reel.is_live:
            self.seek(0.0)
        self.is_playing = not self.is_playing

    def change_speed(self, steps: int) -> None:
        """Go faster (or, below zero, slower) by so many *steps*."""
        number = SPEEDS.index(self.speed) + steps
        self.speed = SPEEDS[min(max(number, 0), len(SPEEDS) - 1)]

    def next_mark(self) -> bool:
        """Jump to the next held or blocked command; False where there is none."""
        return self._jump([mark.at for mark in self._marks() if mark.at > self.at][:1])

    def previous_mark(self) -> bool:
        """Jump to the one before; False where there is none."""
        return self._jump([m.at for m in self._marks() if m.at < self.at - _BACK_SECONDS][-1:])

    def _marks(self) -> Iterator[Entry]:
        return (entry for entry in self._reel.entries if entry.judged.verdict in STOPPED)

    def _jump(self, moments: list[float]) -> bool:
        for at in moments:
            self.seek(at)
        return bool(moments)

    def _target(self, seconds: float) -> float:
        """Where playing for so many recorded *seconds* leads; each skipped pause adds itself."""
        target = self.at + seconds
        if not self.skips_idle:
            return target
        first = bisect_right(self._reel.gaps, self.at, key=_end_of)
        for start, end in self._reel.gaps[first:]:
            wait_ends = max(start + IDLE_SECONDS, self.at)
            if target <= wait_ends:
                break
            target += end - wait_ends
        return target

    def _show_until(self, at: float) -> None:
        """Show everything up to the moment *at*, from here or from a keyframe."""
        keyframe = self._reel.keyframe(at)
        if at < self.at or keyframe.place.offset > self._shown.offset:
            self._stage.restore(keyframe)
            self._shown = keyframe.place
            self._next, self._steps = None, iter(())
        while (step := self._peek()) and step.timed.at <= at:
            self._stage.show(step.timed.event)
            self._shown, self._next = step.after, None
        self.at = at

    def _peek(self) -> Step | None:
        """The next event; None where the reel ends."""
        if self._next is None:
            self._next = next(self._steps, None)
        if self._next is None and self._shown.offset < self._reel.read_bytes:
            self._steps = self._reel.steps(self._shown)
            self._next = next(self._steps, None)
        return self._next


def _end_of(gap: tuple[float, float]) -> float:
    return gap[1]
