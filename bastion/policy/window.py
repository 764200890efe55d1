"""Time windows: the hours of certain days, in a named time zone.

What always holds: a window belongs to the day on which it begins, also when it ends on the next; it
lasts from its first moment up to, and without, its end. Local times mean what RFC 5545 section
3.3.5 says: one that occurs twice (clocks go back) is the first, one that does not occur (clocks go
forward) is taken with the offset from before. What it does not do: read the clock.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DAY_MINUTES = 24 * 60
_FOR_EVER_SECONDS = 8 * 24 * 3600  # windows repeat by the week: who is through one is through all


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _days(names: Any) -> int:
    """The days as one number, a bit for each, from Monday on."""
    if not isinstance(names, list | tuple) or not names:
        raise ValueError("needs at least one day")
    if unknown := [name for name in names if name not in _DAYS]:
        raise ValueError(f"{unknown[0]!r} is no day: use {', '.join(_DAYS)}")
    return sum(1 << number for number, name in enumerate(_DAYS) if name in names)


def _minutes(text: Any) -> Any:
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise ValueError(f'{text!r} is no time of day: use "08:30", up to "24:00"')
    return int(text[:2]) * 60 + int(text[3:])


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # a folder, a bad path, an unknown name
        raise ValueError(f"there is no time zone {name!r}") from error
    return name


Minutes = Annotated[int, BeforeValidator(_minutes)]
Hours = tuple[int, int, int, str]
"""Days (a bit for each), begin and end (minutes of the day), zone."""


class Window(BaseModel):
    """One of the `windows` of a rule in access.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, BeforeValidator(_days)] = (1 << len(_DAYS)) - 1
    """Days on which it begins; every day where left out."""
    begin: Minutes = Field(0, alias="from", lt=_DAY_MINUTES)
    """Local time of day at which it begins."""
    end: Minutes = Field(_DAY_MINUTES, alias="to")
    """Local time of day at which it ends; on the next day where that is not after `from`."""
    zone: Annotated[str, AfterValidator(_zone)]
    """Time zone, as the tz database names it (`Europe/Berlin`, `UTC`)."""

    def __str__(self) -> str:
        days = ",".join(name for number, name in enumerate(_DAYS) if self.days >> number & 1)
        return f"{days} {_shown(self.begin)}-{_shown(self.end)} {self.zone}"

    def end_at(self, now: float) -> float | None:
        """When the window that is open at *now* ends, in Unix seconds; None where none is open."""
        return _end_at(self.hours, int(now // 60))

    @cached_property
    def hours(self) -> Hours:
        """The same as plain values."""
        return (self.days, self.begin, self.end, self.zone)


def open_until(windows: Sequence[Window], now: float) -> float | None:
    """Until when one of *windows* is open without a gap; None where none is open at *now*.

    Infinity where there are none, or where they leave no gap in a whole week.
    """
    return hours_until(tuple(window.hours for window in windows), now)


def hours_until(hours: tuple[Hours, ...], now: float) -> float | None:
    """The same of windows as plain values, which whoever asks often has at hand."""
    return _open_until(hours, int(now // 60)) if hours else math.inf


def _shown(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@lru_cache(maxsize=4096)  # many rules share their windows, and many decisions a minute
def _open_until(windows: tuple[Hours, ...], minute: int) -> float | None:
    now = until = minute * 60.0
    while ends := [end for w in windows if (end := _end_at(w, int(until // 60))) is not None]:
        until = max(ends)
        if until - now > _FOR_EVER_SECONDS:
            return math.inf
    return until if until > now else None


@lru_cache(maxsize=4096)
def _end_at(hours: Hours, minute: int) -> float | None:
    """When the window that is open in a *minute* of Unix time ends.

    Local times are a whole number of minutes from Unix time in every zone since 1972, so that no
    window begins or ends inside of a minute.
    """
    days, begin, end, zone = hours
    now = minute * 60.0
    today = datetime.fromtimestamp(now, ZoneInfo(zone)).toordinal()
    for day in (today, today - 1):
        if days >> (day - 1) % 7 & 1:  # day 1 of the calendar was a Monday
            first, last = _bounds(day, begin, end, ZoneInfo(zone))
            if first <= now < last:
                return last
    return None


def _bounds(day: int, begin: int, end: int, zone: ZoneInfo) -> tuple[float, float]:
    """The first moment of a window that begins on *day*, and its end, in Unix seconds."""
    midnight = datetime.fromordinal(day).replace(tzinfo=zone)
    minutes = end if begin < end else end + _DAY_MINUTES
    moments = [midnight + timedelta(minutes=after) for after in (begin, minutes)]
    return moments[0].timestamp(), moments[1].timestamp()  # arithmetic with a zone is wall time
