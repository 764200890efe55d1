"""Durations as people write and read them: `1h30m`, `1 h 30 min`.

What always holds: what is written here can be read by no other rules elsewhere. What it does not
do: know moments.
"""

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"(?:[0-9]{1,9}[smhdw])+")
LONGEST_SECONDS = 100 * 366 * 86400


def seconds_of(text: str) -> int | None:
    """The seconds of a duration such as `90m`, `2h` or `1h30m`; None where it is none."""
    if not _DURATION.fullmatch(text):
        return None
    parts = re.findall(r"([0-9]+)([smhdw])", text)
    return sum(int(count) * _UNITS[unit] for count, unit in parts)


def span(seconds: int) -> str:
    """*seconds* in words: `2 h`, `1 h 30 min`, `45 s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
