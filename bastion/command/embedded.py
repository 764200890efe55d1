"""Shell text inside other programs' text: `awk '{system("…")}'`, `vim -c ':!…'`.

What such text does to files itself is there as the shell command that does the same. Python is read
by its own parser, in `bastion.command.embedded_python`.

What always holds: only text that stands there in full is found: an argument that is made up when
the program runs is not guessed at. What it does not do: run anything, or understand these
languages.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from itertools import islice

from bastion.command.embedded_files import of_files, written
from bastion.command.embedded_python import of_python

_MAX_CHARS = 8192
_MOST_NAMES = 16  # each is sought in the whole text
_QUOTED = r"""(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]*)`)"""
_CALL = re.compile(
    rf"\b(?:system2?|popen|exec|exec(?:File)?(?:Sync)?|spawn(?:Sync)?|passthru|shell_exec|proc_open"
    r"|pcntl_exec|os\.execute|io\.popen|capture[23e]*|shell-command|call-process"
    r"|start-process|async-shell-command)"
    rf"\s{{0,9}}\(?\s{{0,9}}({_QUOTED}(?:(?:\s|,|\[|\bnil\b|\bt\b){{1,32}}{_QUOTED}){{0,32}})"
)
_ONE = re.compile(_QUOTED)
_SED = re.compile(
    r"(?:^|[;\n{}])\s*(?:\d+|\$|/[^/\n]*/)?\s*(?:,\s*(?:\d+|\$|/[^/\n]*/))?\s*!?e\s+([^\n]+)"
)
_SED_REPLACED = re.compile(
    r"\bs([/|,#@])(?:\\.|(?!\1)[^\\\n])*\1((?:\\.|(?!\1)[^\\\n])*)\1[gpiIm0-9]{0,4}e"
)
_SED_MATCHED = re.compile(r"(?<!\\)&|\\[1-9]")
_SPAWN = re.compile(r"\b(?:spawn|exec|system)\s+(?:-noecho\s+)?([^;\n\]]+)")
_BACKTICKS = re.compile(
    r"`([^`]+)`|(?:%x|\bqx|\b(?:exec|system)[ (]{1,3}qw)\s?[\[{(]([^\]})]+)[\]})]"
)
_PIPED = re.compile(r'"((?:[^"\\]|\\.)+)"\s{0,9}\|\s{0,9}getline|\|\s{0,9}"((?:[^"\\]|\\.)+)"')
_AWK_FILE = re.compile(r'(?P<how>>>?|getline(?:\s+\w+)?\s*<)\s{0,9}"(?P<path>[^"\n\\]+)"')
_AWK_NAMED = re.compile(r'\b(\w+)\s{0,9}=\s{0,9}"((?:[^"\\]|\\.)+)"')
_SED_FILE = re.compile(r"(?:^|[;{}\n/0-9$!|#,@gp])[ ]*([wWrR])[ ]+(/[^\n;}]+)")
_BANG = re.compile(
    r"[ :]*(?:sil\w*!?[ ]+)?(?:(?:re?\w*|wr?\w*)[ ]+|exe\w*[ ]+.|[.%$\d,]+[ ]*)?!(.+)", re.DOTALL
)
_EDITED = re.compile(r"[ :]*(?P<how>w|wr\w*|wq|sav\w*|r|re\w*|e|ed\w*)!?[ ]+(?P<path>[/~]\S+)")
_VIM_DELETED = re.compile(r"\bdelete\(\s{0,9}[\"']([^\"'\n]+)[\"']")
_PUT = re.compile(r"(?:m?put|reput|send|append)[ ]+(?:-\w+[ ]+)*(\S+)")
_DEBUGGED = re.compile(r"(?:!|she\w*[ ]|platform shell[ ]|pipe[ ].*\|)(.+)", re.DOTALL)
_LISP_FILE = re.compile(
    r'\((delete-\w+|write-\w+|insert-file\S*|find-file\S*)[^"()]{0,40}"([^"]+)"'
)
_SENT = re.compile(r'\bsend\s+(?:--\s+)?"((?:[^"\\]|\\.)*)"')


def of_script(code: str) -> Iterator[str]:
    """The literal commands that Perl, Ruby, PHP, Lua or Node *code* runs."""
    for found in _CALL.finditer(code[:_MAX_CHARS]):
        quoted = (next(g for g in q.groups() if g is not None) for q in _ONE.finditer(found[1]))
        words = [_unescaped(text) for text in quoted]
        yield words[0] if len(words) == 1 else shlex.join(words)
    yield from of_files(code)


def of_ruby(code: str) -> Iterator[str]:
    """The same, and what stands in backticks, as Perl has them too."""
    yield from of_script(code)
    for found in _BACKTICKS.finditer(code[:_MAX_CHARS]):
        yield found[1] or found[2]


def of_awk(code: str) -> Iterator[str]:
    """The literal commands that awk *code* runs or is connected to."""
    yield from of_script(code)
    code = code[:_MAX_CHARS]
    for found in _PIPED.finditer(code):
        yield _unescaped(found[1] or found[2])
    for found in _AWK_FILE.finditer(code):
        yield f"{': >' if found['how'][0] == '>' else 'cat'} {written(found['path'])}"
    for found in islice(_AWK_NAMED.finditer(code), _MOST_NAMES):
        if re.search(rf"\bsystem\s*\(\s*{found[1]}\b|\|\s*{found[1]}\b|\b{found[1]}\s*\|", code):
            yield _unescaped(found[2])


def of_sed(code: str) -> Iterator[str]:
    """The commands of sed's `e`, and of `s///e`, which runs what it has made."""
    for found in _SED.finditer(code[:_MAX_CHARS]):
        yield found[1]
    for found in _SED_REPLACED.finditer(code[:_MAX_CHARS]):
        text, count = _SED_MATCHED.subn("{}", found[2])
        # What was matched comes from outside, as what xargs puts in does.
        yield f"xargs -I{{}} sh -c {shlex.quote(_unescaped(text))}" if count else _unescaped(text)
    for found in _SED_FILE.finditer(code[:_MAX_CHARS]):
        yield f"{': >' if found[1] in 'wW' else 'cat'} {written(found[2].strip())}"


def of_expect(code: str) -> Iterator[str]:
    """The commands that expect starts, and what it types into them."""
    for found in _SPAWN.finditer(code[:_MAX_CHARS]):
        yield found[1]
    for found in _SENT.finditer(code[:_MAX_CHARS]):
        yield re.sub(r"\\[rn]", "", found[1])


def of_editor(code: str) -> Iterator[str]:
    """The command of an editor's `:!command`, and the file of `:w /file`."""
    for line in code[:_MAX_CHARS].splitlines():
        if found := _BANG.match(line):
            yield found[1].strip()
        elif found := _EDITED.match(line):
            yield f"{': >' if found['how'][0] in 'ws' else 'cat'} {written(found['path'])}"
    yield from (f"rm -r -- {written(found[1])}" for found in _VIM_DELETED.finditer(code))
    yield from of_script(code)


def of_debugger(code: str) -> Iterator[str]:
    """The command of a debugger's `shell command`, and what it calls or has Python do."""
    for line in map(str.strip, code[:_MAX_CHARS].splitlines()):
        if found := _DEBUGGED.match(line):
            yield found[1].strip()
        elif line.startswith(("python ", "py ", "pi ", "script ")):
            yield from of_python(line.partition(" ")[2])
        else:
            yield from of_script(line)


def of_banged(code: str) -> Iterator[str]:
    """The commands of lines that begin with `!`, and what FTP's `put` sends, as scp would."""
    for line in map(str.strip, code[:_MAX_CHARS].splitlines()):
        if line.startswith("!"):
            yield line[1:].strip()
        elif found := _PUT.match(line):
            yield f"scp {written(found[1])} it@there:"


def of_notebook(code: str) -> Iterator[str]:
    """The commands of Python's lines, and of those that begin with `!`, as IPython takes them."""
    lines = code[:_MAX_CHARS].splitlines()
    yield from of_python("\n".join(line for line in lines if not line.startswith("!")))
    yield from of_banged(code)


def of_lisp(code: str) -> Iterator[str]:
    """What Emacs Lisp runs, deletes and writes."""
    yield from of_script(code)
    for found in _LISP_FILE.finditer(code[:_MAX_CHARS]):
        how = found[1] or ""
        like = (
            "rm -r --" if how.startswith("delete") else ": >" if how.startswith("write") else "cat"
        )
        yield f"{like} {written(found[2])}"


FINDERS: dict[str, Callable[[str], Iterator[str]]] = {
    "python": of_python,
    "script": of_script,
    "ruby": of_ruby,
    "awk": of_awk,
    "editor": of_editor,
    "sed": of_sed,
    "expect": of_expect,
    "debugger": of_debugger,
    "lisp": of_lisp,
    "bang": of_banged,
    "notebook": of_notebook,
}
"""By the language's name in `bastion.command.wrappers`."""


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
