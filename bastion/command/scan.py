"""A scan of shell text by our own quote state: quotes, substitutions, comments, here-documents.

bashlex drops substitutions in some places and cannot read others, so nothing here relies on it: the
scan finds every `$(…)`, backtick, `<(…)` and `>(…)` of a text, whatever the parser says of it.

What always holds: any text is scanned in one pass and bounded time; what is not closed runs to the
end. What it does not do: understand the grammar around the substitutions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEREDOC = re.compile(
    r"<<(?P<dash>-?)[ \t]*(?P<word>(?:'[^'\n]*'|\"[^\"\n]*\"|\\.|[^\s;&|<>()'\"\\])+)"
)


@dataclass(frozen=True)
class Piece:
    """A part of the text with its place: `text[start:end]`."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Heredoc:
    """A here-document: its operator, its body, and whether the body is expanded."""

    operator: Piece
    body: Piece
    is_expanded: bool


def plain(text: str) -> Iterator[int]:
    """The offsets of characters that no quote, backslash or comment covers."""
    quote, index = "", 0
    while index < len(text):
        char = text[index]
        if char == "\\" and quote != "'":
            index += 2
            continue
        if quote:
            if char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "#" and _begins_word(text, index):
            index = _line_end(text, index)
            continue
        else:
            yield index
        index += 1


def substitutions(text: str) -> list[Piece]:
    """The insides of every substitution that the shell will run, outermost ones only."""
    found, index, quote = [], 0, ""
    while index < len(text):
        char, pair = text[index], text[index : index + 2]
        if char == "\\" and quote != "'":
            index += 2
        elif quote == "'":
            quote = "" if char == "'" else quote
            index += 1
        elif pair == "$'" and not quote:
            index = _skip_ansi_quote(text, index + 2)
        elif (pair == "$(" and text[index + 2 : index + 3] != "(") or (
            pair in ("<(", ">(") and not quote
        ):
            end = closing(text, index + 2)
            found.append(Piece(text[index + 2 : end], index + 2))
            index = end + 1
        elif char == "`":
            end = _closing_backtick(text, index + 1)
            found.append(Piece(text[index + 1 : end], index + 1))
            index = end + 1
        elif char == "#" and not quote and _begins_word(text, index):
            index = _line_end(text, index)
        else:
            if char in "'\"":
                quote = "" if quote == char else (quote or char)
            index += 1
    return found


def closing(text: str, start: int) -> int:
    """The offset of the `)` that closes what was opened before *start*; the end without one."""
    depth, index, quote = 1, start, ""
    while index < len(text):
        char = text[index]
        if char == "\\" and quote != "'":
            index += 2
            continue
        if quote:
            # `$(` inside double quotes opens a new world with quotes of its own.
            if quote == '"' and text.startswith("$(", index):
                index = closing(text, index + 2) + 1
                continue
            if char == quote:
                quote = ""
        elif char in "'\"`":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return index
        index += 1
    return len(text)


def heredocs(text: str) -> list[Heredoc]:
    """The here-documents of *text*, in order."""
    found: list[Heredoc] = []
    body_at = 0
    visible = set(plain(text))
    for match in _HEREDOC.finditer(text):
        at = match.start()
        is_string = text.startswith("<<<", at) or (at > 0 and text[at - 1] == "<")
        if at not in visible or is_string:
            continue
        line_end = _line_end(text, match.end())
        body_at = max(body_at, line_end + 1)
        word = match["word"]
        delimiter = re.sub(r"['\"\\]", "", word)
        end, body_end = _heredoc_end(text, body_at, delimiter, bool(match["dash"]))
        found.append(
            Heredoc(Piece(match[0], at), Piece(text[body_at:body_end], body_at), delimiter == word)
        )
        body_at = end
    return found


def _heredoc_end(text: str, start: int, delimiter: str, strip_tabs: bool) -> tuple[int, int]:  # noqa: FBT001  a private helper with one caller
    """Where the here-document ends, and where its body does (before the delimiter's line)."""
    at = start
    while at < len(text):
        end = _line_end(text, at)
        line = text[at:end]
        if (line.lstrip("\t") if strip_tabs else line) == delimiter:
            return end + 1, at
        at = end + 1
    return len(text), len(text)


def blank(text: str, start: int, end: int) -> str:
    """*text* with `[start:end]` blanked, line ends kept, so that offsets stay true."""
    gone = re.sub(r"[^\n]", " ", text[start:end])
    return text[:start] + gone + text[end:]


def _skip_ansi_quote(text: str, index: int) -> int:
    while index < len(text) and text[index] != "'":
        index += 2 if text[index] == "\\" else 1
    return index + 1


def _closing_backtick(text: str, index: int) -> int:
    while index < len(text) and text[index] != "`":
        index += 2 if text[index] == "\\" else 1
    return min(index, len(text))


def _begins_word(text: str, index: int) -> bool:
    return index == 0 or text[index - 1] in " \t\n;&|()"


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end
