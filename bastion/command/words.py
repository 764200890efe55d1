r"""Words as the shell reads them: quotes and backslashes removed, what only it knows marked.

Handles '…', "…", $'…' with its escapes, $"…", backslashes, line continuations, `~` and `$HOME`
(kept as `~`), and marks every other `$…`, `` `…` ``, `<(…)` and `>(…)` with `UNKNOWN`.

What always holds: any raw word gives a text; nothing is expanded that the host alone can expand.
What it does not do: split text into words (`bastion.command.tokens`).
"""

import re
from collections.abc import Callable

from bastion.command.reading import UNKNOWN, Word
from bastion.command.scan import after, after_in_double
from bastion.verdict import Span

_HOME = re.compile(r"\$HOME\b|\$\{HOME\}")
_NAME = re.compile(r"\$(?:[A-Za-z_]\w*|[0-9@*#?$!_-])")
_EMPTY_NAMES = frozenset({"$@", "$*", *(f"${digit}" for digit in range(1, 10))})
_ESCAPE = re.compile(
    r"\\(?:x(?P<hex>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})"
    r"|(?P<octal>[0-7]{1,3})|c(?P<control>.)|(?P<char>.))",
    re.DOTALL,
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b"}
_LETTERS |= {"f": "\f", "v": "\v"}


def read_word(raw: str, start: int) -> Word:
    """The word written *raw* at the offset *start*."""
    reader = _Reader(raw)
    return Word(raw, reader.text(), Span(start, start + len(raw)), reader.has_glob)


class _Reader:
    """Reads one raw word, once."""

    def __init__(self, raw: str) -> None:
        self._raw, self._at = raw, 0
        self._parts: list[str] = []
        self.has_glob = False

    def text(self) -> str:
        while self._at < len(self._raw):
            self._step()
        return "".join(self._parts)

    def _step(self) -> None:
        raw, at = self._raw, self._at
        char, pair = raw[at], raw[at : at + 2]
        if char == "\\":
            self._take("" if pair == "\\\n" else raw[at + 1 : at + 2], at + 2)
        elif char == "'":
            end = after(raw, at)
            self._take(raw[at + 1 : end - 1], end)
        elif pair == "$'":
            end = after(raw, at)
            self._take(_decode(raw[at + 2 : end - 1]), end)
        elif char == '"' or pair == '$"':
            self._double_quoted(at + len(pair) - 1 if pair == '$"' else at)
        elif char in "$`" or pair in ("<(", ">("):
            self._expansion()
        else:
            self.has_glob = self.has_glob or char in "*?" or (char == "[" and "]" in raw[at + 2 :])
            self._take(char, at + 1)

    def _double_quoted(self, at: int) -> None:
        self._at = at + 1
        while self._at < len(self._raw) and self._raw[self._at] != '"':
            char = self._raw[self._at]
            if char == "\\":
                escaped = self._raw[self._at + 1 : self._at + 2]
                kept = "" if escaped == "\n" else escaped if escaped in '$`"\\' else "\\" + escaped
                self._take(kept, self._at + 2)
            elif char in "$`":
                self._expansion(after_in_double)
            else:
                self._take(char, self._at + 1)
        self._at += 1

    def _expansion(self, step: Callable[[str, int], int] = after) -> None:
        raw, at = self._raw, self._at
        if match := _HOME.match(raw, at):
            self._take("~", match.end())
        elif match := _NAME.match(raw, at):
            self._take("" if match[0] in _EMPTY_NAMES else UNKNOWN, match.end())
        elif (end := step(raw, at)) > at + 1:
            self._take(UNKNOWN, end)
        else:
            self._take(raw[at], at + 1)

    def _take(self, text: str, then: int) -> None:
        self._parts.append(text)
        self._at = then


def _decode(quoted: str) -> str:
    """The text of $'…' (bash manual, section 3.1.2.4)."""
    return _ESCAPE.sub(_decoded, quoted)


def _decoded(match: re.Match[str]) -> str:
    for group, base in (("hex", 16), ("u", 16), ("U", 16), ("octal", 8)):
        if digits := match[group]:
            code = int(digits, base)
            return chr(code) if code <= 0x10FFFF else UNKNOWN  # noqa: PLR2004  the last code point
    if control := match["control"]:
        return chr(ord(control.upper()) & 0x1F)
    char = match["char"]
    return _LETTERS.get(char, char if char in "\\'\"?" else "\\" + char)
