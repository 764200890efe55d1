"""Draws a text as a QR code out of half blocks, for a terminal that is wide enough.

What always holds: no line is wider than the columns that there are; every character is one column.
What it does not do: look at the terminal.
"""

from itertools import zip_longest

import segno

# Light parts are drawn, because most terminals are dark: (upper is light, lower is light).
_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
_BORDER = 2


def qr_lines(text: str, columns: int) -> tuple[str, ...]:
    """The lines of the QR code of *text*; none where *columns* do not hold it."""
    try:
        code = segno.make(text, error="l", micro=False)
    except segno.DataOverflowError:
        return ()
    rows = [[not dark for dark in row] for row in code.matrix_iter(border=_BORDER)]
    if not text or len(rows[0]) > columns:
        return ()
    paired = zip_longest(rows[::2], rows[1::2], fillvalue=[False] * len(rows[0]))
    return tuple("".join(map(_block, upper, lower)) for upper, lower in paired)


def _block(upper: bool, lower: bool) -> str:  # noqa: FBT001  two halves of one character
    return _BLOCKS[upper, lower]
