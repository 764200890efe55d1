"""What a client has told a session channel before it is known which session serves it.

What always holds: whatever session takes the channel over is told the same, in the same order. What
it does not do: ask for anything, or keep what was typed.
"""

from collections.abc import Callable, Mapping

import asyncssh

from bastion.guards import requests
from bastion.guards.lending import Display, Lends
from bastion.relay.pump import UserChannel

_USUAL_SIZE = (80, 24)


class Told:
    """What one channel was told.

    Attributes:
        has_terminal: whether the client asked for one.
        term: the terminal's type.
        is_colourless: the person wants no colours (`SendEnv NO_COLOR`).
    """

    def __init__(self) -> None:
        self.has_terminal = self.is_colourless = False
        self.term = ""
        self._size = (0, 0, 0, 0)
        self._modes: dict[int, int] = {}
        self._offers: dict[str, Callable[[Lends], bool]] = {}

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and rows; the usual ones where the client gave none."""
        cols, rows, _, _ = self._size
        return (cols, rows) if cols and rows else _USUAL_SIZE

    @property
    def cols(self) -> int:
        """Columns as the client said them; 0 where there is no terminal."""
        return self._size[0] if self.has_terminal else 0

    def terminal(
        self, term: str, size: tuple[int, int, int, int], modes: Mapping[int, int]
    ) -> bool:
        """The client asked for a terminal."""
        self.has_terminal, self.term, self._size, self._modes = True, term, size, dict(modes)
        return True

    def resize(self, size: tuple[int, int, int, int]) -> None:
        """The terminal has a new size."""
        self._size = size

    def agent(self) -> bool:
        """The client offers its ssh-agent; the session to come says whether that may be."""
        self._offers["agent"] = lambda session: session.agent_requested()
        return True

    def display(self, display: Display) -> bool:
        """The client offers its display."""
        self._offers["display"] = lambda session: session.display_requested(display)
        return True

    def pass_on(self, channel: UserChannel, session: asyncssh.SSHServerSession[bytes]) -> None:
        """Let *session* serve *channel*, and tell it all."""
        requests.hand_over(channel, session)
        session.connection_made(channel)
        if self.has_terminal:
            session.pty_requested(self.term, self._size, self._modes)
        if isinstance(session, Lends):
            for offer in self._offers.values():
                offer(session)


class ToldSession(asyncssh.SSHServerSession[bytes]):
    """A channel's first session, which remembers what the channel is told."""

    def __init__(self) -> None:
        self._channel: UserChannel | None = None
        self._told = Told()

    def connection_made(self, chan: UserChannel) -> None:
        """The channel is open."""
        self._channel = chan

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """Remember the terminal."""
        return self._told.terminal(term_type, term_size, term_modes)

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Remember its new size."""
        self._told.resize((width, height, pixwidth, pixheight))

    def agent_requested(self) -> bool:
        """The client offers its ssh-agent; the session behind says whether that may be."""
        return self._told.agent()

    def display_requested(self, display: Display) -> bool:
        """The client offers its display."""
        return self._told.display(display)
