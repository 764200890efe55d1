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
    rf"\s{{0,9}}\(?\s{{0,9}}{_QUOTED}"
)
_BACKTICKS = re.compile(r"`([^`]+)`|%x[\[{(]([^\]})]+)[\]})]")
_PIPED = re.compile(r'"((?:[^"\\]|\\.)+)"\s{0,9}\|\s{0,9}getline|\|\s{0,9}"((?:[^"\\]|\\.)+)"')
_BANG = re.compile(r":?!(.+)")


def of_python(code: str) -> Iterator[str]:
    """The literal commands that Python *code* runs."""
    for node in ast.walk(_tree(code)):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in _SHELL_CALLS:
            yield from _literal(node.args[0])


def of_script(code: str) -> Iterator[str]:
    """The literal commands that Perl, Ruby, PHP, Lua or Node *code* runs."""
    for found in _CALL.finditer(code[:_MAX_CHARS]):
        yield _unescaped(next(group for group in found.groups() if group is not None))


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
