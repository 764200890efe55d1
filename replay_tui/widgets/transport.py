"""The lines below the terminal: the last command with its verdict, and how the recording plays.

What always holds: one line each, cut to the window; texts from the recording are printable and
never read as markup.
"""

from textual.content import Content
from textual.widgets import Static

from bastion.printable import printable
from replay_tui.palette import ACCENT, BAD, DIM, GOOD, VERDICTS
from replay_tui.playhead import Playhead
from replay_tui.reel import Entry, Reel
from replay_tui.wording import SYMBOLS, clock_time, command_line, verdict

_LONGEST = 400


class Caption(Static):
    """The last command so far, with what was decided and why."""

    DEFAULT_CSS = """
    Caption { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, reel: Reel, at: float) -> None:
        """Tell the last command of *reel* that is not after the moment *at*."""
        past = reel.past(at)
        told = _told(reel.entries[past - 1], at) if past else Content("")
        self.update(told, layout=False)


class Transport(Static):
    """Position, speed and state."""

    DEFAULT_CSS = """
    Transport { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, reel: Reel, playhead: Playhead, part: str) -> None:
        """Tell where *playhead* stands on *reel*; *part*: which rows of it are in view."""
        cols, rows = playhead.screen.size
        self.update(
            Content.assemble(
                ("▶ playing " if playhead.is_playing else "■ paused  ", ACCENT),
                (clock_time(playhead.at), "bold"),
                (f" / {clock_time(reel.duration)}", DIM),
                f"   {playhead.speed:g}x",
                *_state(reel, playhead),
                ("   idle skipped" if playhead.skips_idle else "   idle played", DIM),
                (f"   {cols}x{rows}{part}", DIM),
            ),
            layout=False,
        )


def _state(reel: Reel, playhead: Playhead) -> list[Content]:
    if reel.problem:
        return [Content.styled(f"   {printable(reel.problem)}", BAD)]
    if not reel.is_loaded:
        return [Content.styled("   reading on …", DIM)]
    if reel.is_live:
        return [Content.styled("   ● live" if playhead.is_at_end else "   ● live, behind", GOOD)]
    return [Content.styled("   end", DIM)] if playhead.is_at_end else []


def _told(entry: Entry, at: float) -> Content:
    judged = entry.judged
    colour = VERDICTS.get(judged.verdict, "")
    return Content.assemble(
        (f"{SYMBOLS.get(judged.verdict, '?')} {verdict(entry, at)} ", colour),
        (command_line(judged.text, _LONGEST) or "(not seen)", "bold"),
        (f"  {printable(judged.reason)}" if judged.reason else "", DIM),
    )
