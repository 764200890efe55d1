"""How the viewer words things: moments, durations, verdicts, endings.

What always holds: whatever people or hosts chose (names, commands) comes out printable and on one
line. What it does not do: draw or colour.
"""

import unicodedata
from datetime import UTC, datetime, tzinfo
from math import inf

from bastion.printable import printable
from bastion.store.rows import Session
from replay_tui.reel import Entry

SYMBOLS = {"allow": "✓", "hold": "◆", "block": "✗", "opaque": "○", "notify": "●"}
"""One sign a verdict, readable without colour."""

WORDS = {
    "allow": "allowed",
    "hold": "held",
    "block": "blocked",
    "opaque": "opaque",
    "notify": "told of",
}

_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def clock_time(seconds: float) -> str:
    """A position in a recording: `4:05` or `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(at: float, zone: tzinfo | None, *, is_short: bool = False) -> str:
    """Unix seconds *at* in *zone* (None: this machine's)."""
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    return local.strftime("%b %d %H:%M" if is_short else "%Y-%m-%d %H:%M:%S")


def place(session: Session) -> str:
    """Where: `login@target`."""
    return printable(f"{session.login}@{session.target}")


def ending(session: Session) -> str:
    """How it ended: `exit 0`, `lost` …; empty while it lives."""
    if session.ending == "exit" and session.exit_status is not None:
        return f"exit {session.exit_status}"
    return printable(session.ending)


def command_line(text: str, limit: int = 0) -> str:
    """A command on one line: line ends show as `⏎`."""
    return printable(text.replace("\r\n", "\n").replace("\n", " ⏎ "), limit)


def verdict(entry: Entry, at: float = inf) -> str:
    """What was decided, and what had come of it by *at*: `held by gpu.reset, denied by ann`."""
    judged, outcome = entry.judged, entry.outcome
    words = WORDS.get(judged.verdict, printable(judged.verdict))
    if judged.rule:
        words += f" by {printable(judged.rule)}"
    if outcome and entry.settled_at <= at and outcome.outcome != WORDS.get(judged.verdict):
        words += f", {printable(outcome.outcome)}"
        words += f" by {printable(outcome.by)}" if outcome.by else ""
    return words


def on_screen(text: str) -> str:
    """Recorded *text* as a terminal may show it: what has no shape of its own becomes `�`."""
    if text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(c) in _UNSHOWABLE else c for c in text)
