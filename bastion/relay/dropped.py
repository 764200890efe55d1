"""Notices a line that a shell dropped by itself: behind Enter comes a prompt, and no question.

That is so for what a shell does not run at all, an empty line, a comment, an error in it; and for a
line whose question failed, which is dropped so that it does not run unasked. Only the last is told,
by whoever can tell them apart.

What always holds: nothing is told of a shell whose count of lines is not its own, for it may have
run the line; a question that comes a moment later (the prompt was that of an earlier Ctrl-C) takes
it back. What it does not do: read the line.
"""

from bastion.relay.agreement import Agreement, agreement
from bastion.relay.alarm import Alarm
from bastion.relay.asking import Asking
from bastion.relay.paste import CANCEL

PATIENCE_SECONDS = 1.0
"""How long after a prompt the question for the line before it may come."""


class Dropped:
    """The lines of one shell.

    Args:
        asking: is told.
        is_counting: whether the shell itself counts what it runs, so that it need not be believed.
    """

    def __init__(self, asking: Asking, *, is_counting: bool) -> None:
        self._asking, self._is_counting = asking, is_counting
        self._alarm = Alarm()
        self._entered = self._pending = ""
        self._is_next = False

    def entered(self, text: str) -> None:
        """Enter went to the shell behind *text*; empty where that is no line of its own."""
        self._entered, self._is_next = text, True

    def typed(self, keys: bytes) -> None:
        """*keys* went to the shell that accept nothing; Ctrl-C has a prompt of its own."""
        if CANCEL in keys:
            self.forget_line()

    def forget_line(self) -> None:
        """The next prompt is not that of the last Enter."""
        self._entered = ""

    def prompted(self, *, ran: bool) -> None:
        """The shell is at its prompt; whether it *ran* more than it was allowed."""
        text, self._entered = self._entered, ""
        if text and self._is_counting and not ran:
            self.tell()
            self._pending, self._is_next = text, False
            self._alarm.set(PATIENCE_SECONDS, self.tell)

    def asked(self, text: str) -> None:
        """The shell says something of a line, *text* where it asks for it."""
        self.forget_line()
        if not self._is_next or agreement(text, self._pending) is Agreement.SAME:
            self.forget()

    def tell(self) -> None:
        """No question came for it."""
        text = self._pending
        self.forget()
        if text:
            self._asking.dropped(text)

    def forget(self) -> None:
        """There is nothing to tell."""
        self._alarm.off()
        self._pending = ""
