"""What the bastion itself says in a session: one line each, safe to print, coloured on a terminal.

What always holds: every part that comes from outside is made printable; a line that is updated in
place fits the terminal's width, and all others are broken between words, so that none loses its
end. What it does not do: write, or wait.

A line that is updated in place leaves the cursor where it begins: a terminal that becomes narrower
breaks the line, and still it is taken away from its beginning.
"""

from collections.abc import Callable, Iterable

from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.relay.rows import cells, rows
from bastion.verdict import Judgement

_RED, _YELLOW, _GREEN = "31", "33", "32"
_REASON_CHARS = 300
_TAG = "[bastion] "
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

    Attributes:
        is_at_start: whether the cursor stands at the beginning of a line.
        is_ended_by_shell: whether the host's shell begins a new line when it drops one.
    """

    def __init__(self, cols: int) -> None:
        self.cols = cols
        self.is_at_start: Callable[[], bool] = lambda: False
        self.is_ended_by_shell = False
        self._is_drawn = self._is_interrupted = False
        self._drawn_cells = 0
        self._is_broken = False

    def resized(self, cols: int) -> None:
        """The terminal has another width, in which what is drawn may take several rows."""
        self.cols = cols
        self._is_broken = self._is_broken or self._drawn_cells > cols

    def blocked(
        self, judgement: Judgement, *, is_file: bool = False, is_ended: bool = True
    ) -> bytes:
        """The line for a command, or what would be done with a file, that a rule blocked.

        Not ended where the host's shell is to do it, and does.
        """
        code = Code.FILE_DENIED if is_file else Code.COMMAND_BLOCKED
        text = f"blocked by {judgement.rule}: {judgement.reason} [{code}]"
        return self._asked_for() + self._paint(_RED, text) + self._end(is_ended=is_ended)

    def held(self, judgement: Judgement, approvers: Iterable[str], seconds: int) -> bytes:
        """The line for a held command, shown once."""
        left = "" if self.cols else f", {_minutes(seconds)} left"
        who = _named(approvers)
        line = self._paint(
            _YELLOW, f"held by {judgement.rule}: waiting for {who}{left}. {judgement.reason}"
        )
        return self._asked_for() + line + self._newline()

    def left(self, approvers: Iterable[str], seconds: int) -> bytes:
        """How long the command still waits, to be drawn in place again and again.

        The longest form that fits; the narrowest terminal shows the time at least.
        """
        time, who = _minutes(seconds), printable(_named(approvers))
        full = f"{time} left for {who}; Ctrl-C cancels"
        short = f"{time} left; Ctrl-C cancels"
        forms = (_TAG + full, full, _TAG + short, short, f"{time}; ^C cancels", time)
        fitting = next((form for form in forms if cells(form) < self.cols), "")
        place = self._place()
        self._is_drawn, self._drawn_cells = True, cells(fitting)
        return place + f"{_coloured(_YELLOW, fitting)}\r".encode()

    def make_room(self) -> bytes:
        """What takes the drawn line away, because the host is about to print; else nothing."""
        if not self._is_drawn:
            return b""
        cleared = self._cleared()
        self._is_drawn, self._is_interrupted = False, True
        return cleared

    def decided(
        self, state: str, by: str, reason: str, *, is_file: bool = False, is_ended: bool = True
    ) -> bytes:
        """The line that ends the waiting, in the place of what was drawn there.

        A denial is not ended where the host's shell is to do it, and does.
        """
        if state == "approved":
            colour, text = _GREEN, f"approved by {by}{_because(reason)}"
        else:
            code = _CODES.get(state, Code.COMMAND_UNJUDGED)
            outcome = f"the command did not run [{code}]"
            if is_file:
                outcome = f"it was not done [{Code.FILE_DENIED}]"
            who = f" by {by}" if by and state == "denied" else ""
            colour, text = _RED, f"{state}{who}{_because(reason)}: {outcome}"
        end = self._end(is_ended=is_ended or state == "approved")
        place = self._place()
        self._is_drawn = self._is_interrupted = False
        return place + self._paint(colour, text) + end

    def refused(self, refusal: Refusal, *, is_full_screen: bool = False) -> bytes:
        """The line for a refusal that ends the session, left to be read after it."""
        line = self._line(_RED, refusal.text().removeprefix("bastion: "))
        return _PLAIN_TERMINAL + line if is_full_screen else line

    def warned(self, sentence: str) -> bytes:
        """The line for what is about to happen to the session."""
        return self._line(_YELLOW, sentence)

    def motd(self, text: str) -> bytes:
        """The operators' greeting, in lines of their own."""
        newline = self._newline()
        return b"".join(
            self._wrapped(printable(line)).encode() + newline for line in text.splitlines()
        )

    def _line(self, colour: str, text: str) -> bytes:
        return self._begun() + self._paint(colour, text) + self._newline()

    def _asked_for(self) -> bytes:
        """What stands before a line about a command; without a terminal it has printed nothing."""
        return self._begun() if self.cols else b""

    def _end(self, *, is_ended: bool) -> bytes:
        """The end of a line, unless the host's shell ends it."""
        return self._newline() if is_ended or not self.is_ended_by_shell else b""

    def _begun(self) -> bytes:
        """What leads to the beginning of a line; what is drawn goes."""
        if self._is_drawn:
            return self._cleared()
        return b"" if self.is_at_start() else self._newline()

    def _place(self) -> bytes:
        """What leads to where a line is drawn that is updated in place."""
        is_behind_output = self._is_interrupted and not self._is_drawn
        return self._begun() if is_behind_output else self._cleared()

    def _cleared(self) -> bytes:
        """Take the drawn line away: its row, or all below it where it was broken."""
        erased = b"\r\x1b[J" if self._is_broken else b"\r\x1b[K"
        self._drawn_cells, self._is_broken = 0, False
        return erased if self.cols else b""

    def _newline(self) -> bytes:
        return b"\r\n" if self.cols else b"\n"

    def _paint(self, colour: str, text: str) -> bytes:
        line = self._wrapped(f"{_TAG}{printable(text, 4 * _REASON_CHARS)}")
        return (_coloured(colour, line) if self.cols else line).encode()

    def _wrapped(self, line: str) -> str:
        return "\r\n".join(rows(line, self.cols)) if self.cols else line


def _coloured(colour: str, line: str) -> str:
    return f"\x1b[{colour}m{line}\x1b[0m"


def _minutes(seconds: int) -> str:
    minutes, rest = divmod(max(seconds, 0), 60)
    return f"{minutes}:{rest:02}"


def _named(approvers: Iterable[str]) -> str:
    return ", ".join(sorted(approvers)) or "nobody who may approve"


def _because(reason: str) -> str:
    return f" ({printable(reason, _REASON_CHARS)})" if reason else ""
