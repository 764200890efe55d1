"""Time as a parameter: whoever needs the time is handed a `Clock`.

What always holds: `now()` is Unix time in seconds (UTC), `monotonic()` never goes back. What it
does not do: sleep, or know time zones.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Unix time, in seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Unix time, in seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        return time.monotonic()
