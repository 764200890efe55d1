"""Makes hostile text safe to show on a terminal or to put in a log line.

What always holds: the result holds no control character, no escape sequence and no invisible or
direction-changing character; whatever was there shows as an escape. What it does not do: escape
HTML (the templates do) or quote for a shell.
"""

import re
import unicodedata

# Cc controls, Cf invisible format characters, Cs surrogates, Co private use, Cn unassigned,
# Zl and Zp line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NO_TEXT = re.compile("[\ud800-\udfff]")


def _shown(char: str) -> str:
    if unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    if code <= 0xFF:  # noqa: PLR2004  the range of \x escapes
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  of \u escapes


def printable(text: str, limit: int = 0) -> str:
    """*text* with every hidden character escaped, cut to *limit* characters where that is not 0."""
    shown = "".join(map(_shown, text))
    if limit and len(shown) > limit:
        return shown[: limit - 1] + "…"
    return shown


def encodable(text: str) -> str:
    """*text* with a sign for each lone surrogate (a byte that was no UTF-8), char by char."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
