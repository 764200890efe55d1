"""The keys at the foot of a screen: as many as there is room for, none cut in half.

What always holds: keys stand in the order of the screen's bindings, so the first ones are those
that a narrow window keeps; the help (`?`) tells them all.
"""

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer

_AROUND = 3  # blanks around a key and its description


class KeyFooter(Footer):
    """A footer that leaves out what the window is too narrow for."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """Keys, as long as they fit."""
        room = self.app.size.width
        for key in super().compose():
            room -= _width(key)
            if room < 0:
                return
            yield key

    def on_resize(self) -> None:
        """There is more room now, or less."""
        self.call_after_refresh(self.recompose)


def _width(key: Widget) -> int:
    texts = (getattr(key, name, "") for name in ("key_display", "description"))
    return sum(map(cell_len, texts)) + _AROUND
