r"""Reads SQL with sqlglot: which statements do harm, and to what. `bastion.command.sql` loads it.

What always holds: text that sqlglot cannot read is judged by its key words alone, so what a dialect
adds hides nothing; a condition that names no column is none. What it does not do: say what is
forbidden.
"""

import logging
import re
from collections.abc import Iterator, Sequence

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError

from bastion.command.sql import Statement

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what it reads by key words only

_SHELL = re.compile(
    r"""(?:^|[;\s])(?:\\!|\.(?:shell|system)\b|system\b)\s*(?P<rest>[^\n]+)
       |\\(?:g|gx|o|out|w|watch|copy\b[^\n]*\bprogram)\s*(?:\|\s*(?P<pipe>[^\n]+)|'(?P<quoted>[^\n]+)')
       |\.(?:output|once|import)\s+['"]?\|(?P<dot>[^\n]+)""",
    re.VERBOSE | re.IGNORECASE,
)
_META = re.compile(r"^\s*[\\.][a-z!?][^\n]*$", re.MULTILINE | re.IGNORECASE)
_EXECUTABLE_COMMENT = re.compile(r"/\*!\d*(.*?)\*/", re.DOTALL)
_PROGRAM_TEXT = re.compile(r"\bprogram\s+e?'((?:[^']|'')*)'", re.IGNORECASE)
_RUNNING = frozenset(
    {"xp_cmdshell", "sys_exec", "sys_eval", "load_extension", "dblink_exec", "edit"}
)
_NAMELESS = "*"
_READING = frozenset({"pg_read_file", "pg_read_binary_file", "load_file", "lo_import", "readfile"})
_WRITING = frozenset({"lo_export", "writefile"})


def read(text: str, dialect: str) -> list[Statement]:
    """What the statements of *text* do that may do harm."""
    found = [Statement(("program", shell), shell) for shell in _shells(text)]
    plain = _EXECUTABLE_COMMENT.sub(r" \1 ", _META.sub("", text))
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(plain)
    except SqlglotError:
        words = re.findall(r"\w+", plain.upper())
        return [*found, *_by_key_words(words, is_read=False)]
    for part in _parts(tokens):
        found += _of_part(part, plain, dialect)
    return found


def _shells(text: str) -> Iterator[str]:
    for match in _SHELL.finditer(text):
        yield next(group for group in match.groups() if group).strip()


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The statements between the semicolons."""
    part: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            if part:
                yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _of_part(part: list[Token], text: str, dialect: str) -> Iterator[Statement]:
    raw = text[part[0].start : part[-1].end + 1]
    for program in _PROGRAM_TEXT.findall(raw):
        shell = program.replace("''", "'")
        yield Statement(("program", shell), shell)
    for token in part:
        if token.text.lower() in _RUNNING and not _is_quoted(token):
            yield Statement(("program", token.text.lower()))
    is_read = True
    try:
        parser = Dialect.get_or_raise(dialect).parser(error_level=ErrorLevel.IMMEDIATE)
        trees = parser.parse(part, text)
        if all(tree and not isinstance(tree, exp.Command) for tree in trees):
            yield from [statement for tree in trees if tree for statement in _of_tree(tree)]
            return
    except Exception:  # noqa: BLE001  sqlglot fails in many ways; each means the same
        is_read = False
    words = [token.text.upper() for token in part if not _is_quoted(token)]
    yield from _by_key_words(words, is_read=is_read)
    yield from _inside(part)


def _is_quoted(token: Token) -> bool:
    return token.token_type in (TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.IDENTIFIER)


def _inside(part: list[Token]) -> Iterator[Statement]:
    """What code does that stands in a string: `DO $$ … $$`, `EXECUTE '…'`."""
    for token in part:
        if token.token_type in (TokenType.HEREDOC_STRING, TokenType.STRING) and " " in token.text:
            for run in token.text.split(";"):
                yield from _by_key_words(re.findall(r"\w+", run.upper()))


def _of_tree(tree: exp.Expr) -> Iterator[Statement]:
    for node in tree.walk():
        if isinstance(node, exp.Drop):
            kind = str(node.args.get("kind") or "part").lower()
            yield _statement(f"drop-{kind}", *(node.args.get("tables") or [node.this]))
        elif isinstance(node, exp.TruncateTable):
            yield _statement("truncate", *node.expressions)
        elif isinstance(node, exp.Delete) and _is_all(node):
            yield _statement("delete-all", node.this)
        elif isinstance(node, exp.Update) and _is_all(node):
            yield _statement("update-all", node.this)
        elif isinstance(node, exp.Func):
            yield from _of_function(node)


def _of_function(node: exp.Func) -> Iterator[Statement]:
    name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
    paths = [literal.name for literal in node.find_all(exp.Literal) if literal.is_string]
    if name in _READING or name in _WRITING:
        yield Statement(("read" if name in _READING else "write", *paths[:1]))


def _is_all(node: exp.Expr) -> bool:
    """Whether no condition says which rows; one that names no column says nothing."""
    where = node.args.get("where")
    if node.args.get("limit"):
        return False
    return where is None or _is_empty(where.this)


def _is_empty(condition: exp.Expr) -> bool:
    """Whether every row meets *condition*, as far as can be seen: `true`, `x = x`, `a or 1=1`."""
    if isinstance(condition, exp.Paren):
        return _is_empty(condition.this)
    if isinstance(condition, exp.Or):
        return _is_empty(condition.this) or _is_empty(condition.expression)
    if isinstance(condition, exp.EQ) and condition.this == condition.expression:
        return True
    return condition.find(exp.Column, exp.Subquery) is None


def _statement(operation: str, *names: object) -> Statement:
    named = [_name(name) for name in names if name is not None]
    return Statement((operation, *(named or [_NAMELESS])))


def _name(node: object) -> str:
    """A table's or a column's name, with its schema where one is given."""
    if not isinstance(node, exp.Expr):
        return _NAMELESS
    table = node if isinstance(node, exp.Table) else node.find(exp.Table)
    return ".".join(part.name for part in table.parts) if table else node.name or node.sql()


def _by_key_words(words: Sequence[str], *, is_read: bool = True) -> Iterator[Statement]:
    """What a statement does that sqlglot knows by name only, as its words in capitals say.

    Where it could not even be read, no condition is believed: brackets without end may be in it.
    """
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        last = words[-1].lower()
        target = words[at + 2].lower() if following == "FROM" and len(words) > at + 2 else last
        if word == "DROP" and following:
            yield Statement((f"drop-{following.lower()}", last))
        elif word == "TRUNCATE":
            yield Statement(("truncate", last))
        elif word == "DELETE" and not (is_read and "WHERE" in words[at:]):
            yield Statement(("delete-all", target))
        elif word == "UPDATE" and "SET" in words[at:] and not (is_read and "WHERE" in words[at:]):
            yield Statement(("update-all", following.lower()))
        elif word == "PROGRAM":
            yield Statement(("program", last))
        elif word in ("OUTFILE", "DUMPFILE"):
            yield Statement(("write", following.lower()))
