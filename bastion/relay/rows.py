"""Text in rows of a terminal's width, broken between words.

What always holds: no row is wider than the terminal, but for a wide character in a single column;
only blanks where a row ends are lost. What it does not do: make text safe to print.
"""

from rich.cells import cell_len

_EMOJI = "\N{VARIATION SELECTOR-16}"
"""Some terminals draw the character before it in two cells, and others in one."""


def cells(text: str) -> int:
    """How many cells *text* takes at most."""
    return sum(1 if char == _EMOJI else cell_len(char) for char in text)


def rows(text: str, cols: int) -> list[str]:
    """*text* in rows of *cols* cells; a word that is longer than a row is cut."""
    found: list[str] = []
    while (fits := _fitting(text, cols)) < len(text):
        end = _end_of_words(text, max(fits, 1))
        found.append(text[:end].rstrip(" "))
        text = text[end:].lstrip(" ")
    return [*found, text] if text or not found else found


def _fitting(text: str, cols: int) -> int:
    """How many characters of *text* fit; a combining one stays with what it stands on."""
    width = 0
    for index, char in enumerate(text):
        width += cells(char)
        if width > cols:
            return index - (char == _EMOJI)
    return len(text)


def _end_of_words(text: str, fits: int) -> int:
    """Where the last word ends of the first *fits* characters; there, if none does."""
    if text[fits : fits + 1] == " ":
        return fits
    end = text.rfind(" ", 0, fits)
    return end if text[: max(end, 0)].strip(" ") else fits
