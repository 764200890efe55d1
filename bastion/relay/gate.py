"""The gate of an interactive session: nothing runs before the line was judged.

Two witnesses read a line. Where the shell itself says what it is about to run and waits for an
answer, Enter passes at once, and the keys after it wait until the shell has said what it made of
it. Everywhere else the screen is read: Enter is held until the line that it would accept was ruled
on. `gate_states` says which of both it is.

What always holds: every byte that may accept a line (CR, LF, ^O, ^D, ^X^E …) is forwarded only
after the line that the screen shows was ruled on, or to a shell that asks by itself; what was typed
after it waits; a line that was stopped is cancelled with ^C (never with a key that could accept
it), a prompt has to come back, and what was typed after it is thrown away, the rest of a paste as
well; as long as the cursor stands in such a line, it is judged again. Bytes that accept nothing
pass at once while nothing waits. What it does not do: judge, show notices or record; its `Asking`
does.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bastion.command.shell.questions import Answer, Question
from bastion.relay.asking import Asking, Ways
from bastion.relay.gate_states import Keys
from bastion.relay.latency import Latency
from bastion.relay.line import FULL_SCREEN, SCREEN, Line
from bastion.relay.paste import CANCEL, ENTERS, Paste, accepting
from bastion.relay.ruling import Ruling
from bastion.relay.shell_witness import ShellWitness
from bastion.relay.standing import Standing
from bastion.relay.witness import Witness

_COMPLETES = b"\t"
MAX_WAITING_BYTES = 64 * 1024
# What a terminal answers by itself (device attributes, cursor position, colours): not typed keys.
_REPLIES = re.compile(
    rb"(?:\x1b\[[?>=]?[0-9;]*[cRnt]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\)+"
)
_QUIET_SECONDS = 0.03
_LONGEST_SETTLE_SECONDS = 1.0
_ECHO_ROUND_TRIPS = 4
_ECHO_SECONDS = (0.1, 0.5)  # how long an echo may take: at least, and at first
_HALF_SEEN = "half-seen"  # why a line is opaque whose last editing key has no answer yet
_SCROLLED = "full-screen keys"  # the mark of ^D and the like, which an editor scrolls by
_CANCEL_SECONDS = 15.0  # how long a program may take to answer ^C, or a shell to its next prompt
_REPEAT_SECONDS = 3.0  # after which a shell gets ^C again: in the midst of a key, bash may miss it
_KEPT_SECONDS = 0.5  # how long a line may stand there before it is taken for kept


class Host(Protocol):
    """Where the gate sends keys."""

    def keys(self, data: bytes, *, hidden: bool) -> None:
        """Record *data* (or only that something came, when *hidden*) and send it to the host."""
        ...

    def hold_user(self, why: str, *, on: bool) -> None:
        """Take no more keys from the user (or take them again)."""
        ...


class Gate:
    """Sits between the user's keys and the host.

    Args:
        witness: reads the screen.
        host: where keys go.
        asking: rules on lines.
        latency: counts what lines waited.
    """

    def __init__(self, witness: Witness, host: Host, asking: Asking, latency: Latency) -> None:
        self._witness, self._host = witness, host
        self._asking, self._latency = asking, latency
        self._shell: ShellWitness | None = None
        self._waiting, self._paste = bytearray(), Paste()
        self._printed = asyncio.Event()
        self._is_taken_back = False  # since a key accepted a line, by Ctrl-C
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._sent_at = self._output_at = self._loop.time()
        self._round_trip, self._before, self._is_scrolled = 0.0, b"", False
        self._echo_seconds = _ECHO_SECONDS[1]

    def hear(self, answer: Callable[[Question, Answer], None], shell: str = "") -> ShellWitness:
        """From now on the shell of that name says what it will run; *answer* answers it."""
        ways = Ways(answer, self.drop)
        self._shell = ShellWitness(self._witness, self._asking, ways, self._latency, shell)
        return self._shell

    def output(self, data: bytes) -> None:
        """The host printed *data*."""
        now = self._loop.time()
        if self._output_at < self._sent_at:
            self._measure(now - self._sent_at)
        self._output_at = now
        self._printed.set()
        self._witness.output(data, now)
        if self._shell is not None:
            self._shell.printed()

    def resize(self, cols: int, rows: int) -> None:
        """The terminal has a new size."""
        self._witness.resize(cols, rows)

    def keys(self, data: bytes) -> None:
        """The user typed *data*."""
        data = self._paste.wanted(data)
        if not self._is_busy and self._accepting(data) < 0:
            self._forward(data)
            return
        if self._is_busy and CANCEL in data and self._asking.cancel():
            self._waiting.clear()
            self._is_taken_back = True
            data = data[data.rindex(CANCEL) + 1 :]
        elif CANCEL in data and self._shell is not None and self._shell.first_prompt.cancel():
            self._waiting.clear()  # as a terminal does with what nobody has read yet
            self._forward(CANCEL)
            data = data[data.rindex(CANCEL) + 1 :]
        self._waiting += data
        if len(self._waiting) > MAX_WAITING_BYTES:
            self._host.hold_user("gate", on=True)
        if self._waiting and self._task is None:
            self._task = self._loop.create_task(self._drain())

    def drop(self) -> None:
        """What waits was typed behind a line that was stopped: throw it away.

        What was typed behind the Ctrl-C that took the line back is not.
        """
        if not self._is_taken_back:
            self._waiting.clear()
        self._is_taken_back = False
        self._paste.throw_away()

    @property
    def is_full_screen(self) -> bool:
        """Whether a full-screen program is shown."""
        return self._witness.is_full_screen

    def is_at_start(self) -> bool:
        """Whether the cursor stands at the beginning of a row."""
        return self._witness.is_at_start

    def screen(self) -> list[str]:
        """The rows of the user's screen, without blank ones at the end."""
        rows = self._witness.lines()
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def ends(self) -> None:
        """The session ends: mark what the shell has not told of so far."""
        if self._shell is not None:
            self._shell.ends()

    def close(self) -> None:
        """Stop: the session is over."""
        if self._task is not None:
            self._task.cancel()
        if self._shell is not None:
            self._shell.close()

    @property
    def _is_busy(self) -> bool:
        """Whether keys have to wait."""
        return self._task is not None or (self._shell is not None and self._shell.waits)

    def _accepting(self, data: bytes | bytearray) -> int:
        """Where the first key of *data* stands that may accept a line; -1 without one."""
        if self._shell is not None and self._shell.keys is Keys.PASS:
            return self._shell.passing.accepting(bytes(data))
        return accepting(bytes(data), self._before)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                if self._shell is not None:
                    at = accepting(bytes(self._waiting), self._before)
                    await self._shell.free(is_accepting=at >= 0)
                at = self._accepting(self._waiting)
                if at < 0:
                    self._forward(self._take(len(self._waiting)))
                    continue
                keys, key = self._take(at), self._take(1)
                await self._lead(keys)
                if self._shell is not None and self._shell.keys is Keys.PASS:
                    self._pass(self._shell, key)
                else:
                    await self._accept(key)
        except Exception as error:  # noqa: BLE001  whatever it is: what was not judged stays here
            self._asking.failed(error)
        finally:
            self._task = None
            self._host.hold_user("gate", on=False)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken

    def _forward(self, keys: bytes) -> None:
        if not keys:
            return
        now, self._before = self._loop.time(), keys[-1:]
        self._sent_at = now
        hidden = self._witness.is_hidden(now)
        _, cancel, typed = keys.rpartition(CANCEL)
        if cancel:
            self._witness.cancelled()
        if typed and not _REPLIES.fullmatch(typed):
            self._witness.typed(typed, now)
        if self._shell is not None:
            self._shell.typed(keys)
        self._host.keys(keys, hidden=hidden or self._witness.is_hidden(now))

    async def _lead(self, keys: bytes) -> None:
        """Send *keys*, which stand before one that accepts.

        What comes of a key that completes can be seen only where the echo before it was.
        """
        last = max(keys.rfind(_COMPLETES), 0)
        self._forward(keys[:last])
        if last:
            await self._settle()
        self._forward(keys[last:])

    def _pass(self, shell: ShellWitness, key: bytes) -> None:
        """Send *key* to the shell, which asks before it runs what that accepts."""
        self._is_taken_back = False
        self._sent_at = self._loop.time()
        self._host.keys(key, hidden=False)
        # what is read off the screen now costs nobody's time
        shell.accepted(key, self._round_trip)

    async def _accept(self, key: bytes) -> None:
        began, self._is_taken_back = self._loop.time(), False
        await self._settle()
        line = self._witness.line()
        if self._shell is not None:
            self._shell.look()
            line = replace(line, reason=self._shell.reason, directory=self._shell.directory)
        is_blank = self._is_nothing(key, line)
        if line.where != FULL_SCREEN and self._witness.owed_since(self._loop.time()):
            line, is_blank = replace(line, reason=line.reason or _HALF_SEEN), False
        ruling = Ruling(is_released=True) if is_blank else await self._asking.rule(line)
        if ruling.is_released:
            self._witness.learn()
            self._witness.accepted()
            self._send(key)
            if not (is_blank or ruling.was_held):
                self._latency.add(SCREEN, self._loop.time() - began)
            await ruling.afterwards()
            if self._shell is not None and not is_blank:
                self._shell.released()
        else:
            stood = self._witness.standing()
            self.drop()
            self._witness.cancelled()
            self._send(CANCEL)
            if not await self._is_dropped(stood):
                self._asking.unverified(line.text)

    def _is_nothing(self, key: bytes, line: Line) -> bool:
        """Whether nobody need be asked: nothing stands there, or *key* scrolls a full screen.

        What it is for there, only the program knows: so much is marked, once.
        """
        if line.is_blank or line.where != FULL_SCREEN or key in ENTERS:
            self._is_scrolled = self._is_scrolled and line.where == FULL_SCREEN
            return line.is_blank
        if not self._is_scrolled:
            self._is_scrolled = True
            self._asking.mark(_SCROLLED)
        return True

    def _send(self, key: bytes) -> None:
        self._sent_at, self._before = self._loop.time(), key
        if self._shell is not None:
            self._shell.passing.passed(key)
        self._host.keys(key, hidden=False)

    def _measure(self, seconds: float) -> None:
        """An echo took *seconds*: wait for later ones a few times as long, and no longer."""
        self._round_trip = seconds
        patience = _ECHO_ROUND_TRIPS * seconds
        self._echo_seconds = min(max(patience, _ECHO_SECONDS[0]), _LONGEST_SETTLE_SECONDS)

    async def _is_dropped(self, stood: Standing | None) -> bool:
        """Whether the host dropped the line that *stood* there, in bounded time.

        A shell shows its prompt, and nothing that ran; a program has to show something at least.
        """
        began, is_repeated = self._loop.time(), stood is None
        while (now := self._loop.time()) < began + _CANCEL_SECONDS:
            if self._output_at >= self._sent_at:
                if stood is None or self._witness.is_dropped(stood):
                    return True
                if now - self._output_at >= _KEPT_SECONDS and self._witness.is_kept(stood):
                    return True  # ^C is another key there; the line will be judged again
            if not is_repeated and now - began >= _REPEAT_SECONDS:
                is_repeated = True
                self._send(CANCEL)
            self._printed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._printed.wait(), _QUIET_SECONDS)
        return False

    async def _settle(self) -> None:
        """Wait until the echo of what was sent stands on the screen, in bounded time."""
        deadline = self._loop.time() + _LONGEST_SETTLE_SECONDS
        while (now := self._loop.time()) < deadline:
            if since := self._witness.owed_since(now):
                quiet_at = since + _LONGEST_SETTLE_SECONDS
            elif self._output_at >= self._sent_at:
                quiet_at = self._output_at + _QUIET_SECONDS
            else:
                quiet_at = self._sent_at + self._echo_seconds
            if quiet_at <= now:
                return
            await asyncio.sleep(min(quiet_at - now, _QUIET_SECONDS))
