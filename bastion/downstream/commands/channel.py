"""A session channel to the bastion itself: runs one of its own commands.

What always holds: a command is in the audit log before it runs; it ends when the client goes; a
lock that meets the person is heard before it runs. What it does not do: open a shell, or dial.
"""

import asyncio
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import asyncssh
import structlog
from asyncssh.constants import EXTENDED_DATA_STDERR

from bastion.audit.entry import AuditCode
from bastion.downstream.commands.call import FAILED, UNKNOWN, Call
from bastion.downstream.commands.table import COMMANDS
from bastion.errors import StoreError
from bastion.guards import requests
from bastion.printable import printable
from bastion.refusal import Code, Refusal
from bastion.relay.pump import UserChannel

_LOG = structlog.get_logger()
_CONNECTION_FAILED = 255  # as ssh says it
_CANCEL = b"\x03"
_AUDITED_CHARS = 500
_DEFERRED: Any = None  # asyncssh takes None for "the answer comes later" (requests.reply)

CallMaker = Callable[[tuple[str, ...], Callable[[str], None], Callable[[str], None]], Call]


class CommandSession(asyncssh.SSHServerSession[bytes]):
    """One channel."""

    def __init__(self, make_call: CallMaker) -> None:
        self._make_call = make_call
        self._channel: UserChannel | None = None
        self._has_terminal = False
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, chan: UserChannel) -> None:
        """The channel is open."""
        self._channel = chan

    def pty_requested(
        self,
        term_type: str,  # noqa: ARG002  lines look alike on every terminal
        term_size: tuple[int, int, int, int],  # noqa: ARG002
        term_modes: Mapping[int, int],  # noqa: ARG002
    ) -> bool:
        """Lines end as a terminal needs it."""
        self._has_terminal = True
        return True

    def shell_requested(self) -> bool:
        """There is no shell on the bastion."""
        return self._end(Refusal(Code.NO_DESTINATION), _CONNECTION_FAILED)

    def subsystem_requested(self, subsystem: str) -> bool:
        """Nor is there a subsystem."""
        refusal = Refusal(Code.CHANNEL_REFUSED, f"subsystem {printable(subsystem, 64)}")
        return self._end(refusal, _CONNECTION_FAILED)

    def exec_requested(self, command: str) -> bool:
        """One of the commands."""
        try:
            words = tuple(shlex.split(command))
        except ValueError:
            return self._end(Refusal(Code.USAGE, "an open quote"), UNKNOWN)
        if not words or words[0] not in COMMANDS:
            named = printable(words[0], 64) if words else "nothing"
            return self._end(Refusal(Code.USAGE, f"there is no command {named}"), UNKNOWN)
        self._task = asyncio.create_task(self._run(words))
        answer: bool = _DEFERRED
        return answer

    def data_received(self, data: bytes, _datatype: int | None) -> None:
        """Nothing is read but Ctrl-C."""
        if self._has_terminal and _CANCEL in data and self._task is not None:
            self._task.cancel()

    def eof_received(self) -> bool:
        """The client will send no more; the answer still comes."""
        return True

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel is closed."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, words: tuple[str, ...]) -> None:
        status = FAILED
        try:
            status = await self._ran(words)
        except asyncio.CancelledError:
            status = _CONNECTION_FAILED
        except StoreError as error:
            _LOG.warning("a command of the bastion failed", cause=str(error))
            self._err(Refusal(Code.STORE_UNAVAILABLE).text() + "\n")
        except Exception as error:  # noqa: BLE001  asyncssh must not meet it: it ends connections
            _LOG.exception("a command of the bastion failed", cause=repr(error))
            self._err(Refusal(Code.INTERNAL).text() + "\n")
        finally:
            if self._channel is not None and not self._channel.is_closing():
                self._channel.exit(status)

    async def _ran(self, words: tuple[str, ...]) -> int:
        call = self._make_call(words[1:], self._out, self._err)
        if self._channel is not None:
            requests.reply(self._channel, accepted=True)
        if refusal := await call.reception.barred(call.identity):
            return call.refuse(refusal)
        line = printable(shlex.join(words), _AUDITED_CHARS)
        who = call.identity
        await call.reception.note(
            AuditCode.BASTION_COMMAND, who.subject, command=line, address=who.address
        )
        return await COMMANDS[words[0]].run(call)

    def _end(self, refusal: Refusal, status: int) -> bool:
        if self._channel is None or self._channel.is_closing():
            return False
        requests.reply(self._channel, accepted=True)
        self._err(refusal.text() + "\n")
        self._channel.exit(status)
        answered: bool = _DEFERRED
        return answered

    def _out(self, text: str) -> None:
        self._write(text, None)

    def _err(self, text: str) -> None:
        self._write(text, None if self._has_terminal else EXTENDED_DATA_STDERR)

    def _write(self, text: str, kind: int | None) -> None:
        if self._channel is None or self._channel.is_closing():
            return
        ended = text.replace("\n", "\r\n") if self._has_terminal else text
        self._channel.write(ended.encode(), kind)
