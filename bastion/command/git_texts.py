"""Shell text that git runs: `config core.pager TEXT`, `bisect run TEXT`, `rebase -x TEXT`.

What always holds: a setting counts whether it is given for one command or kept for later ones. What
it does not do: read git's configuration on the host, or its hooks.
"""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from bastion.command.arguments import cut
from bastion.command.reading import Word
from bastion.verdict import Span

_RUN = re.compile(
    r"core\.(?:sshcommand|pager|editor|fsmonitor|gitproxy|askpass|alternaterefscommand)"
    r"|sequence\.editor|pager\..+|diff\.external|diff\..+\.(?:command|textconv)|interactive\.difff.*"
    r"|(?:difftool|mergetool|browser|man|trailer)\..+\.(?:cmd|command)|merge\..+\.driver"
    r"|filter\..+\.(?:clean|smudge|process)|gpg\.(?:.+\.)?program|uploadpack\.packobjectshook"
    r"|remote\..+\.(?:uploadpack|receivepack|vcs)|web\.browser|sendemail\.(?:smtpserver|.*cmd)",
    re.IGNORECASE,
)
_RUN_BEHIND_BANG = re.compile(
    r"alias\..+|credential\.(?:.+\.)?helper|submodule\..+\.update", re.IGNORECASE
)
_OPTIONS = {
    **dict.fromkeys(("rebase", "difftool"), ("-x", "--exec", "--extcmd")),
    "clone": ("-u", "--upload-pack", "-c", "--config"),
    "grep": ("-O", "--open-files-in-pager"),
    **dict.fromkeys(
        ("fetch", "pull", "push", "ls-remote", "fetch-pack", "send-pack", "archive"),
        ("--upload-pack", "--receive-pack", "--exec"),
    ),
    "filter-branch": tuple(
        f"--{kind}-filter"
        for kind in ("tree", "env", "index", "msg", "commit", "parent", "tag-name", "setup")
    ),
}
"""By its verb, the options whose value it runs."""
_VALUED = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env"})


def of_git(words: tuple[Word, ...]) -> Iterator[Word]:
    """The shell texts among *words*, the first of which is git."""
    at = _place_of_verb(words)
    for option, value in pairwise(words[1:at]):
        if option.text in ("-c", "--config-env"):
            yield from _set(value.text.partition("=")[0], cut(value, value.text.partition("=")[2]))
    verb, behind = words[at].text if at < len(words) else "", words[at + 1 :]
    if verb == "config":
        plain = [word for word in behind if not word.text.startswith("-")]
        for name, value in pairwise(plain):
            yield from _set(name.text, value)
    elif (verb, *(word.text for word in behind[:1])) == ("submodule", "foreach"):
        yield from _rest([word for word in behind[1:] if not _is_flag(word)])
    elif (verb, *(word.text for word in behind[:1])) == ("bisect", "run") and behind[1:]:
        yield cut(behind[1], shlex.join(word.text for word in behind[1:]))
    for option, value in pairwise((*behind, Word("", "", Span(0, 0)))):
        yield from _of_option(option, value, _OPTIONS.get(verb, ()))


def _place_of_verb(words: tuple[Word, ...]) -> int:
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        at += 2 if words[at].text in _VALUED else 1
    return at


def _of_option(option: Word, following: Word, options: tuple[str, ...]) -> Iterator[Word]:
    name, equals, value = option.text.partition("=")
    if option.text[:2] in options and option.text[2:] and not option.text.startswith("--"):
        name, equals, value = option.text[:2], "=", option.text[2:].removeprefix("=")
    if name not in options:
        return
    given = cut(option, value) if equals else following
    if name in ("-c", "--config"):
        yield from _set(given.text.partition("=")[0], cut(given, given.text.partition("=")[2]))
    else:
        yield given


def _set(name: str, value: Word) -> Iterator[Word]:
    """What the setting *name* runs that gets *value*."""
    is_code = value.text.startswith("!")
    if _RUN.fullmatch(name) or (is_code and _RUN_BEHIND_BANG.fullmatch(name)):
        yield cut(value, value.text.removeprefix("!"))


def _is_flag(word: Word) -> bool:
    return word.text in ("--recursive", "--quiet", "-q")


def _rest(words: list[Word]) -> Iterator[Word]:
    if words:
        text = " ".join(word.text for word in words)
        yield Word(text, text, Span(words[0].span.start, words[-1].span.end))
