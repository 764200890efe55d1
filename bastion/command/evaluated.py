"""Substitutions that stand in single quotes, and that the shell runs all the same.

An array's subscript is expanded once more where it is evaluated: `test -v 'a[$(id)]'`,
`x='a[$(id)]'; echo $((x))`. So is what `${x@P}` shows, and single quotes mean nothing in `$((…))`.

What always holds: at worst it finds more than runs. What it does not do: find out what is
evaluated.
"""

import re
from collections.abc import Iterator, Sequence

from bastion.command.scan import Piece, closing

_SUBSCRIPT = re.compile(r"[A-Za-z_]\w*\[['\"]?\\?(?P<open>\$\(|`)")
_ANY = re.compile(r"(?P<open>\$\(|`)")
_EVALUATING = re.compile(
    r"\(\(|\[\[|\$\[|\s-v\s|@P\}|(?:^|[\s;&|(])"
    r"(?:let|declare|typeset|local|readonly|export|unset|read|mapfile|readarray|wait|getopts)\s"
)


def quoted(text: str, found: Sequence[Piece]) -> Iterator[Piece]:
    """The insides of substitutions in *text* that are none of *found*, and may run."""
    if not ("'" in text or "\\" in text) or not _EVALUATING.search(text):
        return
    pattern = _ANY if "@P}" in text else _SUBSCRIPT
    for match in pattern.finditer(text):
        start = match.end()
        if not any(one.start <= start <= one.end + 1 for one in found):
            end = closing(text, start) if match["open"] == "$(" else text.find("`", start)
            yield Piece(text[start : end if end >= 0 else len(text)], start)
