r"""Knows a paste that the terminal marks (ESC[200~ … ESC[201~), to throw away the rest of one.

The marks come from the user's side, so nothing is let pass because of them: they only say how much
more is to be thrown away once a line of a paste was stopped, for a paste arrives in pieces.

What always holds: Ctrl-C ends the throwing away, so that nobody is locked out by an end that never
comes. What it does not do: judge.
"""

_BEGIN, _END = b"\x1b[200~", b"\x1b[201~"
_CANCEL = b"\x03"


class Paste:
    """The pastes of one terminal."""

    def __init__(self) -> None:
        self._tail = b""
        self._is_open = self._is_unwanted = False

    def wanted(self, data: bytes) -> bytes:
        """What is left of *data*, the next bytes from the user."""
        seen = self._tail + data
        begun, ended = seen.rfind(_BEGIN), seen.rfind(_END)
        if begun != ended:
            self._is_open = begun > ended
        self._tail = seen[1 - len(_END) :]
        if not self._is_unwanted:
            return data
        if _CANCEL in data:
            self._is_unwanted = False
            return data[data.rindex(_CANCEL) :]
        if ended < 0:
            return b""
        self._is_unwanted = self._is_open
        return b"" if self._is_open else seen[ended + len(_END) :]

    def throw_away(self) -> None:
        """What is still to come of a paste is not wanted."""
        self._is_unwanted = self._is_open
