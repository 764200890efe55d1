"""One word of fish, as other shells would write it.

What always holds: what fish quotes is quoted, the substitutions that it runs stand there as
substitutions, and what cannot be known has an `UNKNOWN` in it. Where it is not sure where a word
ends it raises UnsureError. What it does not do: know commands.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

UNKNOWN = "${__}"
"""A variable that no shell has: what stands there is not known."""
_RUN = re.compile(r"[^\s;|&<>'\"\\()$`{}\[\]#\x00]+")
_GLOB = re.compile(r"[*?]")
_QUOTED_RUN = re.compile(r'[^"\\$`]+')
_NAME = re.compile(r"(\$+)(\w+)")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_LITERAL = re.compile(r"\\([\\'])")
_ESCAPE = re.compile(
    r"\\(?:[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL | re.ASCII,
)
_BRACKETED = re.compile(r"\[([^()'\"\\\[\]{}]*)\]")
_FICKLE = frozenset({"_", "IFS"})  # other shells have something else there
_SAFE = re.compile(r"[\w./-]", re.ASCII)
_CONTROLS = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LETTERS = {**_CONTROLS, "v": "\v"}
_BLANKS = frozenset(" \t\n")
_ENDS = frozenset(" \t\n;|&<>)")
_LAST_ASCII = 0x7F
_DEEPEST = 20  # braces in braces


class UnsureError(Exception):
    """Nobody can tell how fish reads it."""


@dataclass
class Word:
    """A word.

    Attributes:
        end: where it ends in the text.
        said: as other shells write it.
        plain: what it means; None where only fish will know.
    """

    end: int
    said: str = ""
    plain: str | None = ""

    def add(self, said: str, plain: str | None, end: int) -> None:
        """More of it."""
        self.said, self.end = self.said + said, end
        self.plain = None if plain is None or self.plain is None else self.plain + plain


class Words:
    """Reads the words of *text*; *inner* reads a substitution, and tells where it ends."""

    def __init__(self, text: str, inner: Callable[[int], tuple[str, int]]) -> None:
        self._text, self._inner = text, inner
        self._opened = 0
        self._signs = {
            "'": self._single,
            '"': self._double,
            "\\": self._escape,
            "$": self._variable,
            "(": lambda word: self._substitution(word, word.end + 1),
            "{": self._braces,
        }

    def word(self, at: int) -> Word:
        """The word that begins at *at*."""
        word = Word(at)
        while word.end < len(self._text) and self._text[word.end] not in _ENDS:
            self._part(word, is_first=word.end == at)
        return word

    def _part(self, word: Word, *, is_first: bool) -> None:
        text, at = self._text, word.end
        sign = text[at]
        if found := _RUN.match(text, at):
            is_plain = not _GLOB.search(found[0]) and not (is_first and sign == "~")
            word.add(found[0], found[0] if is_plain else None, found.end())
        elif sign in self._signs:
            self._signs[sign](word)
        elif sign == "[" and not is_first:
            self._brackets(word)
        elif sign == "}" or sign.isspace() or sign < " ":
            raise UnsureError  # what is a blank is not the same everywhere
        else:
            word.add("\\`" if sign == "`" else sign, sign, at + 1)

    def _single(self, word: Word) -> None:
        found = _SINGLE.match(self._text, word.end)
        if not found:
            raise UnsureError
        meant = _LITERAL.sub(r"\1", found[1])
        word.add(found[0] if meant == found[1] else quoted(meant), meant, found.end())

    def _double(self, word: Word) -> None:
        word.add('"', "", word.end + 1)
        while (sign := self._text[word.end : word.end + 1]) != '"':
            after = self._text[word.end + 1 : word.end + 2]
            if found := _QUOTED_RUN.match(self._text, word.end):
                word.add(found[0], found[0], found.end())
            elif sign == "$":
                self._variable(word, is_quoted=True)
            elif sign == "`":
                word.add("\\`", "`", word.end + 1)
            elif sign == "\\" and after == "\n":
                word.add("", "", word.end + 2)
            elif sign == "\\" and after and after in '\\"$':
                word.add(sign + after, after, word.end + 2)
            elif sign == "\\":
                word.add("\\\\", "\\", word.end + 1)
            else:
                raise UnsureError
        word.add('"', "", word.end + 1)

    def _escape(self, word: Word) -> None:
        found = _ESCAPE.match(self._text, word.end)
        if not found:
            raise UnsureError
        byte, short, long, octal, control, other = found.groups()
        if other == "\n":
            word.add("", "", found.end())
            return
        if other:
            meant = _LETTERS.get(other, other)
        elif control:
            meant = chr(ord(control) & 0x1F)
        else:
            code = int(octal, 8) if octal else int(byte or short or long, 16)
            if code > sys.maxunicode or (code > _LAST_ASCII and (byte or octal)):
                word.add(UNKNOWN, None, found.end())
                return
            meant = chr(code)
        is_same = other == meant and not _SAFE.fullmatch(meant)
        word.add(found[0] if is_same else quoted(meant), meant, found.end())

    def _variable(self, word: Word, *, is_quoted: bool = False) -> None:
        text, at = self._text, word.end
        if text.startswith("$(", at):
            self._substitution(word, at + 2)
            return
        found = _NAME.match(text, at)
        if not found:
            word.add("\\$", "$", at + 1)
            return
        name = found[2]
        is_known = found[1] == "$" and name.isidentifier() and name.isascii()
        is_known = is_known and name not in _FICKLE and not text.startswith("[", found.end())
        after = text[found.end() : found.end() + 1]
        said = f"${{{name}}}" if after in {"\\", "{"} else found[0]
        word.add(said if is_known else UNKNOWN, None, found.end())
        if text.startswith("[", word.end) and not is_quoted:
            self._brackets(word)

    def _substitution(self, word: Word, begin: int) -> None:
        said, end = self._inner(begin)
        if self._text.count("[", begin, end) != self._text.count("]", begin, end):
            raise UnsureError  # fish goes on with the word until one is closed
        word.add(f"$({said})", None, end)
        if self._text.startswith("[", end):
            word.add(UNKNOWN, None, end)

    def _brackets(self, word: Word) -> None:
        """From `[` within a word to its end: fish has there blanks and signs in it as well."""
        found = _BRACKETED.match(self._text, word.end)
        if not found:
            raise UnsureError
        if word.plain is not None and not re.search(r"[\s;|&<>#$*?`]", found[1]):
            word.add(found[0], found[0], found.end())
            return
        is_known = "$" not in found[1] and not re.search("[*?]", found[1])
        word.add(quoted(found[0]), found[0] if is_known else None, found.end())

    def _braces(self, word: Word) -> None:
        """From `{` to its end, with the blanks that fish takes away around what stands in it."""
        if self._opened >= _DEEPEST:
            raise UnsureError
        self._opened += 1
        inside = Word(word.end)
        inside.add("{", None, word.end + 1)
        while (sign := self._text[inside.end : inside.end + 1]) != "}":
            if not sign or sign in ")\0":
                raise UnsureError
            if sign in _BLANKS:
                end = inside.end + 1
                while self._text[end : end + 1] in _BLANKS:
                    end += 1
                is_edge = inside.said[-1] in "{," or self._text[end : end + 1] in set(",}")
                inside.add("" if is_edge else "\\ ", None, end)
            elif sign in ";|&<>#":
                inside.add(f"\\{sign}", None, inside.end + 1)
            else:
                self._part(inside, is_first=False)
        self._opened -= 1
        word.add(inside.said + "}", None, inside.end + 1)


def quoted(meant: str) -> str:
    """*meant* as a word, or a part of one, that says just that."""
    if _SAFE.fullmatch(meant):
        return meant
    return "'" + meant.replace("'", "'\\''") + "'"
