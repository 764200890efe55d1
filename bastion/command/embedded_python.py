"""What Python text runs and does to files, as the shell commands that would do the same.

`os.system("reboot")` is `reboot`, `shutil.rmtree("/data")` is `rm -r /data`. The text is read by
Python's own parser, and strings that are put together from literals are put together.

What always holds: an argument that is made up when the program runs is not guessed at. What it does
not do: run anything, or follow values through functions.
"""

import ast
import base64
import binascii
import shlex
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from bastion.command.embedded_files import written

_MAX_CHARS = 8192
_MAX_DEPTH = 3
_SHELL_CALLS = frozenset(
    {"system", "popen", "getoutput", "getstatusoutput", "run", "call", "check_call"}
    | {"check_output", "Popen", "spawn", "create_subprocess_shell"}
)
_READ_AS_CODE = frozenset({"exec", "eval", "compile"})
_CHANGED = frozenset("wax+")
_FOUND = frozenset({"glob", "iglob"})
_PATHS = frozenset({"Path", "PosixPath", "expanduser", "abspath", "realpath", "str", "fspath"})
_LIKE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("remove", "unlink", "rmdir", "removedirs"), "rm -- {}"),
        "rmtree": "rm -r -- {}",
        "truncate": "truncate -s 0 {}",
        **dict.fromkeys(("move", "rename", "renames", "replace"), "mv -- {} {}"),
        **dict.fromkeys(("copy", "copyfile", "copy2", "copytree"), "cp -r -- {} {}"),
        **dict.fromkeys(("symlink", "link"), "ln -s -- {} {}"),
        **dict.fromkeys(("write_text", "write_bytes"), ": > {}"),
        **dict.fromkeys(("read_text", "read_bytes"), "cat {}"),
        **dict.fromkeys(("urlopen", "urlretrieve"), "curl {}"),
        "delete_repo": "hf repos delete {}",
    }
)
"""The shell command that is like a call, and takes its first arguments."""
_OF_PATH = frozenset(
    {"unlink", "rmdir", "rename", "replace", "write_text", "write_bytes", "read_text", "read_bytes"}
)


def of_python(code: str, depth: int = 0) -> Iterator[str]:
    """The literal commands that Python *code* runs, and what it does to files of literal names."""
    tree = _tree(code)
    reader = _Reader(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from reader.of_call(node)
            if depth < _MAX_DEPTH and reader.name(node.func) in _READ_AS_CODE and node.args:
                yield from of_python(reader.text(node.args[0]) or "", depth + 1)


class _Reader:
    """Knows what the names of a program stand for."""

    def __init__(self, tree: ast.AST) -> None:
        self._meant: dict[str, str] = {}
        self._values: dict[str, ast.expr] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self._meant |= {a.asname: a.name for a in node.names if a.asname}
            elif isinstance(node, ast.Assign):
                self._set(node.targets[0], node.value)
            elif isinstance(node, ast.For | ast.comprehension):
                self._set(node.target, node.iter)

    def _set(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._values[target.id] = value

    def name(self, function: ast.expr) -> str:
        """The last name of what is called."""
        if isinstance(function, ast.Call) and self.name(function.func) == "getattr":
            return (self.text(function.args[1]) if function.args[1:] else None) or ""
        if isinstance(function, ast.Attribute):
            return function.attr
        name = getattr(function, "id", "")
        return self._meant.get(name, name)

    def of_call(self, call: ast.Call) -> Iterator[str]:
        """What *call* runs, or the command that is like it."""
        name, given = self.name(call.func), [*call.args, *(k.value for k in call.keywords)]
        if name in _SHELL_CALLS:
            yield from self._script(given[:1])
        elif name.startswith(("exec", "spawn", "posix_spawn")) and len(given) > 1:
            for argument in given[1:]:
                yield from self._script([argument])
        elif made := _SPECIAL.get(name):
            yield from made(self, call)
        elif like := _LIKE.get(name):
            receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            if name in _OF_PATH and receiver and self._is_path(receiver[0]):
                given = [*receiver, *given]
            yield from self._filled(like, given)

    def _is_path(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name) and node.id in self._values:
            node = self._values[node.id]
        if isinstance(node, ast.BinOp):
            node = node.left
        return isinstance(node, ast.Call) and self.name(node.func) in _PATHS

    def _filled(self, like: str, given: list[ast.expr]) -> Iterator[str]:
        count = like.count("{}")
        texts = [self.text(node) for node in given[:count]]
        if len(texts) == count and all(texts):
            yield like.format(*(written(text or "") for text in texts))

    def _script(self, given: list[ast.expr]) -> Iterator[str]:
        """A string, or a list of strings, that stands there in full."""
        for node in given:
            if isinstance(node, ast.List | ast.Tuple):
                parts = [self.text(part) for part in node.elts]
                if parts and all(part is not None for part in parts):
                    yield shlex.join(part or "" for part in parts)
            elif text := self.text(node):
                yield text

    def opened(self, call: ast.Call) -> Iterator[str]:
        """`open(path, mode)`."""
        path = self.text(call.args[0]) if call.args else None
        modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
        mode = (self.text(modes[0]) if modes else None) or "r"
        if path:
            how = ": >" if _CHANGED & set(mode) and len(mode) <= len("wb+") else "cat"
            yield f"{how} {written(path)}"

    def numbered(self, call: ast.Call) -> Iterator[str]:
        """`os.chmod(path, 0o4755)`, `os.kill(1, 9)`."""
        values = [getattr(node, "value", None) for node in call.args]
        if isinstance(call.args[1:2] and call.args[1], ast.Attribute):
            values[1] = getattr(call.args[1], "attr", None)
        if self.name(call.func) == "chmod" and len(values) > 1 and isinstance(values[1], int):
            path = self.text(call.args[0])
            yield f"chmod {values[1]:o} {written(path)}" if path else ""
        elif self.name(call.func) == "kill" and len(values) > 1 and isinstance(values[0], int):
            yield f"kill -{values[1]} {values[0]}"

    def text(self, node: ast.expr, depth: int = 0) -> str | None:  # noqa: PLR0911  a case each
        """The text that *node* comes to; None where that is not certain."""
        if isinstance(node, ast.Constant):
            return _decoded(node.value)
        if depth > _MAX_DEPTH:
            return None
        if isinstance(node, ast.Name):
            value = self._values.get(node.id)
            return None if value is None else self.text(value, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Div):
            both = [self.text(node.left, depth + 1), self.text(node.right, depth + 1)]
            between = "" if isinstance(node.op, ast.Add) else "/"
            return None if None in both else between.join(part or "" for part in both)
        if isinstance(node, ast.JoinedStr):
            parts = [self.text(part, depth) for part in node.values]
            return None if None in parts else "".join(part or "" for part in parts)
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value, depth + 1)
        return self._of_call(node, depth) if isinstance(node, ast.Call) else None

    def _of_call(self, node: ast.Call, depth: int) -> str | None:
        """A call that gives a text: a path, what a pattern finds, what is decoded."""
        name = self.name(node.func)
        texts = [self.text(argument, depth + 1) for argument in node.args]
        if isinstance(node.func, ast.Attribute) and not texts:
            return self.text(node.func.value, depth + 1) if name == "decode" else None
        if not texts or None in texts:
            return None
        known = [text or "" for text in texts]
        if name == "b64decode":
            return _from_base64(known[0])
        if name == "listdir":
            return f"{known[0]}/*"
        is_path = name in _FOUND | _PATHS | {"join", "bytes"}
        return "/".join(known) if is_path else None


_SPECIAL: Mapping[str, Callable[[_Reader, ast.Call], Iterator[str]]] = MappingProxyType(
    {"open": _Reader.opened, "chmod": _Reader.numbered, "kill": _Reader.numbered}
)


def _decoded(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else None


def _from_base64(text: str) -> str | None:
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, ValueError):
        return None


def _tree(code: str) -> ast.AST:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bad escape in somebody's one-liner
            return ast.parse(code[:_MAX_CHARS])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])  # no Python: nothing that could run
