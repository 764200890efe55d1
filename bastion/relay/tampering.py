"""Notices that somebody takes a shell's hooks away: by the shell's word, or by the text of a line.

What always holds: each word of the shell makes one line opaque, the next. What it does not do:
rule; rules say what becomes of what is `tamper`. What it does not see: a name that is computed;
bash itself undoes what such a one does.
"""

import re

from bastion.relay.asking import Asking

REASON = "tamper"
_UNQUOTED = str.maketrans("", "", "'\"\\")
# Inside longer words, too: a line before may end in a backslash without going on.
_OURS = re.compile(r"__bastion_|BASH_ALIASES\b")
_ALIAS = re.compile(r"alias\b[^\n]*")
# Words that stand in what we have a shell run, which it reads anew each time. A text may be long,
# so that nothing here is tried twice.
_OUR_WORDS = re.compile(r"\s(?:[^\s=$`]*+[$`][^\s=]*+|[\[\]{}!]++|builtin|if|then|fi|done)=")
_UNPROMPTED = "no prompt before this line"


class Tampering:
    """What one shell told."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._what = ""

    def told(self, what: str) -> None:
        """The shell says *what* somebody did."""
        self._what = what or "unknown"
        self._asking.mark(f"{REASON} {self._what}")

    def explained(self) -> None:
        """The next line stood in one paste with the one before: there is no prompt between."""
        if self._what == _UNPROMPTED:
            self._what = ""

    def reason(self, text: str, otherwise: str) -> str:
        """Why *text* is opaque: it is to run after some, or names what asks; else *otherwise*."""
        what, self._what = self._what, ""
        if not what and (what := _named(text)):
            self._asking.mark(f"{REASON} names {what}")
        return REASON if what else otherwise


def _named(text: str) -> str:
    """What of ours *text* names: a name, or `alias` for one of a word of ours; else empty."""
    text = text.replace("\\\n", "").translate(_UNQUOTED)
    if name := _OURS.search(text):
        return name[0]
    return "alias" if any(map(_OUR_WORDS.search, _ALIAS.findall(text))) else ""
