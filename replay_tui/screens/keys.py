"""The help: what every key does, and what the signs mean."""

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from replay_tui.palette import ACCENT, DIM, VERDICTS
from replay_tui.wording import SYMBOLS, WORDS

MEANINGS = {
    "allow": "ran",
    "hold": "waited for a second person",
    "block": "did not run",
    "opaque": "ran, but what it does inside could not be seen",
    "notify": "ran, and people were told of it",
}


class KeysScreen(ModalScreen[None]):
    """Help over the screen that asked for it."""

    CSS = """
    KeysScreen { align: center middle; background: $background 60%; }
    KeysScreen > VerticalScroll {
        width: 68; max-width: 100%; height: auto; max-height: 100%;
        border: round $primary; border-title-color: $primary; border-subtitle-color: $secondary;
        background: $panel; padding: 0 2; scrollbar-size: 1 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "Close"),
    ]

    def __init__(self, title: str, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._keys = title, keys

    def compose(self) -> ComposeResult:
        """One scrolling box."""
        box = VerticalScroll(Static(_grid(self._rows())))
        box.border_title, box.border_subtitle = self._title, "esc closes"
        yield box

    def _rows(self) -> list[tuple[Text, Text]]:
        keys = [(Text(keys, ACCENT), Text(meaning)) for keys, meaning in self._keys]
        signs = [
            (Text(f"{symbol} {WORDS[verdict]}", VERDICTS[verdict]), Text(MEANINGS[verdict], DIM))
            for verdict, symbol in SYMBOLS.items()
        ]
        return [*keys, (Text(), Text()), *signs]


def _grid(rows: Sequence[tuple[Text, Text]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column()
    for row in rows:
        grid.add_row(*row)
    return grid
