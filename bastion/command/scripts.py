r"""Cuts a shell script into blocks that can be read one by one.

Reading takes time for every character, and other commands wait for the same parsers; so a script is
read in blocks of about a kilobyte, each cut where a command may end.

What always holds: the blocks joined are the text; no cut lies in a quoted part, a substitution or a
here-document, nor where a line goes on (`\`, `|`, `&&`). A cut may lie inside `if … fi`: its parts
cannot be parsed alone, and reading says so. What it does not do: read.
"""

from collections.abc import Iterator

from bastion.command.scan import Piece, heredocs, plain

BLOCK_CHARS = 1024
_GOES_ON = ("|", "&&")


def ends(text: str) -> Iterator[int]:
    """The offsets behind the line ends of *text* at which a command may end, in order."""
    covered = _without(text, _documents(text))
    for at in plain(covered):
        if covered[at] == "\n" and not _goes_on(covered, at):
            yield at + 1


def complete(text: str) -> int:
    """How much of *text*, from its start, are lines with which a command may end."""
    return max(ends(text), default=0)


def blocks(text: str) -> list[Piece]:
    """*text* in blocks; one that has no cut to offer is longer than the others."""
    found: list[Piece] = []
    start = last = 0
    for end in (*ends(text), len(text)):
        if end - start > BLOCK_CHARS and last > start:
            found.append(Piece(text[start:last], start))
            start = last
        last = end
    if start < len(text):
        found.append(Piece(text[start:], start))
    return found


def _documents(text: str) -> list[tuple[int, int]]:
    """From the first operator of a line to the last line end of its here-documents."""
    found: list[tuple[int, int]] = []
    for document in heredocs(text):
        begin, end = document.operator.start, min(document.end - 1, len(text))
        if found and begin < found[-1][1]:  # the second of one line
            begin = found.pop()[0]
        found.append((begin, max(begin, end)))
    return found


def _without(text: str, documents: list[tuple[int, int]]) -> str:
    """*text* with its here-documents covered: no quote or line end in them counts."""
    parts, at = [], 0
    for begin, end in documents:
        parts += [text[at:begin], "x" * (end - begin)]
        at = end
    return "".join((*parts, text[at:]))


def _goes_on(text: str, end: int) -> bool:
    """Whether the line that ends at *end* ends with an operator that wants more."""
    start = text.rfind("\n", 0, end) + 1
    return text[start:end].rstrip(" \t").endswith(_GOES_ON)
