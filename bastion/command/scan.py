"""A scan of shell text by our own quote state: quotes, substitutions, comments, here-documents.

bashlex drops substitutions in some places and cannot read others, so nothing here relies on it: the
scan finds every `$(…)`, backtick, `<(…)` and `>(…)` of a text, whatever the parser says of it.

What always holds: any text is scanned in bounded time; what is not closed runs to the end. What it
does not do: understand the grammar around the substitutions.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_HEREDOC = re.compile(
    r"<<(?P<dash>-?)[ \t]*(?P<word>(?:'[^'\n]*'|\"[^\"\n]*\"|\\.|[^\s;&|<>()'\"\\])+)"
)
_GROUP = re.compile(r"\([\w.*?|@!()-]{0,99}")
_RUNNING = re.compile(r"e(\W).*\1")
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_OPENINGS = ("$(", "<(", ">(")
_BEFORE_INNER = tuple("<>=?*+@!")  # `<(…)`, `a=(…)`, `@(…)`
_UNTURNED = re.compile(r"[^\\'\"`$<>#()\n]+")  # opens nothing, closes nothing, covers nothing
WORD_ENDS = " \t\n;&|()"


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
    """A here-document: its operator, its body, and whether the body is expanded.

    Attributes:
        end: the offset behind the line of the delimiter.
    """

    operator: Piece
    body: Piece
    end: int
    is_expanded: bool


def after(text: str, at: int) -> int:  # noqa: PLR0911  a case for each kind of thing
    """The offset behind what begins at *at*: an escape, a quoted part, an expansion, a character.

    Behind the end of *text* where it is not closed.
    """
    char, pair = text[at], text[at : at + 2]
    if char == "\\":
        return at + 2
    if char == "'":
        return _behind(text, "'", at + 1)
    if pair == "$'":
        return _behind_escaped(text, "'", at + 2)
    if char == "`":
        return _behind_escaped(text, "`", at + 1)
    if char == '"' or pair == '$"':
        return _after_double(text, at + len(pair) - 1 if pair == '$"' else at)
    if pair in _OPENINGS:
        return closing(text, at + 2) + 1
    return _after_brace(text, at) if pair == "${" else at + 1


def after_in_double(text: str, at: int) -> int:
    """The offset behind what begins at *at* inside double quotes."""
    if text[at] in "\\`" or text.startswith("$(", at):
        return after(text, at)
    return _after_brace(text, at, step=after_in_double) if text.startswith("${", at) else at + 1


def closing(text: str, start: int) -> int:
    """The offset of the `)` that closes what was opened before *start*; the end without one."""
    depth, at, is_between = 1, start, True
    while at < len(text):
        if is_between and text[at] == "#":
            at = line_end(text, at)
            continue
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if not depth:
                return at
        behind = after(text, at)
        is_between, at = between(text[at:behind], before=is_between), behind
    return len(text)


def plain(text: str) -> Iterator[int]:
    """The offsets of characters outside quotes, expansions, substitutions and comments."""
    at, is_between = 0, True
    while at < len(text):
        if is_between and text[at] == "#":
            at = line_end(text, at)
            continue
        end = after(text, at)
        if end == at + 1:
            yield at
        is_between, at = between(text[at:end], before=is_between), end


def substitutions(text: str, *, is_document: bool = False) -> list[Piece]:
    """The insides of every substitution that the shell will run, outermost ones only.

    Args:
        text: shell text.
        is_document: the text is a here-document: quotes and comments mean nothing in it.
    """
    found: list[Piece] = []
    if not any(mark in text for mark in ("`", *_OPENINGS)):
        return found
    _collect(text, 0, len(text), '"' if is_document else "", found)
    return found


def _collect(text: str, at: int, end: int, quote: str, found: list[Piece]) -> None:
    """Take the substitutions in `text[at:end]`; *quote* is `"` where double quotes surround it."""
    is_between = True
    while at < end:
        if is_between and not quote and text[at] == "#":
            at = line_end(text, at)
            continue
        pair = text[at : at + 2]
        behind = min(after_in_double(text, at) if quote else after(text, at), end + 1)
        if text[at] == "`":
            inside = re.sub(r"\\([\\`$])", r"\1", text[at + 1 : behind - 1])
            found.append(Piece(inside, at + 1))
        elif _after_arithmetic(text, at, quote) == behind:
            _collect(text, at + 2, behind - 1, quote, found)
        elif pair == "$(" or (pair in _OPENINGS and not quote):
            found.append(Piece(text[at + 2 : behind - 1], at + 2))
        elif pair == "${":
            _collect(text, at + 2, behind - 1, quote, found)
        elif text[at] == '"' and not quote:
            _collect(text, at + 1, behind - 1, '"', found)
        elif pair == '$"' and not quote:
            _collect(text, at + 2, behind - 1, '"', found)
        is_between, at = between(text[at:behind], before=is_between), behind


def heredocs(text: str) -> list[Heredoc]:
    """The here-documents of *text*, in order, also of those inside substitutions."""
    found: list[Heredoc] = []
    waiting: list[tuple[int, re.Match[str]]] = []
    walk = _Walk(text)
    while "<<" in text and walk.at < len(text):
        if text[walk.at] == "\n" and waiting and walk.within != '"':
            at = walk.at
            for begin, opened in waiting:
                found.append(_heredoc(text, at + 1, begin, opened))
                at = found[-1].end - 1
            waiting.clear()
            walk.go(at + 1, is_between=True)
        elif run := _UNTURNED.match(text, walk.at):
            walk.go(run.end(), is_between=run[0][-1] in WORD_ENDS)
        elif walk.within == '"' or not (match := _HEREDOC.match(text, walk.at)):
            walk.step()
        else:
            waiting.append((walk.at, match))
            walk.go(match.end(), is_between=False)
    return found + [_heredoc(text, len(text), begin, opened) for begin, opened in waiting]


class _Walk:
    """Goes through a text by what may hold a here-document: brackets and quotes are entered.

    Attributes:
        at: where it stands.
        inside: what is open: `"`, a backtick, `(`, or `$` for a bracket that is part of a word.
        is_between: whether a word may begin here.
    """

    def __init__(self, text: str) -> None:
        self.at, self.inside, self.is_between = 0, list[str](), True
        self._text = text

    @property
    def within(self) -> str:
        """What was opened last."""
        return self.inside[-1] if self.inside else ""

    def go(self, at: int, *, is_between: bool) -> None:
        """Stand at *at*."""
        self.at, self.is_between = at, is_between

    def step(self) -> None:
        """Go on behind what begins here."""
        text, at, within = self._text, self.at, self.within
        if self.is_between and text[at] == "#" and within != '"':
            self.go(self._comment_end(), is_between=True)
        elif (end := _after_arithmetic(text, at, within)) > at:
            self.go(end, is_between=text[at] == "(")
        elif text.startswith("<<<", at) and within != '"':
            self.go(at + 3, is_between=False)
        elif text[at] in '"`':
            self._turn(text[at])
        elif text.startswith("$(", at):
            self._open("$", at + 2)
        elif text[at] == "(" and within != '"':
            self._open("$" if text[at - 1 : at] in _BEFORE_INNER else "(", at + 1)
        elif text[at] == ")" and within in ("(", "$"):
            self.go(at + 1, is_between=self.inside.pop() == "(")
        else:
            self._pass()

    def _comment_end(self) -> int:
        """Behind the comment that begins here: a backtick ends it, too."""
        end = line_end(self._text, self.at)
        if self.within != "`":
            return end
        return min(end, _behind_escaped(self._text, "`", self.at) - 1)

    def _turn(self, quote: str) -> None:
        """Into what *quote* opens, or out of what it closes."""
        if self.within == quote:
            self.inside.pop()
            self.go(self.at + 1, is_between=False)
        else:
            self._open(quote, self.at + 1)

    def _open(self, what: str, at: int) -> None:
        self.inside.append(what)
        self.go(at, is_between=True)

    def _pass(self) -> None:
        text, at = self._text, self.at
        is_quoted = self.within != '"' and (text[at] == "'" or text.startswith("$'", at))
        end = after(text, at) if is_quoted or text[at] == "\\" else at + 1
        self.go(end, is_between=between(text[at:end], before=self.is_between))


def _after_arithmetic(text: str, at: int, within: str) -> int:
    """The offset behind the arithmetic at *at*, where `<<` shifts bits; *at* without any."""
    if text.startswith("$((", at):
        start = at + 3
    elif text.startswith("((", at) and within != '"':
        start = at + 2
    else:
        return at
    end = closing(text, start)
    return end + 2 if text[end + 1 : end + 2] == ")" else at


def _heredoc(text: str, start: int, begin: int, match: re.Match[str]) -> Heredoc:
    word = match["word"]
    delimiter = re.sub(r"['\"\\]", "", word)
    is_expanded = delimiter == word
    at, is_continued = start, False
    while at < len(text):
        end = line_end(text, at)
        line = text[at:end]
        is_alone = (line.lstrip("\t") if match["dash"] else line) == delimiter
        if is_alone and not is_continued:
            break
        # The shell joins lines before it looks for the delimiter.
        is_continued = is_expanded and bool(_CONTINUED.search(line))
        at = end + 1
    body_end = min(at, len(text))
    behind = min(line_end(text, body_end) + 1, len(text) + 1)
    body = Piece(text[start:body_end], start)
    return Heredoc(Piece(match[0], begin), body, behind, is_expanded)


def blank(text: str, start: int, end: int) -> str:
    """*text* with `[start:end]` blanked, line ends kept, so that offsets stay true."""
    gone = re.sub(r"[^\n]", " ", text[start:end])
    return text[:start] + gone + text[end:]


def glob_group(text: str, at: int) -> int:
    """The offset behind `(a|*.b)` at *at*, where `!`, `*` … before it makes it a pattern; else 0.

    Only with what can be nothing else: in zsh `*(e:rm:)` runs something.
    """
    if text[at - 1 : at] not in ("?", "*", "+", "@", "!"):
        return 0
    found = _GROUP.match(text, at)
    depth = 0
    for place, char in enumerate(found[0] if found else ""):
        depth += (char == "(") - (char == ")")
        if not depth:
            is_plain = not _RUNNING.search(text, at, at + place)
            return at + place + 1 if is_plain else 0
    return 0


def line_end(text: str, at: int) -> int:
    """The offset of the next line end, or of the end of *text*."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def between(passed: str, *, before: bool) -> bool:
    """Whether a word, and so a comment, may begin behind what was *passed* in one step.

    Where a text begins one may; *before* is the answer for what stands before *passed*, and a line
    that goes on changes nothing.
    """
    return before if passed == "\\\n" else len(passed) == 1 and passed in WORD_ENDS


def _after_double(text: str, at: int) -> int:
    """The offset behind the double-quoted part that begins at *at*."""
    at += 1
    while at < len(text) and text[at] != '"':
        at = after_in_double(text, at)
    return at + 1


def _after_brace(text: str, at: int, step: Callable[[str, int], int] = after) -> int:
    """The offset behind the `${…}` that begins at *at*."""
    at += 2
    while at < len(text) and text[at] != "}":
        at = step(text, at)
    return at + 1


def _behind(text: str, needle: str, at: int) -> int:
    end = text.find(needle, at)
    return len(text) + 1 if end < 0 else end + 1


def _behind_escaped(text: str, needle: str, at: int) -> int:
    while at < len(text) and text[at] != needle:
        at += 2 if text[at] == "\\" else 1
    return at + 1
