"""A session channel to the bastion itself: the menu, one of its own commands, or what there is.

    ssh BASTION                a terminal and no command: the menu
    ssh BASTION -- status      a command: `bastion.downstream.commands`
    ssh -T BASTION             neither: a sentence says what there is

What always holds: no host is reached from here but by the menu's choice. What it does not do: run
commands or draw; it only waits for what is asked.
"""

from collections.abc import Callable
from typing import Any

import asyncssh

from bastion.downstream.told import Told, ToldSession
from bastion.guards import requests
from bastion.refusal import Code, Refusal
from bastion.relay.pump import UserChannel

_FAILED = 255  # as ssh says "the connection failed"
_DEFERRED: Any = None  # asyncssh takes None for "the answer comes later" (requests.reply)

Session = asyncssh.SSHServerSession[bytes]


class Lobby(ToldSession):
    """One channel, until something is asked for."""

    def __init__(self, command: Callable[[], Session], menu: Callable[[Told], Session]) -> None:
        super().__init__()
        self._make_command, self._make_menu = command, menu

    def shell_requested(self) -> bool:
        """The menu, where there is a terminal to draw it on."""
        if self._channel is None:
            return False
        if not self._told.has_terminal:
            return self._refuse(self._channel, Refusal(Code.NO_DESTINATION))
        self._told.is_colourless = bool(self._channel.get_environment().get("NO_COLOR"))
        menu = self._make_menu(self._told)
        requests.hand_over(self._channel, menu)
        menu.connection_made(self._channel)
        return self._begun(menu.shell_requested())

    def exec_requested(self, command: str) -> bool:
        """One of the commands."""
        if self._channel is None:
            return False
        session = self._make_command()
        self._told.pass_on(self._channel, session)
        return self._begun(session.exec_requested(command))

    def subsystem_requested(self, subsystem: str) -> bool:
        """There is none on the bastion itself."""
        if self._channel is None:
            return False
        session = self._make_command()
        self._told.pass_on(self._channel, session)
        return self._begun(session.subsystem_requested(subsystem))

    def _begun(self, answer: Any) -> bool:
        """*answer* as the session gave it, of which asyncssh knows three kinds."""
        given: bool = answer
        return given

    def _refuse(self, channel: UserChannel, refusal: Refusal) -> bool:
        requests.reply(channel, accepted=True)
        channel.write_stderr(f"{refusal.text()}\r\n".encode())
        channel.exit(_FAILED)
        answered: bool = _DEFERRED
        return answered
