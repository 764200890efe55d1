"""A session as plain text: what its screen showed, line by line, with the verdicts between.

A line is taken when it scrolls away, when the screen is cleared, when a full-screen program takes
or leaves it, when a command is judged, and at the end: so it stands as it was seen last. Without a
terminal, the output itself is the text.

What always holds: no control character but the line's end comes out. What it does not do: show
what was overwritten before it scrolled away; the player does.
"""

import codecs
import re
from collections.abc import Iterator, Mapping

from bastion.events import (
    Carried,
    Event,
    Exit,
    FileAsked,
    FileDone,
    Judged,
    Marker,
    Outcome,
    Output,
    Timed,
)
from bastion.printable import printable
from bastion.recording.asciicast import Header
from bastion.screen import Screen
from replay_tui.reel import Entry, Stage
from replay_tui.wording import SYMBOLS, clock_time, command_line, verdict

# What ends a piece: a line's end, and what may wipe or swap the screen.
_PIECES = re.compile(rb"([^\n\x1b]*\n|\x1b\[2?J|\x1bc|\x1b\[\?(?:47|1047|1049)[hl])")
_UNFINISHED = re.compile(rb"\x1b(?:\[[?0-9]{0,5})?\Z")
_ENTERS, _LEAVES = (
    tuple(b"\x1b[?%d%s" % (n, end) for n in (47, 1047, 1049)) for end in (b"h", b"l")
)
_WIPES = (b"\x1b[2J", b"\x1bc")
_WIPES_BELOW = b"\x1b[J"
_TINY_ROWS = 2  # so few can scroll away in the piece that wrote them


def transcript(header: Header, events: Iterator[Timed]) -> Iterator[str]:
    """The lines of the session that *events* tell."""
    page = _Page(header) if header.term else _Roll()
    for timed in events:
        yield from page.show(timed.event)
        if line := annotation(timed):
            yield from page.settle()
            yield line
    yield from page.settle()


def annotation(timed: Timed) -> str:
    """The line for what no screen shows; empty for what it does."""
    at = f"── {clock_time(timed.at)}"
    match timed.event:
        case Judged() as judged:
            symbol = SYMBOLS.get(judged.verdict, "?")
            text = command_line(judged.text) or "(not seen)"
            because = f"  ({printable(judged.reason)})" if judged.reason else ""
            return f"{at} {symbol} {verdict(Entry(timed.at, judged))}: {text}{because}"
        case Outcome(_, outcome, by, reason):
            who = f" by {printable(by)}" if by else ""
            because = f"  ({printable(reason)})" if reason else ""
            return f"{at} → {printable(outcome)}{who}{because}"
        case FileAsked() | FileDone() | Carried() as deed:
            return f"{at} {_deed(deed)}"
        case Marker(label):
            return f"{at} • {printable(label)}"
        case Exit(status, signal):
            return f"{at} ■ " + (f"exit {status}" if signal == "" else f"ended by {signal!r}")
    return ""


def _deed(event: FileAsked | FileDone | Carried) -> str:
    """What is asked for or done with a file, or what a stream carried."""
    if isinstance(event, Carried):
        return f"■ {event.text}"
    if isinstance(event, FileDone):
        return f"→ #{event.number} {printable(event.text)}"
    because = f"  ({printable(event.reason)})" if event.reason else ""
    symbol = SYMBOLS.get(event.verdict, "?")
    return f"{symbol} #{event.number} {printable(event.text)}{because}"


class _Roll:
    """Output without a terminal: lines as they came."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""

    def show(self, event: Event) -> Iterator[str]:
        if isinstance(event, Output):
            *lines, self._line = (self._line + self._decoder.decode(event.data)).split("\n")
            yield from (_clean(line.removesuffix("\r")) for line in lines)

    def settle(self) -> Iterator[str]:
        if self._line:
            yield _clean(self._line)
        self._line = ""


class _Page:
    """A terminal's screen: rows that scroll away are lines of the text."""

    def __init__(self, header: Header) -> None:
        self._stage = Stage(header)
        self._rest = b""  # an escape sequence that the next output goes on with
        self._taken = 0  # rows with a lower number are lines of the text
        self._seen: dict[int, str] = {}  # lines of the text whose rows may still change
        self._kept = (0, self._seen)  # both, of the screen behind a full-screen program

    @property
    def _screen(self) -> Screen:
        return self._stage.screen

    def show(self, event: Event) -> Iterator[str]:
        if not isinstance(event, Output):
            yield from self._change(event)
            return
        for piece in self._pieces(event.data):
            yield from self._before(piece)
            yield from self._change(Output(piece))

    def settle(self) -> Iterator[str]:
        """Take the rows down to the last that is not blank."""
        top, rows = self._screen.top, self._screen.lines()
        while rows and not rows[-1]:
            rows.pop()
        lines = {top + n: row for n, row in enumerate(rows) if top + n >= self._taken}
        yield from self._take(lines)
        self._taken = max(self._taken, min(self._screen.cursor.row, top + len(rows)))
        self._seen = {number: row for number, row in lines.items() if number >= self._taken}

    def _before(self, piece: bytes) -> Iterator[str]:
        """Take the rows that *piece* wipes or hides."""
        cursor, top = self._screen.cursor, self._screen.top
        is_home = (cursor.row, cursor.col) == (top, 0)
        if piece in _WIPES or (piece == _WIPES_BELOW and is_home):
            yield from self.settle()
            self._taken, self._seen = top, {}
        elif piece in _ENTERS and not self._screen.is_alternate:
            yield from self.settle()
            self._kept = (self._taken, self._seen)
            self._taken, self._seen = top, {}
        elif piece in _LEAVES and self._screen.is_alternate:
            yield from self.settle()
            self._taken, self._seen = self._kept

    def _change(self, event: Event) -> Iterator[str]:
        """Show *event* and take the rows that it scrolled away."""
        top, rows = self._screen.top, self._screen.lines()
        self._stage.show(event)
        gone = rows[: self._screen.top - top]
        yield from self._take(
            {top + n: row for n, row in enumerate(gone) if top + n >= self._taken}
        )
        self._taken = max(self._taken, self._screen.top)

    def _take(self, rows: Mapping[int, str]) -> Iterator[str]:
        return (_clean(row) for number, row in rows.items() if self._seen.get(number) != row)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        """*data* in pieces so small that no row scrolls away unseen."""
        data = self._rest + data
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        data, self._rest = data[:end], data[end:]
        cols, rows = self._screen.size
        width = cols if rows > _TINY_ROWS else 1
        for piece in _PIECES.split(data):
            for start in range(0, len(piece), width):
                yield piece[start : start + width]


def _clean(line: str) -> str:
    if line.isprintable():
        return line
    return "    ".join(map(printable, line.split("\t")))
