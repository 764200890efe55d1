"""The player: one recorded session in a terminal, with its commands and where they were stopped.

What always holds: it reads the recording and nothing else acts on it; a recording that breaks off
or cannot be read is played up to there, and the line below says so. What it does not do: decide
where playing stands (`replay_tui.playhead`).
"""

import asyncio
from datetime import tzinfo
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from bastion.clock import Clock
from bastion.errors import StoreError
from bastion.printable import printable
from bastion.recording.archive import Archive, Finding
from bastion.store.rows import Session
from replay_tui.messages import Grown, Proven, Sought
from replay_tui.palette import BAD, DIM, GOOD
from replay_tui.playhead import Playhead
from replay_tui.reel import Reel
from replay_tui.screens.keys import KeysScreen
from replay_tui.widgets.commands import CommandList
from replay_tui.widgets.footer import KeyFooter
from replay_tui.widgets.terminal import TerminalView
from replay_tui.widgets.timeline import Timeline
from replay_tui.widgets.transport import Caption, Transport
from replay_tui.wording import moment, place

KEYS = (
    ("space", "pause, go on; at the end, start again"),
    ("← →", "5 seconds back, forward"),
    ("shift+← →", "a minute back, forward"),
    ("home end", "to the start, to the end (follows a live one)"),
    ("n N", "next, previous command that was held or blocked"),
    ("[ ] or - +", "slower, faster: 0.25x to 16x"),
    ("i", "skip pauses longer than 2 seconds, or play them"),
    ("c", "the list of commands; enter goes to one"),
    ("↑ ↓ pgup pgdn", "scroll a terminal taller than the window"),
    ("ctrl+← →", "scroll one that is wider"),
    ("q esc", "back to the list"),
)

_FRAME_SECONDS = 1 / 30
_FOLLOW_SECONDS = 0.25
_READ_EVENTS = 5_000
_LONGEST_NAME = 40
_LOW_ROWS, _NARROW_COLS = 18, 100


class PlayerScreen(Screen[None]):
    """Plays *session*; raises RecordingError where its recording has no beginning."""

    CSS = """
    PlayerScreen { layout: vertical; }
    PlayerScreen > #title {
        height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis;
    }
    PlayerScreen.-low > #title { display: none; }
    PlayerScreen > #stage { height: 1fr; }
    """
    AUTO_FOCUS = ""  # nothing: the list of commands is hidden at first
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", key_display="space"),
        Binding("n", "next_mark", "Next stop", key_display="n"),
        Binding("c", "commands", "Commands"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q,escape", "back", "Back", key_display="q"),
        Binding("right_square_bracket,plus,equals_sign", "speed(1)", "Faster", key_display="]"),
        Binding("left_square_bracket,minus", "speed(-1)", "Slower", key_display="["),
        Binding("i", "idle", "Idle"),
        Binding("N", "previous_mark", "Previous stop", key_display="N"),
        Binding("left", "seek(-5)", "5 seconds back", show=False),
        Binding("right", "seek(5)", "5 seconds forward", show=False),
        Binding("shift+left", "seek(-60)", "A minute back", show=False),
        Binding("shift+right", "seek(60)", "A minute forward", show=False),
        Binding("home", "start", "Start", show=False, priority=True),
        Binding("end", "end", "End", show=False, priority=True),
        Binding("up", "scroll(0, -1)", "Scroll", show=False),
        Binding("down", "scroll(0, 1)", "Scroll", show=False),
        Binding("pageup", "scroll(0, -10)", "Scroll", show=False),
        Binding("pagedown", "scroll(0, 10)", "Scroll", show=False),
        Binding("ctrl+left", "scroll(-8, 0)", "Scroll", show=False),
        Binding("ctrl+right", "scroll(8, 0)", "Scroll", show=False),
    ]

    def __init__(
        self, archive: Archive, session: Session, clock: Clock, zone: tzinfo | None
    ) -> None:
        super().__init__()
        self._archive, self._session = archive, session
        self._clock, self._zone = clock, zone
        self.reel = Reel(archive.path(session), is_live=session.ended_at is None)
        self.playhead = Playhead(self.reel)
        self._finding: Finding | None = None
        self._is_reading = False
        self._ticked_at = clock.monotonic()

    def compose(self) -> ComposeResult:
        """The terminal above, the lines that tell below."""
        yield Static(id="title", markup=False)
        with Horizontal(id="stage"):
            yield TerminalView()
            yield CommandList()
        yield Caption()
        yield Timeline(self.reel, self.playhead)
        yield Transport()
        yield KeyFooter()

    def on_mount(self) -> None:
        """Read the beginning at once and the rest beside; start playing, a live one where it is."""
        self.reel.read_on()
        self._read()
        self._prove()
        self.go(self.reel.duration if self.reel.is_live else 0.0)
        self.set_interval(_FRAME_SECONDS, self.tick)
        self.set_interval(_FOLLOW_SECONDS, self.follow)

    def on_resize(self, event: Resize) -> None:
        """Give small windows to the terminal."""
        self.set_class(event.size.height < _LOW_ROWS, "-low")
        self.query_one(CommandList).set_class(event.size.width < _NARROW_COLS, "-low")

    def tick(self) -> None:
        """Let the time that has passed pass for the playhead too."""
        now = self._clock.monotonic()
        passed, self._ticked_at = now - self._ticked_at, now
        if self.playhead.advance(passed):
            self.draw()

    async def follow(self) -> None:
        """Take in what a live session has added, and its end."""
        if self._is_reading or not self.reel.is_live:
            return
        session_id = self._session.id
        try:
            found = await self._archive.store.run(lambda store: store.sessions.find(session_id))
        except StoreError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
        else:
            self._session = found[0] if found else self._session
            self._read()

    def on_grown(self, event: Grown) -> None:
        """More was read; all of it, where the session had ended before reading began."""
        self._is_reading = not event.is_all
        if event.is_all and self.reel.is_live and self._session.ended_at is not None:
            self.reel.is_live = False
            self._prove()
        self.draw()

    def on_proven(self, event: Proven) -> None:
        """The chain was followed."""
        self._finding = event.finding
        self.draw()

    def draw(self) -> None:
        """Show what the playhead stands on."""
        at = self.playhead.at
        terminal = self.query_one(TerminalView)
        terminal.show(self.playhead.screen)
        self.query_one(CommandList).show(self.reel, at)
        self.query_one(Caption).show(self.reel, at)
        self.query_one(Transport).show(self.reel, self.playhead, terminal.part)
        self.query_one(Timeline).refresh()
        self.query_one("#title", Static).update(self._title(), layout=False)

    def on_sought(self, event: Sought) -> None:
        """Go where somebody pointed."""
        self.go(event.at)

    def go(self, at: float) -> None:
        """Jump to the moment *at*."""
        self.playhead.seek(at)
        self.query_one(CommandList).follow()
        self.query_one(TerminalView).follows_cursor = True
        self.draw()

    def action_pause(self) -> None:
        """Pause or go on."""
        self.playhead.toggle()
        self.draw()

    def action_seek(self, seconds: int) -> None:
        """Jump by *seconds*."""
        self.go(self.playhead.at + seconds)

    def action_start(self) -> None:
        """Jump to the start."""
        self.go(0.0)

    def action_end(self) -> None:
        """Jump to the end."""
        self.go(self.reel.duration)

    def action_next_mark(self) -> None:
        """Jump to the next command that was stopped."""
        self._jumped(found=self.playhead.next_mark())

    def action_previous_mark(self) -> None:
        """Jump to the one before."""
        self._jumped(found=self.playhead.previous_mark())

    def action_speed(self, steps: int) -> None:
        """Faster or slower."""
        self.playhead.change_speed(steps)
        self.draw()

    def action_idle(self) -> None:
        """Skip pauses or play them."""
        self.playhead.skips_idle = not self.playhead.skips_idle
        self.draw()

    def action_commands(self) -> None:
        """Show the list of commands or hide it."""
        commands = self.query_one(CommandList)
        commands.toggle_class("-shown")
        commands.follow()
        self.set_focus(commands if commands.has_class("-shown") else None)

    def action_scroll(self, cols: int, rows: int) -> None:
        """Show another part of a large terminal."""
        self.query_one(TerminalView).scroll_by_hand(cols, rows)
        self.draw()

    def action_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(KeysScreen("player", KEYS))

    def action_back(self) -> None:
        """Leave for the list; where there is none, leave altogether."""
        self.dismiss()

    def _jumped(self, *, found: bool) -> None:
        self.go(self.playhead.at)
        if not found:
            self.notify("No other command was held or blocked in this direction.", timeout=2)

    def _title(self) -> Content:
        session = self._session
        began = moment(session.started_at, self._zone)
        title = Content.assemble(
            (printable(session.account, _LONGEST_NAME), "bold"),
            (" → ", DIM),
            (printable(place(session), _LONGEST_NAME), "bold"),
            (f"   {printable(session.kind)}   {began}   ", DIM),
        )
        if self._finding is None:
            return title
        proof = self._finding.proof
        detail = "" if proof.fits else f": {printable(self._finding.detail)}"
        return title + Content.styled(f"{proof}{detail}", GOOD if proof.fits else BAD)

    def _read(self) -> None:
        """Read the reel on, as far as its file goes, in a thread of its own."""
        self._is_reading = True
        self._read_on()

    @work(thread=True, group="read")
    def _read_on(self) -> None:
        worker = get_current_worker()
        while not worker.is_cancelled and self.reel.read_on(_READ_EVENTS):
            self.post_message(Grown(is_all=False))
        self.post_message(Grown(is_all=True))

    @work(group="prove", exclusive=True)
    async def _prove(self) -> None:
        """Check the recording's chain beside playing."""
        session = self._session
        finding = await asyncio.to_thread(self._archive.prove, session)
        self.post_message(Proven(session, finding))
