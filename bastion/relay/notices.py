"""What the bastion itself says in a session: one line each, safe to print, coloured on a terminal.

What always holds: every part that comes from outside is made printable; a line that is updated in
place fits the terminal's width. What it does not do: write, or wait.
"""

from collections.abc import Iterable

from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.verdict import Judgement

_RED, _YELLOW, _GREEN = "31", "33", "32"
_REASON_CHARS = 300
# Leaves the alternate screen, with cursor, colours, mouse and paste as a shell expects them.
_PLAIN_TERMINAL = (
    b"\x1b[?1049l\x1b[?25h\x1b[0m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l"
)
_CODES = {
    "denied": Code.COMMAND_DENIED,
    "expired": Code.COMMAND_EXPIRED,
    "cancelled": Code.COMMAND_CANCELLED,
}


class Notices:
    """Writes the lines for one session.

    Args:
        cols: the terminal's width; 0 without a terminal, and then nothing is coloured.
    """

    def __init__(self, cols: int) -> None:
        self.cols = cols

    def blocked(self, judgement: Judgement) -> bytes:
        """The line for a command that a rule blocked."""
        text = f"blocked by {judgement.rule}: {judgement.reason} [{Code.COMMAND_BLOCKED}]"
        return self._line(_RED, text)

    def waiting(self, judgement: Judgement, approvers: Iterable[str], seconds: int) -> bytes:
        """The line for a held command, to be drawn again in place on a terminal."""
        minutes, rest = divmod(max(seconds, 0), 60)
        who = ", ".join(sorted(approvers)) or "nobody who may approve"
        text = (
            f"held by {judgement.rule}: waiting for {who}, {minutes}:{rest:02} left"
            f"{'; Ctrl-C cancels' if self.cols else ''}. {judgement.reason}"
        )
        return self._in_place(_YELLOW, text)

    def decided(self, state: str, by: str, reason: str) -> bytes:
        """The line that ends the waiting."""
        if state == "approved":
            return self._in_place(_GREEN, f"approved by {by}{_because(reason)}") + self._newline()
        code = _CODES.get(state, Code.COMMAND_UNJUDGED)
        who = f" by {by}" if by and state == "denied" else ""
        text = f"{state}{who}{_because(reason)}: the command did not run [{code}]"
        return self._in_place(_RED, text) + self._newline()

    def refused(self, refusal: Refusal, *, is_full_screen: bool = False) -> bytes:
        """The line for a refusal that ends the session, left to be read after it."""
        line = self._line(_RED, refusal.text().removeprefix("bastion: "))
        return _PLAIN_TERMINAL + line if is_full_screen else line

    def warned(self, sentence: str) -> bytes:
        """The line for what is about to happen to the session."""
        return self._line(_YELLOW, sentence)

    def _line(self, colour: str, text: str) -> bytes:
        return self._newline() + self._paint(colour, text) + self._newline()

    def _in_place(self, colour: str, text: str) -> bytes:
        if not self.cols:
            return self._paint(colour, text)
        tag = len("[bastion] ")
        return b"\r\x1b[K" + self._paint(colour, printable(text, max(self.cols - 1 - tag, 20)))

    def _newline(self) -> bytes:
        return b"\r\n" if self.cols else b"\n"

    def _paint(self, colour: str, text: str) -> bytes:
        line = f"[bastion] {printable(text, 4 * _REASON_CHARS)}"
        return (f"\x1b[{colour}m{line}\x1b[0m" if self.cols else line).encode()


def _because(reason: str) -> str:
    return f" ({printable(reason, _REASON_CHARS)})" if reason else ""
