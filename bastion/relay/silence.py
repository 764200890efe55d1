"""Keeps account of an Enter of which the shell has said nothing yet.

An Enter need not end a line (in a menu of completions, say), so that silence after one is marked,
and no more. Where another line goes to the host and the shell still says nothing, though the cursor
has left the first, or the session ends after the host has answered in some way, the first may have
run and nobody was asked: people are told, and rules say what becomes of the session.

What always holds: it is told at most once, and never once the shell has spoken. What it does not
do: hear the shell.
"""

from bastion.relay.alarm import Alarm
from bastion.relay.asking import Asking
from bastion.relay.standing import Standing
from bastion.relay.witness import Witness

PATIENCE_SECONDS = 30.0
"""How long a shell that was silent after one Enter may be silent after the next."""


class Silence:
    """The silence of one shell."""

    def __init__(self, asking: Asking, screen: Witness) -> None:
        self._asking, self._screen = asking, screen
        self._stood: Standing | None = None
        self._text, self._alarm = "", Alarm()

    def accepts(self) -> None:
        """Enter went to the shell, and the screen shows nothing of that yet."""
        self._stood = self._screen.standing()

    def begins(self, text: str) -> None:
        """The shell did not say what it made of Enter behind *text*."""
        self.broken()
        self._text = text
        if text:
            self._asking.mark("unheard")

    def goes_on(self, directory: str) -> None:
        """Another line goes to the host."""
        if self._text and not self._alarm.is_set:
            self._wait(directory)

    def broken(self) -> str:
        """The shell speaks; what it had said nothing of."""
        self._alarm.off()
        text, self._text = self._text, ""
        return text

    def _wait(self, directory: str) -> None:
        self._alarm.set(PATIENCE_SECONDS, lambda: self._due(directory))

    def _due(self, directory: str) -> None:
        if self._stood is not None and self._screen.is_kept(self._stood):
            self._wait(directory)  # two words were chosen in it, say, and now somebody thinks
        else:
            self.tell(directory)

    def tell(self, directory: str) -> None:
        """What it has said nothing of may have run."""
        if text := self.broken():
            self._asking.unasked(text, directory)
