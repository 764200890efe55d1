"""Colours: the viewer's own, and those a recorded terminal's sixteen become.

What always holds: a verdict has one colour everywhere, and a sign besides
(`replay_tui.wording.SYMBOLS`), so that nothing is told by colour alone.
"""

from functools import lru_cache

from rich.style import Style as RichStyle
from textual.theme import Theme

from bastion.screen import Style

VERDICTS = {
    "allow": "#7fc99a",
    "hold": "#f2b84b",
    "block": "#f0676b",
    "opaque": "#b197fc",
    "notify": "#6fb1f0",
}
DIM = "#66707d"
TEXT = "#d7dce2"
ACCENT = "#5cc4d6"
GOOD, BAD = VERDICTS["allow"], VERDICTS["block"]

THEME = Theme(
    name="bastion",
    primary=ACCENT,
    secondary="#8aa4c0",
    accent=ACCENT,
    warning=VERDICTS["hold"],
    error=BAD,
    success=GOOD,
    foreground=TEXT,
    background="#11161c",
    surface="#11161c",
    panel="#1a212a",
    boost="#1a212a",
    variables={
        "block-cursor-background": "#26404c",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#1d2a33",
        "footer-background": "#1a212a",
        "footer-key-foreground": ACCENT,
        "footer-description-foreground": "#9aa5b1",
        "scrollbar": "#2b3541",
        "scrollbar-background": "#11161c",
    },
)

TERMINAL_BACKGROUND = "#0a0d11"
TERMINAL_FOREGROUND = "#d7dce2"
_SIXTEEN = (
    *("#1c2128", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c5cad3"),
    *("#67717e", "#ff8790", "#b6e695", "#ffd98a", "#82c5ff", "#dd9bf0", "#77d5e0", "#ffffff"),
)
_CUBE = (0, 95, 135, 175, 215, 255)
_FIRST_CUBE, _FIRST_GREY = 16, 232


@lru_cache(maxsize=4096)
def terminal_style(style: Style) -> RichStyle:
    """How a recorded *style* is drawn."""
    foreground = _colour(style.foreground, TERMINAL_FOREGROUND)
    background = _colour(style.background, TERMINAL_BACKGROUND)
    return RichStyle(
        color=background if style.inverse else foreground,
        bgcolor=foreground if style.inverse else background,
        bold=style.bold,
        dim=style.faint,
        italic=style.italic,
        underline=style.underline,
        strike=style.strikethrough,
    )


def _colour(colour: str | int | None, default: str) -> str:
    """A palette number (xterm's 256) or `#rrggbb` as `#rrggbb`."""
    if colour is None:
        return default
    if isinstance(colour, str):
        return colour
    if colour < _FIRST_CUBE:
        return _SIXTEEN[colour]
    if colour < _FIRST_GREY:
        number = colour - _FIRST_CUBE
        red, green, blue = _CUBE[number // 36], _CUBE[number // 6 % 6], _CUBE[number % 6]
        return f"#{red:02x}{green:02x}{blue:02x}"
    level = 8 + 10 * (colour - _FIRST_GREY)
    return f"#{level:02x}{level:02x}{level:02x}"
