"""The session's commands with their verdicts, to jump to.

What always holds: command texts are shown printable and never read as markup. What it does not do:
ask the store; what it shows stands in the recording.
"""

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from replay_tui.messages import Sought
from replay_tui.palette import DIM, VERDICTS
from replay_tui.reel import Entry, Reel
from replay_tui.wording import SYMBOLS, clock_time, command_line

_LONGEST = 200


class CommandList(OptionList):
    """Commands in order; the one that is running or ran last is highlighted."""

    DEFAULT_CSS = """
    CommandList {
        dock: right; width: 38; height: 1fr; display: none; background: $background;
        border: round $secondary 50%; border-title-color: $secondary;
        padding: 0; text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size: 1 1;
        &.-low { dock: bottom; width: 1fr; height: 40%; }
        &.-shown { display: block; }
        &:focus {
            border: round $primary; border-title-color: $primary;
            background: $background; background-tint: transparent;
        }
    }
    """
    BORDER_TITLE = "commands"

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._entries: list[Entry] = []
        self._follows = True

    def show(self, reel: Reel, at: float) -> None:
        """Show the commands of *reel*; the last that is not after the moment *at* is marked."""
        if reel.entries != self._entries:
            self._entries = list(reel.entries)
            self.set_options([Option(_prompt(entry)) for entry in self._entries])
        if self._follows:
            past = reel.past(at)
            self.highlighted = past - 1 if past else None

    def follow(self) -> None:
        """Mark what is played again, after somebody has moved the mark."""
        self._follows = True

    def action_cursor_up(self) -> None:
        """Somebody looks through the list."""
        self._follows = False
        super().action_cursor_up()

    def action_cursor_down(self) -> None:
        """Somebody looks through the list."""
        self._follows = False
        super().action_cursor_down()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell the player to go to the command."""
        event.stop()
        self.post_message(Sought(self._entries[event.option_index].at))


def _prompt(entry: Entry) -> Content:
    verdict = entry.judged.verdict
    return Content.assemble(
        (f"{clock_time(entry.at):>7} ", DIM),
        (SYMBOLS.get(verdict, "?"), VERDICTS.get(verdict, "")),
        " ",
        command_line(entry.judged.text, _LONGEST) or "(not seen)",
    )
