"""The shell's own witness: it says what it is about to run, and waits for an answer.

Stands beside the screen's witness. At a prompt that the shell announced, keys need not wait, for
nothing runs before the shell has asked; the exact line is what is recorded and judged. What the
screen showed of it is judged as well, so that the one witness can only make the other stricter.

What always holds: every question is answered, one at a time and in order, and what cannot be judged
is denied; a line that was denied has to be followed by a prompt, else the session ends; a forged
word, or the end of the channel, ends the trust in the shell for good. What it does not do: judge,
write into the record, or know channels; its `Asking` does.
"""

import asyncio
from collections import deque
from dataclasses import replace

from bastion.command.shell.fish_line import in_posix
from bastion.command.shell.questions import Answer, Forged, Kind, Question
from bastion.relay import gate_states
from bastion.relay.agreement import Agreement, agreement
from bastion.relay.alarm import Alarm, happens
from bastion.relay.asking import Asking, Ways
from bastion.relay.dropped import Dropped
from bastion.relay.first_prompt import FirstPrompt
from bastion.relay.gate_states import MANNERS, NO_INTEGRATION, Event, Keys, State
from bastion.relay.latency import ENTER, Latency
from bastion.relay.line import SHELL, STEP, Line
from bastion.relay.paste import ENTERS, Passing
from bastion.relay.shells import Shells
from bastion.relay.silence import Silence
from bastion.relay.tampering import Tampering
from bastion.relay.witness import Witness

DENY_SECONDS = 15.0  # how long a shell may take to its next prompt after it was denied a line
_ECHO_SECONDS, _PASTE_SECONDS = 0.02, 0.5
_HEAR_SECONDS = (0.5, 2.0)  # how long a shell may take to say what Enter did: at least, at most
_PROMPT_SECONDS = 0.15  # how long what was typed ahead waits for a short command to end
_HEAR_ROUND_TRIPS, _MAX_QUESTIONS = 4, 64
_DEAF = "this shell has to ask before each line, and cannot any more: open a new session"
_HIDDEN_TEXT, _UNSEEN_TEXT = "(a line that the shell could not tell)", "(not shown)"
_HIDDEN = "the shell could not tell this line, so nobody could judge it"
_BEYOND = "more was pasted than this line, and what it starts would read it; type it by itself"


class ShellWitness:
    """Hears one shell.

    Attributes:
        state: where the gate is.
        first_prompt: waits for that, with what was typed before it.
        passing: what passes to the shell at its prompt.
        directory: where the shell is, as far as it told.
    """

    def __init__(
        self, screen: Witness, asking: Asking, ways: Ways, latency: Latency, shell: str = ""
    ) -> None:
        self._screen, self._asking, self._ways, self._latency = screen, asking, ways, latency
        self._dropped = Dropped(asking, is_counting=shell == "bash")
        self._meant = in_posix if shell == "fish" else str
        self._loop = asyncio.get_running_loop()
        self.first_prompt = FirstPrompt(screen)
        self._questions: deque[tuple[Question, float]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._entering: asyncio.Task[None] | None = None
        self._changed, self._printed = asyncio.Event(), asyncio.Event()
        self._shells, self._alarm = Shells(), Alarm()
        self._silence, self._tampering = Silence(asking, screen), Tampering(asking)
        self._denied, self._line_text, self._approved = "", "", frozenset[str]()
        self._row: int | None = None
        self._is_joined = self._has_left = self._is_opaque = False
        self._is_missed = self._is_deaf = self._is_entering = self._is_edited = False
        self._allowed_at, self._typed_at, self._accepted_at = -_PROMPT_SECONDS, 0.0, 0.0
        self.passing = Passing()
        self.directory, self.state = "", State.STARTING

    @property
    def keys(self) -> Keys:
        """What becomes of a key that may accept a line."""
        return MANNERS[self.state].keys

    @property
    def waits(self) -> bool:
        """Whether all keys wait."""
        return self._is_entering or self.keys is Keys.WAIT

    @property
    def reason(self) -> str:
        """Why a line that the screen reads now is opaque, whatever it says."""
        return MANNERS[self.state].reason

    # What the gate tells.

    def typed(self, keys: bytes) -> None:
        """*keys* go to the host; none of them accepts a line."""
        self._typed_at = self._loop.time()
        self.passing.passed(keys)
        self._dropped.typed(keys)
        if self.keys is Keys.PASS:
            self._enter(Event.TYPED)

    def accepted(self, key: bytes, round_trip: float) -> None:
        """*key*, which may accept a line, went to the shell at its prompt just now."""
        if self._loop.time() - self._typed_at >= _PASTE_SECONDS:
            self.passing.forget()  # a paste that was not taken whole would have asked by now
        self.passing.passed(key)
        self._screen.learn()
        self._row, self._accepted_at = self._screen.row, self._loop.time()
        self._silence.accepts()
        self._is_edited = self.state is State.EDITING
        self._printed.clear()
        self._enter(Event.ACCEPTED)
        text, is_line = self._screen.line().text, key in ENTERS and not self._is_joined
        self._dropped.entered((self._screen.plain_keys or text) if is_line else "")
        self._asking.foresee(self._meant(text))
        least, most = _HEAR_SECONDS
        self._alarm.set(min(max(_HEAR_ROUND_TRIPS * round_trip, least), most), self._unheard)

    def printed(self) -> None:
        """The host printed something."""
        self._printed.set()
        self.first_prompt.printed()

    def released(self) -> None:
        """A line went to the host by what the screen showed."""
        if self.state is State.RUNNING:
            self._silence.goes_on(self.directory)

    def look(self) -> None:
        """See what the screen looks like, now that a line is to be read off it."""
        self._dropped.forget_line()
        if self._is_deaf:
            self._is_deaf = False
            self._asking.warn(_DEAF)
        if self.state is State.STARTING and not self._is_missed:
            self._is_missed = True
            self._asking.mark(f"{NO_INTEGRATION}: the shell has not spoken")
        if self.state not in {State.RUNNING, State.FULL_SCREEN, State.NO_ECHO}:
            return
        if self._screen.is_full_screen:
            self._enter(Event.FULL)
        else:
            self._enter(Event.SILENT if self._screen.is_silent else Event.PLAIN)

    async def free(self, *, is_accepting: bool) -> None:
        """Wait until keys need not wait; one that accepts, for a prompt that may come soon too."""
        if is_accepting:
            await self.first_prompt.comes()
        while self.waits:
            await self._changed.wait()
        until = self._allowed_at + _PROMPT_SECONDS
        while is_accepting and self.state is State.RUNNING and self._loop.time() < until:
            await happens(self._changed, until)

    def ends(self) -> None:
        """The session ends, before the shell said what it made of the last Enter, perhaps."""
        if self.state is State.ASKING and not self._denied:
            self._unheard()
        if self._printed.is_set():
            self._silence.tell(self.directory)
        self._dropped.tell()

    def close(self) -> None:
        """Stop: the session is over."""
        self._alarm.off()
        self._silence.broken()
        self._dropped.forget()
        for task in filter(None, (self._task, self._entering)):
            task.cancel()

    # What the shell says.

    def heard(self, word: Question | Forged) -> None:
        """The next word from the side channel."""
        if isinstance(word, Forged):
            self.gone(f"forged: {word.reason}")
            return
        if word.kind not in {Kind.PROMPT, Kind.TAMPER}:
            self._dropped.asked(word.text)
        match word.kind:
            case Kind.LINE | Kind.COMMAND:
                self._ask(word)
            case Kind.PROMPT:
                self._prompted(word)
            case Kind.MORE:
                self._more(word)
            case Kind.TAMPER:
                self._tampering.told(word.text)
            case Kind.END:
                self._left(word)

    def closed(self, cause: str) -> None:
        """The shell gets no answers any more, and so drops every line."""
        self._is_deaf = not self._has_left
        self.gone(cause)

    def gone(self, cause: str) -> None:
        """The shell's word is worth nothing any more."""
        if self.state is not State.LOST and not self._has_left:
            self._asking.mark(f"lost: {cause}")
            self._enter(Event.GONE)

    def _ask(self, question: Question) -> None:
        if len(self._questions) >= _MAX_QUESTIONS:
            self._ways.answer(question, Answer.DENY)
            return
        self._questions.append((question, self._loop.time()))
        self._task = self._task or self._loop.create_task(self._work())

    def _prompted(self, word: Question) -> None:
        if not self._shells.prompted(word.process):
            return  # another shell, in a window of its own perhaps: keys need not go there
        self._alarm.off()
        self.directory = word.folder
        self.passing.prompted()
        self._count(int(word.text))
        self._new_line()
        self._is_joined = False
        self._enter(Event.PROMPT)

    def _count(self, counted: int) -> None:
        """See whether more lines ran than were allowed since the last prompt."""
        ran_more = self._shells.ran_more(counted)
        self._dropped.prompted(ran=ran_more)
        denied, self._denied = self._denied, ""
        text = self._silence.broken()
        self._line_text, self._approved = "", frozenset()
        if self._is_opaque:
            self._is_opaque = False
            self._asking.mark("opaque ends")
        if not ran_more:
            return
        if denied:
            self._asking.unverified(denied)
            return
        if self._row is not None:
            text = self._screen.line().text or self._screen.plain_keys
        self._asking.unasked(text, self.directory)

    def _more(self, word: Question) -> None:
        if word.process == self._shells.process and not self._denied:
            self._silence.broken()
            self._new_line()
            self._is_joined = True
            self._enter(Event.MORE)

    def _left(self, word: Question) -> None:
        if not self._shells.process:
            self._is_missed = self._is_entering = True
            self.first_prompt.over()
            self._entering = self._loop.create_task(self._entered(word.text))
        elif word.process == self._shells.process:
            self._denied, self._has_left = "", True  # it runs nothing more
            self._alarm.off()
            self._enter(Event.LEAVING)

    async def _entered(self, cause: str) -> None:
        """The shell is there, and will not ask: nobody sits at it before that may be."""
        if await self._asking.enters(cause):
            self._is_entering = False
            self._enter(Event.LEAVING)

    # Answering.

    async def _work(self) -> None:
        try:
            while self._questions:
                question, asked_at = self._questions.popleft()
                if question.kind is Kind.LINE:
                    await self._settle_line(question, asked_at)
                else:
                    await self._settle_step(question)
        except Exception as error:  # noqa: BLE001  whatever it is: not answered, so not run
            self._asking.failed(error)
        finally:
            self._task = None

    async def _settle_line(self, question: Question, asked_at: float) -> None:
        if self._denied and question.process == self._shells.process:
            self._ways.answer(question, Answer.DENY)  # pasted behind a line that was stopped
            return
        self._enter(Event.LINE)
        if not question.text.strip():
            await self._asking.stopped(_HIDDEN_TEXT, "hidden-line", _HIDDEN)
            self._denied_line(question)
            return
        ruling = await self._asking.rule(await self._line(question))
        if ruling.is_released and ruling.is_opaque and self.passing.beyond(question.text):
            await ruling.drop(_BEYOND)
            ruling = replace(ruling, is_released=False)
        if ruling.is_released and not ruling.was_held:
            now = self._loop.time()
            self._latency.add(SHELL, now - asked_at)
            if self._row is not None:
                self._latency.add(ENTER, now - self._accepted_at)
        if not ruling.is_released:
            self._denied_line(question)
            return
        is_stepped = ruling.is_opaque and not ruling.was_held
        self._ways.answer(question, Answer.STEP if is_stepped else Answer.ALLOW)
        if ruling.is_opaque and not self._is_opaque:
            self._is_opaque = True
            self._asking.mark("opaque begins")
        self._line_text, self._approved = question.text, ruling.approved
        self._shells.allowed(question.process, question.text)
        self._allowed_at = self._loop.time()
        self._silence.broken()
        self._new_line()
        self._enter(Event.ALLOWED)
        await ruling.afterwards()

    def _denied_line(self, question: Question) -> None:
        """The shell drops the line, and has to show a prompt then."""
        self.passing.forget()
        self._ways.drop()
        self._ways.answer(question, Answer.DENY)
        if question.process != self._shells.process:
            self._enter(Event.ANSWERED)  # a shell within: no prompt of its own is waited for
            return
        self._denied = question.text or _HIDDEN_TEXT
        self._alarm.set(DENY_SECONDS, lambda: self._asking.unverified(self._denied))
        self._silence.broken()
        self._new_line()
        self._enter(Event.DENIED)

    async def _settle_step(self, question: Question) -> None:
        """Rule on a command that a line came to."""
        if self._denied or not question.text.strip():
            self._ways.answer(question, Answer.DENY)  # of a line that was denied, or hidden
            return
        self._enter(Event.COMMAND)
        if question.text == self._line_text or question.text in self._approved:
            self._ways.answer(question, Answer.ALLOW)  # ruled on with the line, as it stands
            self._enter(Event.ANSWERED)
            return
        reason, text = self._tampering.reason(question.text, self.reason), question.text
        # Where it runs is not known: the line may have changed folders before.
        line = Line(text, (), "shell", "", STEP, reason, "", question.meant)
        ruling = await self._asking.rule(line)
        self._ways.answer(question, Answer.ALLOW if ruling.is_released else Answer.DENY)
        self._enter(Event.ANSWERED)
        if ruling.is_released:
            await ruling.afterwards()

    async def _line(self, question: Question) -> Line:
        """The exact line, with what the screen and the keys say where that is another one."""
        text = question.text
        seen = await self._echoed() if question.process == self._shells.process else None
        others: tuple[str, ...] = ()
        if seen is not None:
            keys = self._screen.plain_keys
            agreed = agreement(text, seen.text, keys)
            if agreed is not Agreement.SAME:
                others = tuple(dict.fromkeys(other for other in (seen.text, keys) if other))
            is_part = self._is_joined or self.passing.is_one_of_many(text)
            if agreed is Agreement.DIFFERENT and not is_part:
                self._asking.mark("witnesses-differ")
        if self.passing.is_one_of_many(text):
            self._tampering.explained()
        reason = self._tampering.reason(text, self.reason)
        where = self.directory if question.process == self._shells.process else ""
        return Line(text, others, "shell", "", SHELL, reason, where, question.meant)

    async def _echoed(self) -> Line | None:
        """What the screen shows of the line once its end was echoed; None where it was not."""
        row, deadline = self._row, self._loop.time() + _ECHO_SECONDS
        if row is None:
            return None
        while not self._screen.is_past(row):
            if self._loop.time() >= deadline:
                return None
            self._printed.clear()
            await happens(self._printed, deadline)
        return self._screen.line()

    # Changes.

    def _enter(self, event: Event) -> None:
        before, self.state = self.state, gate_states.after(self.state, event)
        if self.state is before:
            return
        self.first_prompt.over()  # what was not the first word was behind it
        if before is State.ASKING:
            self._alarm.off()
        if MANNERS[self.state].is_told:
            self._asking.mark(self.state)
        self._changed.set()
        self._changed = asyncio.Event()

    def _new_line(self) -> None:
        """What is typed from now on is another line."""
        self._row = None
        self._screen.accepted()

    def _unheard(self) -> None:
        """The shell did not say what it made of Enter."""
        text = self._screen.line().text or self._screen.plain_keys
        self._silence.begins(text or (_UNSEEN_TEXT if self._is_edited else ""))
        self._new_line()
        self._enter(Event.UNHEARD)
