"""What program text does to files of literal names, as the shell commands that would do the same.

`File.delete("/x")` is `rm -- /x`, `open(F, ">/x")` is `: > /x`. Perl, Ruby, PHP, Lua, JavaScript,
R and Julia call these things by much the same names.

What always holds: only a name that stands there in full is taken. What it does not do: understand
these languages.
"""

import re
import shlex
from collections.abc import Iterator

_MAX_CHARS = 8192
_NAME = r"""(?:"(?P<{0}>[^"\n\\]+)"|'(?P<{0}_>[^'\n\\]+)')"""
_PATH, _OTHER = _NAME.format("path"), _NAME.format("other")
_BETWEEN = r"\s{0,9}\(?\s{0,9}(?:glob\s{0,9}\(?\s{0,9})?"
_DELETED = re.compile(
    r"(?<![\"'\w])(?:"
    r"(?P<one>unlink(?:Sync)?|(?:File|os|io)\.(?:delete|unlink|remove)|file\.remove)"
    r"|(?:FileUtils\.)?(?:rm_rf?|rmtree|remove_tree|remove_entry_secure)|FileUtils\.rm"
    r"|(?:[\w.]{0,40}\.)?(?:rm(?:dir)?(?:Sync)?|remove(?:Sync|_dir_all)?)(?=\s{0,9}\())"
    rf"{_BETWEEN}{_PATH}"
)
_WRITTEN = re.compile(
    r"\b(?:file_put_contents|(?:write|append)File(?:Sync)?|createWriteStream|truncate(?:Sync)?"
    rf"|(?:File|IO)\.(?:bin)?write|writeLines|write_file)\s{{0,9}}\(?\s{{0,9}}{_PATH}"
)
_READ = re.compile(
    r"\b(?:file_get_contents|readFile(?:Sync)?|readfile|createReadStream|io\.lines|readLines|slurp"
    rf"|(?:File|IO)\.(?:bin)?(?:read|readlines|foreach))\s{{0,9}}\(?\s{{0,9}}{_PATH}"
)
_OPENED = re.compile(
    r"\b(?:f?open|File\.(?:open|new)|openSync)\s{0,9}\(?\s{0,9}"
    rf"(?:(?:my\s+)?[$\w]+\s{{0,9}},\s{{0,9}})?{_PATH}(?:\s{{0,9}},\s{{0,9}}{_OTHER})?"
)
_KILLED = re.compile(r"\bkill\s{0,9}\(?\s{0,9}[\"']?(\w{1,9})[\"']?\s{0,9},\s{0,9}(-?\d{1,7})\b")
_MODES = re.compile(
    rf"\bchmod(?:Sync)?\s{{0,9}}\(?\s{{0,9}}(?:(?P<first>0o?\d+)\s{{0,9}},\s{{0,9}})?{_PATH}"
    r"(?:\s{0,9},\s{0,9}(?P<then>0o?\d+))?"
)
_CHANGES = re.compile(r"[waxc]b?\+?b?|r\+|\+?>>?")


def of_files(code: str) -> Iterator[str]:
    """What *code* deletes, writes and reads, and which processes it ends."""
    code = code[:_MAX_CHARS]
    for found in _DELETED.finditer(code):
        yield f"rm {'' if found['one'] else '-r '}-- {_path(found)}"
    for found in _WRITTEN.finditer(code):
        yield f": > {_path(found)}"
    for found in _READ.finditer(code):
        yield f"cat {_path(found)}"
    for found in _OPENED.finditer(code):
        yield _opened(found["path"] or found["path_"], found["other"] or found["other_"] or "")
    for found in _KILLED.finditer(code):
        yield f"kill -{found[1]} {found[2]}"
    for found in _MODES.finditer(code):
        if mode := found["first"] or found["then"]:
            yield f"chmod {mode.replace('o', '')} {_path(found)}"


def _path(found: re.Match[str]) -> str:
    return written(found["path"] or found["path_"])


def _opened(first: str, second: str) -> str:
    """`open("/x", "w")`, and Perl's `open(F, ">", "/x")`, `open(F, ">/x")`, `open(F, "|sh")`."""
    if first in ("|-", "-|"):
        return second
    if first.startswith("|") or first.endswith("|"):
        return first.strip("| ")
    if _CHANGES.fullmatch(first) and second:
        return f": > {written(second)}"
    if first.startswith(("+>", ">", "+<")):
        return f": > {written(first.lstrip('+><').strip())}"
    if _CHANGES.fullmatch(second):
        return f": > {written(first)}"
    return f"cat {written(second if first == '<' else first.lstrip('<').strip())}"


def written(path: str) -> str:
    """*path* as a word of the shell's; what may be a pattern stays one."""
    return path if re.fullmatch(r"[\w./*?~-]+", path) else shlex.quote(path)
