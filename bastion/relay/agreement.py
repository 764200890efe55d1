"""Whether the two witnesses of a line agree: what the shell says it is, and what its screen shows.

The screen may show less (an echo that is half there), more (a prompt at the right), other blanks
(wraps) and what the shell made something else of (`!!`). All that is agreement, and the exact line
counts alone. Where they differ without such a reason, each is judged, and the record says so.

What always holds: a reading that differs is never thrown away. What it does not do: judge.
"""

import re
from enum import Enum

_BLANKS = re.compile(r"\s+")
_AT_THE_RIGHT = re.compile(r" {2,}\S")
_EXPANDED = re.compile(r"[!^]")


class Agreement(Enum):
    """How the screen's reading goes with the exact line."""

    SAME = "same"
    EXPLAINED = "explained"
    DIFFERENT = "different"


def agreement(exact: str, reading: str, keys: str = "") -> Agreement:
    """How *reading*, off the screen, and the plain *keys* go with the *exact* line."""
    told = _squeezed(exact)
    is_shown = _is_part(told, reading) or _is_beside(told, reading)
    if is_shown and _is_part(told, keys):  # the keys know no right prompt
        return Agreement.SAME
    return Agreement.EXPLAINED if _EXPANDED.search(reading + keys) else Agreement.DIFFERENT


def _is_part(told: str, seen: str) -> bool:
    """Whether *seen* is where the line begins, or ends (the rest was typed ahead)."""
    squeezed = _squeezed(seen)
    return told.startswith(squeezed) or told.endswith(squeezed)


def _is_beside(told: str, reading: str) -> bool:
    """Whether *reading* is the line with something set apart at its right."""
    return any(
        _squeezed(reading[: apart.start()]) == told for apart in _AT_THE_RIGHT.finditer(reading)
    )


def _squeezed(text: str) -> str:
    return _BLANKS.sub("", text)
