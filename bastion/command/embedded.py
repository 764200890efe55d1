"""Shell text inside other programs' text: `awk '{system("…")}'`, `python -c 'os.system("…")'`.

What always holds: only text that stands there in full is found: an argument that is made up when
the program runs is not guessed at. What it does not do: run anything, or understand these
languages; Python alone is read by its own parser.
"""

import ast
import re
import shlex
import warnings
from collections.abc import Callable, Iterator

_MAX_CHARS = 8192
_SHELL_CALLS = frozenset(
    {"system", "popen", "getoutput", "getstatusoutput", "run", "call", "check_call"}
    | {"check_output", "Popen", "spawn"}
)
_QUOTED = r"""(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]*)`)"""
_CALL = re.compile(
    rf"\b(?:system|popen|exec|execSync|spawnSync|passthru|shell_exec|proc_open|os\.execute|io\.popen)"
    rf"\s{{0,9}}\(?\s{{0,9}}({_QUOTED}(?:\s{{0,9}},\s{{0,9}}{_QUOTED}){{0,32}})"
)
_ONE = re.compile(_QUOTED)
_SED = re.compile(
    r"(?:^|[;\n{}])\s*(?:\d+|\$|/[^/\n]*/)?\s*(?:,\s*(?:\d+|\$|/[^/\n]*/))?\s*!?e\s+([^\n]+)"
)
_SED_REPLACED = re.compile(
    r"\bs([/|,#@])(?:\\.|(?!\1)[^\\\n])*\1((?:\\.|(?!\1)[^\\\n])*)\1[gpiIm0-9]{0,4}e"
)
_SPAWN = re.compile(r"\b(?:spawn|exec|system)\s+(?:-noecho\s+)?([^;\n\]]+)")
_BACKTICKS = re.compile(r"`([^`]+)`|%x[\[{(]([^\]})]+)[\]})]")
_PIPED = re.compile(r'"((?:[^"\\]|\\.)+)"\s{0,9}\|\s{0,9}getline|\|\s{0,9}"((?:[^"\\]|\\.)+)"')
_BANG = re.compile(r":?!(.+)")


def of_python(code: str) -> Iterator[str]:
    """The literal commands that Python *code* runs."""
    tree = _tree(code)
    meant = {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = _name(node.func)
        name = meant.get(name, name)
        if name in _SHELL_CALLS:
            yield from _literal(node.args[0])
        elif name.startswith(("exec", "spawn", "posix_spawn")) and len(node.args) > 1:
            for argument in node.args[1:]:
                yield from _literal(argument)


def of_script(code: str) -> Iterator[str]:
    """The literal commands that Perl, Ruby, PHP, Lua or Node *code* runs."""
    for found in _CALL.finditer(code[:_MAX_CHARS]):
        quoted = (next(g for g in q.groups() if g is not None) for q in _ONE.finditer(found[1]))
        words = [_unescaped(text) for text in quoted]
        yield words[0] if len(words) == 1 else shlex.join(words)


def of_ruby(code: str) -> Iterator[str]:
    """The same, and what stands in backticks, as Perl has them too."""
    yield from of_script(code)
    for found in _BACKTICKS.finditer(code[:_MAX_CHARS]):
        yield found[1] or found[2]


def of_awk(code: str) -> Iterator[str]:
    """The literal commands that awk *code* runs or is connected to."""
    yield from of_script(code)
    for found in _PIPED.finditer(code[:_MAX_CHARS]):
        yield _unescaped(found[1] or found[2])


def of_sed(code: str) -> Iterator[str]:
    """The commands of sed's `e`, and of `s///e`, which runs what it has made."""
    for found in _SED.finditer(code[:_MAX_CHARS]):
        yield found[1]
    for found in _SED_REPLACED.finditer(code[:_MAX_CHARS]):
        yield found[2]


def of_expect(code: str) -> Iterator[str]:
    """The commands that expect starts."""
    for found in _SPAWN.finditer(code[:_MAX_CHARS]):
        yield found[1]


def of_editor(code: str) -> Iterator[str]:
    """The command of an editor's `:!command`."""
    if found := _BANG.match(code[:_MAX_CHARS]):
        yield found[1].strip()


FINDERS: dict[str, Callable[[str], Iterator[str]]] = {
    "python": of_python,
    "script": of_script,
    "ruby": of_ruby,
    "awk": of_awk,
    "editor": of_editor,
    "sed": of_sed,
    "expect": of_expect,
}
"""By the language's name in `bastion.command.wrappers`."""


def _tree(code: str) -> ast.AST:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bad escape in somebody's one-liner
            return ast.parse(code[:_MAX_CHARS])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])  # no Python: nothing that could run


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Call) and _name(function.func) == "getattr" and function.args[1:]:
        return str(getattr(function.args[1], "value", ""))
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literal(argument: ast.expr) -> Iterator[str]:
    """A string, or a list of strings, that stands there in full."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.List | ast.Tuple):
        parts = [p.value for p in argument.elts if isinstance(p, ast.Constant)]
        words = [part for part in parts if isinstance(part, str)]
        if words and len(words) == len(argument.elts):
            yield shlex.join(words)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
