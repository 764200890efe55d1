"""The catalogue: every session, who and where and what was stopped, and whether its record holds.

What always holds: it reads the store by its read-only door; a recording's chain is followed only
when its row comes into view, in a thread of its own, so that opening a large archive costs nothing.
What it does not do: show more than the newest LIMIT sessions.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import tzinfo
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import DataTable, Input, Static

from bastion.clock import Clock
from bastion.errors import StoreError
from bastion.printable import printable
from bastion.recording.archive import Archive
from bastion.store.protocol import Store
from bastion.store.rows import Session, SessionSummary
from replay_tui.listing import Column, Row, columns
from replay_tui.messages import Proven
from replay_tui.palette import ACCENT, BAD, DIM, GOOD, VERDICTS
from replay_tui.screens.keys import KeysScreen
from replay_tui.widgets.footer import KeyFooter
from replay_tui.wording import SYMBOLS, WORDS, command_line

LIMIT = 1000
KEYS = (
    ("enter", "play the session"),
    ("↑ ↓ j k pgup pgdn", "move"),
    ("home end", "to the first, the last"),
    ("/", "filter by who, where, command or rule"),
    ("esc", "clear the filter"),
    ("s S", "sort by the next column; turn the order round"),
    ("r", "read the store again (it is read every 3 seconds)"),
    ("q", "leave"),
)
_REFRESH_SECONDS, _TICK_SECONDS = 3.0, 1.0
_LOW_ROWS = 16
_NOTHING = (
    "No sessions yet.\n\nAs soon as somebody reaches a host through the bastion, "
    "the session stands here, live."
)


class SessionTable(DataTable[Text]):
    """The table; its Enter is told in the footer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Play", key_display="enter"),
        Binding("home", "scroll_top", "First", show=False),
        Binding("end", "scroll_bottom", "Last", show=False),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", cursor_foreground_priority="renderable")


class CatalogueScreen(Screen[None]):
    """Lists the sessions of *archive*; *play* opens one."""

    CSS = """
    CatalogueScreen > #head {
        height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis;
    }
    CatalogueScreen > #filter {
        height: 1; border: none; padding: 0 1; display: none; background: $panel;
    }
    CatalogueScreen > #filter.-shown { display: block; }
    CatalogueScreen > SessionTable { height: 1fr; scrollbar-size: 1 1; }
    SessionTable > .datatable--header { background: $background; color: $secondary; }
    CatalogueScreen > #nothing { height: 1fr; content-align: center middle; text-align: center; }
    CatalogueScreen > #facts {
        height: 2; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis;
    }
    CatalogueScreen.-low > #facts { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("s", "sort", "Sort"),
        Binding("S", "turn", "Turn round", show=False),
        Binding("r", "refresh", "Refresh"),
        Binding("escape", "clear", "Clear", key_display="esc"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(
        self,
        archive: Archive,
        clock: Clock,
        zone: tzinfo | None,
        play: Callable[[Session], None],
    ) -> None:
        super().__init__()
        self._archive, self._clock, self._zone, self._play = archive, clock, zone, play
        self._rows: dict[str, Row] = {}
        self._drawn: dict[str, Row] = {}
        self._columns: list[Column] = []
        self._sorted_by, self._is_turned = "when", True
        self._query = ""
        self._is_proving = False

    def compose(self) -> ComposeResult:
        """A line of totals, the table, a line on the row under the cursor."""
        yield Static(id="head", markup=False)
        yield Input(placeholder="filter by who, where, command, rule", id="filter", compact=True)
        yield SessionTable()
        yield Static(_NOTHING, id="nothing", markup=False)
        yield Static(id="facts", markup=False)
        yield KeyFooter()

    async def on_mount(self) -> None:
        """Read the store now, and again and again."""
        self._columns = columns(self.app.size.width)
        self._table.focus()
        await self.action_refresh()
        self.set_interval(_REFRESH_SECONDS, self.action_refresh)
        self.set_interval(_TICK_SECONDS, self._tick)
        self.call_after_refresh(self._tick)

    def on_resize(self, event: Resize) -> None:
        """Show the columns there is room for."""
        self.set_class(event.size.height < _LOW_ROWS, "-low")
        self._columns = columns(event.size.width)
        self._fill(anew=True)

    async def action_refresh(self) -> None:
        """Read the store again."""
        query = self._query
        try:
            summaries = await self._archive.store.run(lambda s: s.sessions.latest(LIMIT))
            stale = [s.session.id for s in summaries if query and self._is_unsearched(s)]
            searched = await self._archive.store.run(_searched, stale)
        except StoreError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return
        rows = (self._row(summary) for summary in summaries)
        self._rows = {
            row.session.id: replace(row, searched=searched.get(row.session.id, row.searched))
            for row in rows
        }
        self._fill()
        self._tick()

    def on_data_table_row_selected(self) -> None:
        """Enter, or a click on the row under the cursor."""
        self.action_play()

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the row under the cursor."""
        self._tell()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column; by the same again, the other way round."""
        self._sort_by(str(event.column_key.value))

    async def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as somebody types."""
        self._query = event.value
        await self.action_refresh()

    def on_input_submitted(self) -> None:
        """Go on in the table."""
        self._table.focus()

    def on_proven(self, event: Proven) -> None:
        """Show what a chain says, unless the session has ended since it was followed."""
        known = self._rows.get(event.session.id)
        if known and known.session == event.session:
            self._rows[event.session.id] = replace(known, finding=event.finding)
            self._fill()

    def action_play(self) -> None:
        """Play the session under the cursor."""
        if row := self._current():
            self._play(row.session)

    def action_filter(self) -> None:
        """Type a filter."""
        box = self.query_one("#filter", Input)
        box.add_class("-shown")
        box.focus()
        self.refresh_bindings()

    def action_clear(self) -> None:
        """Show every session again."""
        box = self.query_one("#filter", Input)
        box.value = ""
        box.remove_class("-shown")
        self._table.focus()
        self.refresh_bindings()

    def action_sort(self) -> None:
        """Sort by the next column."""
        keys = [column.key for column in self._columns]
        here = keys.index(self._sorted_by) if self._sorted_by in keys else -1
        self._sort_by(keys[(here + 1) % len(keys)])

    def action_turn(self) -> None:
        """Turn the order round."""
        self._sort_by(self._sorted_by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to clear the filter only where there is one."""
        if action == "clear":
            return self.query_one("#filter", Input).has_class("-shown")
        return super().check_action(action, parameters)

    def action_help(self) -> None:
        """Show the keys."""
        self.app.push_screen(KeysScreen("sessions", KEYS))

    @property
    def _table(self) -> SessionTable:
        return self.query_one(SessionTable)

    def _sort_by(self, key: str) -> None:
        is_same = key == self._sorted_by
        self._sorted_by = key
        self._is_turned = not self._is_turned if is_same else key in ("when", "verdicts", "long")
        self._fill(anew=True)

    def _row(self, summary: SessionSummary) -> Row:
        known = self._rows.get(summary.session.id)
        return known.refreshed(summary) if known else Row(summary)

    def _is_unsearched(self, summary: SessionSummary) -> bool:
        known = self._rows.get(summary.session.id)
        return known is None or not known.searched or known.is_live

    def _current(self) -> Row | None:
        table = self._table
        if not table.is_valid_coordinate(table.cursor_coordinate):
            return None
        key = table.coordinate_to_cell_key(table.cursor_coordinate).row_key
        return self._rows.get(str(key.value))

    def _shown(self) -> list[Row]:
        """The rows that the filter leaves, in order."""
        now = self._clock.now()
        rows = [row for row in self._rows.values() if row.matches(self._query)]
        order = {column.key: column.order for column in columns(1000) + columns(0)}
        rows.sort(key=lambda row: order[self._sorted_by](row, now), reverse=self._is_turned)
        return rows

    def _fill(self, *, anew: bool = False) -> None:
        """Bring the table up to date; *anew* also where its columns changed."""
        rows = self._shown()
        if anew or [row.session.id for row in rows] != list(self._drawn):
            self._rebuild(rows)
        else:
            self._update(rows)
        self._drawn = {row.session.id: row for row in rows}
        self._table.display = bool(rows)
        nothing = self.query_one("#nothing", Static)
        nothing.display = not rows
        nothing.update(f"Nothing matches “{printable(self._query)}”." if self._rows else _NOTHING)
        self._tell()

    def _rebuild(self, rows: Iterable[Row]) -> None:
        table, current, now = self._table, self._current(), self._clock.now()
        table.clear(columns=True)
        for column in self._columns:
            arrow = ("▾" if self._is_turned else "▴") if column.key == self._sorted_by else ""
            table.add_column(f"{column.label}{arrow}", width=column.width, key=column.key)
        for number, row in enumerate(rows):
            cells = (column.cell(row, now, self._zone) for column in self._columns)
            table.add_row(*cells, key=row.session.id)
            if current and row.session.id == current.session.id:
                table.move_cursor(row=number)

    def _update(self, rows: Iterable[Row]) -> None:
        now = self._clock.now()
        for row in rows:
            if row.is_live or row != self._drawn[row.session.id]:
                for column in self._columns:
                    cell = column.cell(row, now, self._zone)
                    self._table.update_cell(row.session.id, column.key, cell)

    def _tick(self) -> None:
        """Let live sessions' durations run; follow the chains of the rows in view."""
        self._update([row for row in self._drawn.values() if row.is_live])
        unproven = [row.session for row in self._in_view() if row.finding is None]
        if unproven and not self._is_proving:
            self._is_proving = True
            self._prove(unproven)

    def _in_view(self) -> list[Row]:
        first = int(self._table.scroll_y)
        return list(self._drawn.values())[first : first + max(self._table.size.height, 1)]

    @work(group="prove")
    async def _prove(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            finding = await asyncio.to_thread(self._archive.prove, session)
            self.post_message(Proven(session, finding))
        self._is_proving = False

    def _tell(self) -> None:
        self.query_one("#head", Static).update(_totals(self._rows.values(), len(self._drawn)))
        row = self._current()
        self.query_one("#facts", Static).update(_facts(row) if row else Content(""))


def _totals(rows: Iterable[Row], shown: int) -> Content:
    rows = list(rows)
    of_all = f"{shown} of {len(rows)}" if shown < len(rows) else f"{len(rows)}"
    noun = "session" if len(rows) == 1 else "sessions"
    parts = [Content.styled("bastion ", f"bold {ACCENT}"), Content(f"  {of_all} {noun}")]
    if live := sum(row.is_live for row in rows):
        parts.append(Content.styled(f"  ● {live} live", GOOD))
    if bad := sum(row.finding is not None and not row.finding.proof.fits for row in rows):
        parts.append(Content.styled(f"  {bad} not proven", f"bold {BAD}"))
    for verdict in ("hold", "block", "notify", "opaque"):
        if count := sum(row.counted(verdict) for row in rows):
            told = f"  {SYMBOLS[verdict]} {count} {WORDS[verdict]}"
            parts.append(Content.styled(told, VERDICTS[verdict]))
    return Content("").join(parts)


def _facts(row: Row) -> Content:
    """Two lines on a session: who exactly, and what the record says."""
    session, finding = row.session, row.finding
    who = Content.assemble(
        (f"{session.id}  ", DIM),
        printable(session.subject),
        (f"  from {printable(session.address)}  certificate {session.serial}", DIM),
    )
    told = Content("")
    if finding:
        colour = GOOD if finding.proof.fits else BAD
        told = Content.assemble(
            (f"{finding.proof}: {finding.proof.meaning} ", colour),
            (f"({printable(finding.detail)})", DIM),
        )
    if session.command:
        told = Content.assemble(("$ ", DIM), command_line(session.command, 100), "  ", told)
    return who + "\n" + told


def _searched(store: Store, session_ids: list[str]) -> dict[str, str]:
    """What the filter may find in each of the sessions."""
    return {
        session_id: "\n".join(f"{c.text}\n{c.rule}" for c in store.sessions.commands(session_id))
        for session_id in session_ids
    }
