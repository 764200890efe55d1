"""What somebody sees whose connection waits for an approval.

What always holds: text of others is made printable; on a terminal one line is drawn again in place
and fits its width, elsewhere one line is all. What it does not do: write, or wait.
"""

from collections.abc import Callable

from bastion.printable import printable
from bastion.refusal import Refusal
from bastion.store.rows import Request

_RED, _YELLOW, _GREEN = "31", "33", "32"
_TAG = "[bastion] "
_NAMES_CHARS = 200


class WaitingLine:
    """The lines of one channel.

    Args:
        cols: the terminal's width; 0 without a terminal.
        now: tells the Unix time.
    """

    def __init__(self, cols: int, now: Callable[[], float]) -> None:
        self._has_terminal, self._now = bool(cols), now
        self._shown = ""
        self._request = ""

    def waiting(self, request: Request, cols: int) -> bytes:
        """What is to be written now; nothing where the same is there already."""
        begun = b""
        if request.id != self._request:
            self._request = request.id
            begun = self._begun(request)
        if not self._has_terminal:
            return begun
        minutes, rest = divmod(max(int(request.expires_at - self._now()), 0), 60)
        text = f"{minutes}:{rest:02} left; Ctrl-C cancels"
        if text == self._shown and not begun:
            return b""
        self._shown = text
        return begun + b"\r\x1b[K" + _painted(_YELLOW, text[: max(cols - 1 - len(_TAG), 1)])

    def refused(self, refusal: Refusal) -> bytes:
        """The line that ends it."""
        return self._line(_RED, refusal.text().removeprefix("bastion: "))

    def approved(self) -> bytes:
        """The line after which the session goes on; nothing where nobody had to wait."""
        return self._line(_GREEN, "approved") if self._request else b""

    def _begun(self, request: Request) -> bytes:
        who = printable(", ".join(request.approvers), _NAMES_CHARS)
        return self._line(
            _YELLOW,
            f"connecting to {printable(request.target)} as {printable(request.login)} waits for "
            f"approval by {who} (request {request.id[-6:]})",
        )

    def _line(self, colour: str, text: str) -> bytes:
        if not self._has_terminal:
            return f"{_TAG}{text}\n".encode()
        return b"\r\x1b[K" + _painted(colour, text) + b"\r\n"


def _painted(colour: str, text: str) -> bytes:
    return f"\x1b[{colour}m{_TAG}{text}\x1b[0m".encode()
