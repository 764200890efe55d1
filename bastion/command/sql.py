r"""What databases are told: literal SQL among the words or on the input of `psql` and its like.

Each statement that does harm becomes a command of its own, `sql drop-table runs`, so that knowledge
and rules speak of it as of any other; what runs a program (`\! CMD`, `COPY … PROGRAM 'CMD'`) is
shell text.

What always holds: text without a word that could do harm costs nothing, for only the other text is
read by sqlglot, which takes a quarter of a second to load. What it does not do: follow code that is
kept in the database or built when it runs, or read files of statements.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bastion.command.arguments import Arguments, arguments
from bastion.command.reading import UNKNOWN, SimpleCommand, Word

PROGRAM = "sql"
"""The program's name in the commands that statements become."""

_READER = "bastion.command.sql_reader"
_HARM = re.compile(
    r"drop|truncate|delete|update|alter|program|execute|outfile|dumpfile|load_|_file|readfile|writefile"
    r"|lo_|cmdshell|sys_|\bdo\b|edit|dblink|[\\.][a-z!]|\bsystem\b|/\*!",
    re.IGNORECASE,
)
_CLIENT = re.compile(
    r"\b(?:psql|pgcli|gsql|cockroach|mysql|mariadb|mycli|sqlite3|duckdb|clickhouse|sqlcmd|snowsql|trino"
    r"|presto|hive|beeline|spark-sql|bq)\b"
)


@dataclass(frozen=True)
class Client:
    """How a client takes statements.

    Attributes:
        dialect: sqlglot's name for its SQL.
        options: options whose value is SQL.
        valued: other options that take a value.
        operands: from which operand on these are SQL; none are where it is negative.
        long: whether it takes `-option`, so that letters are not written together.
    """

    dialect: str
    options: frozenset[str]
    valued: frozenset[str] = frozenset()
    operands: int = -1
    long: bool = False


def _client(
    dialect: str, options: str, valued: str = "", *, operands: int = -1, long: bool = False
) -> Client:
    return Client(dialect, frozenset(options.split()), frozenset(valued.split()), operands, long)


_PSQL = _client(
    "postgres",
    "-c --command",
    "-d --dbname -f --file -F --field-separator -h --host -L --log-file -o --output -p --port -P "
    "--pset -R --record-separator -T --table-attr -U --username -v --set --variable",
)
_MYSQL = _client(
    "mysql",
    "-e --execute --init-command",
    "-u --user -h --host -P --port -D --database -S --socket",
)
_CLICKHOUSE = _client(
    "clickhouse", "-q --query", "-h --host --port -u --user --password -d --database -f --format"
)
CLIENTS: Mapping[str, Client] = MappingProxyType(
    {
        "psql": _PSQL,
        "pgcli": _PSQL,
        "gsql": _PSQL,
        "cockroach": _client("postgres", "-e --execute", "--url --host --certs-dir -d --database"),
        "mysql": _MYSQL,
        "mariadb": _MYSQL,
        "mycli": _MYSQL,
        "sqlite3": _client(
            "sqlite", "-cmd", "-separator -nullvalue -init -mmap", operands=1, long=True
        ),
        "duckdb": _client(
            "duckdb", "-c -s -cmd", "-separator -nullvalue -init -f", operands=1, long=True
        ),
        "clickhouse-client": _CLICKHOUSE,
        "clickhouse": _CLICKHOUSE,
        "sqlcmd": _client("tsql", "-Q -q", "-S -U -P -d -i -o"),
        "snowsql": _client("snowflake", "-q --query", "-a -u -d -s -f"),
        "trino": _client("trino", "--execute", "--server --catalog --schema --user"),
        "presto": _client("presto", "--execute", "--server --catalog --schema --user"),
        "hive": _client("hive", "-e", "-f -d --hiveconf"),
        "beeline": _client("hive", "-e", "-u -n -p -f"),
        "spark-sql": _client("spark", "-e", "-f --conf --master"),
        "bq": _client("bigquery", "", "--project_id --format --location", operands=1),
    }
)


@dataclass(frozen=True)
class Statement:
    """A statement as a command.

    Attributes:
        words: what it does, and to what.
        script: shell text that it runs; empty where it runs none.
    """

    words: tuple[str, ...]
    script: str = ""


def may_need_loading(text: str) -> bool:
    """Whether reading the shell text *text* may be the first that needs sqlglot."""
    return bool(_CLIENT.search(text)) and bool(_HARM.search(text)) and not _loaded


def load() -> None:
    """Load sqlglot, which takes a while."""
    _reader()


def texts(command: SimpleCommand) -> list[Word]:
    """The words of *command* that are SQL."""
    client = CLIENTS.get(command.program)
    if client is None:
        return []
    given = _given(client, command)
    found = list(given.values(client.options))
    if client.operands >= 0:
        found += given.operands[client.operands :]
    return found


def takes_input(command: SimpleCommand) -> bool:
    """Whether *command* is a client that takes its statements from standard input."""
    client = CLIENTS.get(command.program)
    if client is None or texts(command):
        return False
    files = list(_given(client, command).values({"-f", "--file", "-i", "-init"}))
    return all(word.text == "-" for word in files)


def statements(text: str, program: str) -> list[Statement]:
    """What *text*, given to the client *program*, does that may do harm."""
    if not _HARM.search(text):
        return []
    found: list[Statement] = _reader().read(text.replace(UNKNOWN, "_"), CLIENTS[program].dialect)
    return found


def _given(client: Client, command: SimpleCommand) -> Arguments:
    valued = client.options | client.valued
    return arguments(command.words[1:], valued, clusters=not client.long)


_loaded: list[Any] = []


def _reader() -> Any:
    """The module that reads SQL."""
    if not _loaded:
        _loaded.append(importlib.import_module(_READER))
    return _loaded[0]
