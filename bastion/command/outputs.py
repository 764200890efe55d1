r"""What a command prints, where its words say all of it: `echo`, `printf`, `cat <<< …`.

So `echo 'rm -rf /usr' | sh` is read as what it runs.

What always holds: it is None where anything but the words decides what is printed; what only the
shell knows stays `UNKNOWN` in it. What it does not do: read files, or run anything.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from bastion.command.reading import SimpleCommand

_ECHO_OPTIONS = re.compile(r"-[neE]+")
_FORMAT = re.compile(r"%(?:%|[-0-9.]*(?:[sbq]|\(([^)]*)\)T)|.)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|0?([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "v": "\v",
}
_MAX_CHARS = 8192
_HERE = "<<<"
_TWO = 2
_LAST_CHAR = 0xFF


def printed(command: SimpleCommand, among: Sequence[SimpleCommand]) -> str | None:
    """What *command* prints, at the end of a pipeline whose other commands are *among* these."""
    return output(command, fed(command, among))


def fed(command: SimpleCommand, among: Sequence[SimpleCommand]) -> str | None:
    """What *command* gets from the pipeline it is in, where that is certain."""
    stages = {c.stage: c for c in among if c.pipeline == command.pipeline} if command.stage else {}
    text: str | None = None
    for stage in range(command.stage):
        before = stages.get(stage)
        text = output(before, text) if before else None
    return text


def output(command: SimpleCommand, fed: str | None = None) -> str | None:
    """What *command* prints, where that is certain; *fed* is what it reads, where that is known."""
    made = _PRINTERS.get(command.program)
    here = [r.target.text for r in command.redirections if r.operator == _HERE]
    text = made([w.text for w in command.words[1:]], here[-1] if here else fed) if made else None
    return None if text is None or len(text) > _MAX_CHARS else text


def _echo(words: list[str], _fed: str | None) -> str:
    first = next((at for at, word in enumerate(words) if not _ECHO_OPTIONS.fullmatch(word)), None)
    kept = [] if first is None else words[first:]
    text = " ".join(kept)
    return _unescaped(text) if "e" in "".join(words[:first]) else text


def _printf(words: list[str], _fed: str | None) -> str | None:
    if words[:1] == ["--"]:
        words = words[1:]
    if not words or words[0].startswith("-v"):
        return None
    form, rest = _unescaped(words[0]), words[1:]
    if not rest or not _FORMAT.search(form):
        return _FORMAT.sub(lambda m: "%" if m[0] == "%%" else "", form)
    text = ""
    while rest and len(text) <= _MAX_CHARS:
        count = len(rest)
        text += _FORMAT.sub(lambda m: "%" if m[0] == "%%" else rest.pop(0) if rest else "", form)
        if len(rest) == count:
            return None
    return text


def _same(words: list[str], fed: str | None) -> str | None:
    """`cat`, `cat -`, `tee FILE`: what comes in goes out."""
    return fed if all(word.startswith("-") for word in words) else None


def _tee(_words: list[str], fed: str | None) -> str | None:
    return fed


def _rev(words: list[str], fed: str | None) -> str | None:
    return None if words or fed is None else "\n".join(line[::-1] for line in fed.split("\n"))


def _base64(words: list[str], fed: str | None) -> str | None:
    if fed is None or not any(word in ("-d", "-D", "--decode", "-di") for word in words):
        return None
    try:
        return base64.b64decode("".join(fed.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _xxd(words: list[str], fed: str | None) -> str | None:
    if (
        fed is None
        or not any(word.startswith("-r") for word in words)
        or "-p" not in "".join(words)
    ):
        return None
    try:
        return bytes.fromhex("".join(fed.split())).decode()
    except ValueError:
        return None


def _tr(words: list[str], fed: str | None) -> str | None:
    """Letters for letters, also by ranges; nothing that deletes or squeezes."""
    if fed is None or len(words) != _TWO or words[0].startswith("-"):
        return None
    old, new = (_ranges(_unescaped(word)) for word in words)
    if not new or "[" in words[0] + words[1]:
        return None
    return fed.translate(str.maketrans(old, new.ljust(len(old), new[-1])[: len(old)]))


def _ranges(text: str) -> str:
    def spread(match: re.Match[str]) -> str:
        return "".join(map(chr, range(ord(match[1]), min(ord(match[2]), _LAST_CHAR) + 1)))

    return re.sub(r"(.)-(.)", spread, text, flags=re.DOTALL)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_meant, text)


def _meant(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2]:
        return chr(int(match[2], 8) & 0xFF)
    return _LETTERS.get(match[3], match[3] if match[3] == "\\" else match[0])


_PRINTERS: Mapping[str, Callable[[list[str], str | None], str | None]] = MappingProxyType(
    {
        "echo": _echo,
        "printf": _printf,
        "cat": _same,
        "tee": _tee,
        "rev": _rev,
        "base64": _base64,
        "tr": _tr,
        "xxd": _xxd,
    }
)
