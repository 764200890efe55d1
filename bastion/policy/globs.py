"""Globs of a rule, compiled once, and whether a word of a command meets them.

Most are plain names, beginnings, ends or parts, which are compared as such; a pattern is tried for
the others alone. Globs are compared both ways: `/e??/shadow` meets `/etc/shadow`.

What always holds: the answer is that of `fnmatch.fnmatchcase`, glob by glob. What it does not do:
know conditions (`bastion.policy.command_match`).
"""

import posixpath
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase, translate
from functools import cache, cached_property, lru_cache

from bastion.command.reading import UNKNOWN, Word

_SPECIAL = re.compile(r"[*?\[]")
_LEAST_TOLD = 0.75
_UNKNOWN_AS_STAR = str.maketrans({UNKNOWN: "*", "[": "[[]"})


class Globs:
    """Some globs; one of them has to match."""

    def __init__(self, globs: tuple[str, ...]) -> None:
        self._written = globs
        kinds: dict[str, list[str]] = {}
        for glob in globs:
            kind, plain = _kind(glob)
            kinds.setdefault(kind, []).append(plain)
        self._names = frozenset(kinds.get("name", ()))
        self._beginnings = tuple(kinds.get("beginning", ()))
        self._ends = tuple(kinds.get("end", ()))
        self._parts = tuple(kinds.get("part", ()))
        others = kinds.get("other")
        self._others = re.compile("|".join(map(translate, others))).match if others else None

    def match(self, text: str) -> bool:
        """Whether *text* matches one of them."""
        if (
            text in self._names
            or text.startswith(self._beginnings)
            or (self._ends and text.endswith(self._ends))
        ):
            return True
        for part in self._parts:
            if part in text:
                return True
        return self._others is not None and self._others(text) is not None

    def meet(self, word: Word) -> bool:
        """Whether something that *word* may name matches one of them."""
        text = normalised(word.text)
        if self.match(text) or (text != word.text and self.match(word.text)):
            return True
        if UNKNOWN in text and text.count(UNKNOWN) > 1 and self._is_mostly_one(text):
            return True
        # Else every `*` could be anything.
        return word.has_glob and text.startswith(("/", "~")) and self._may_be_named(text)

    def meet_any(self, words: Iterable[Word]) -> bool:
        """Whether one of *words* meets them."""
        return any(map(self.meet, words))

    def are_meant(self, word: Word) -> bool:
        """Whether *word* names nothing but what one matches: the ground for an exception."""
        return word.is_known and self.match(normalised(word.text))

    @cached_property
    def _places(self) -> dict[int, list[list[str]]]:
        """Examples of what they match, in their steps, by the number of these."""
        found: dict[int, list[list[str]]] = {}
        for glob in self._written:
            for some in ("", "x"):
                parts = glob.replace("*", some).split("/")
                found.setdefault(len(parts), []).append(parts)
        return found

    def _is_mostly_one(self, text: str) -> bool:
        return any(_is_mostly(text, glob) for glob in self._written)

    def _may_be_named(self, typed: str) -> bool:
        """Whether the shell may expand *typed* to one of them; its `*` never crosses a `/`."""
        steps = typed.split("/")
        return any(
            all(map(fnmatchcase, parts, steps)) for parts in self._places.get(len(steps), ())
        )


@cache  # the rules' own globs only: as many as the rules have
def compiled(globs: tuple[str, ...]) -> Globs:
    """*globs*, compiled once."""
    return Globs(globs)


@lru_cache(maxsize=256)
def normalised(text: str) -> str:
    """A path without `//`, `/./` and `..`; other text as it is."""
    if "/" not in text or "://" in text:
        return text
    path = posixpath.normpath(text)
    return "/" + path.lstrip("/") if path.startswith("/") else path


def _kind(glob: str) -> tuple[str, str]:
    """What kind of glob it is, and what it says without its `*`."""
    plain = glob.strip("*")
    if _SPECIAL.search(plain):
        return "other", glob
    if "*" not in glob:
        return "name", glob
    if not plain:
        return "part", ""
    is_begun, is_ended = glob.startswith(plain), glob.endswith(plain)
    return "beginning" if is_begun else "end" if is_ended else "part", plain


def _is_mostly(text: str, path: str) -> bool:
    """Whether *text*, with anything where it is unknown, is *path* and says most of it."""
    told = text.replace(UNKNOWN, "")
    is_nothing = text.startswith(UNKNOWN) and not told.strip("/")  # `$a/$b`
    if is_nothing or len(told) < _LEAST_TOLD * len(path) or "*" in path:
        return False
    return fnmatchcase(path, text.translate(_UNKNOWN_AS_STAR))
