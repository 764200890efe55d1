"""What databases are told."""

import pytest

from bastion.command import sql
from bastion.command.extract import extract


def told(text: str) -> list[str]:
    """The statements in *text* that do harm, as commands."""
    return [
        " ".join(word.text for word in command.words[1:])
        for command in extract(text).commands
        if command.program == sql.PROGRAM
    ]


@pytest.mark.parametrize(
    ("statement", "does"),
    [
        ("drop table runs", ["drop-table runs"]),
        ("DROP/**/TABLE IF EXISTS public.runs, b", ["drop-table public.runs b"]),
        ("drop role ada", ["drop-role ada"]),
        ("drop database x", ["drop-database x"]),
        ("truncate runs, metrics", ["truncate runs metrics"]),
        ("alter table runs drop column loss", ["drop-column loss"]),
        ("delete from runs", ["delete-all runs"]),
        ("delete from runs -- where id = 1", ["delete-all runs"]),
        ("delete from runs where true", ["delete-all runs"]),
        ("delete from runs where 1 = 1", ["delete-all runs"]),
        ("delete from runs where id = 7 or (2 > 1)", ["delete-all runs"]),
        ("delete from runs where id = id", ["delete-all runs"]),
        ("select 1; delete from a; delete from b", ["delete-all a", "delete-all b"]),
        ("with x as (delete from a returning *) select * from x", ["delete-all a"]),
        ("update runs set owner = 'me'", ["update-all runs"]),
        ("copy t to program 'id'", ["program id"]),
        ("copy t from program 'curl x'", ["program curl x"]),
        ("\\copy t to program 'id'", ["program id"]),
        ("\\! id", ["program id"]),
        ("select 1 \\g |id", ["program id"]),
        ("select pg_read_file('/etc/shadow')", ["read /etc/shadow"]),
        ("do 'begin delete from runs; end'", ["delete-all runs"]),
        ("delete from runs where id = 7", []),
        ("delete from runs where id in (select id from old)", []),
        ("update runs set note = 'drop table x' where id = 7", []),
        ("select 'drop table x; delete from y'", []),
        ("insert into runs(name) values ('truncate me')", []),
        ("select * from program", []),
        ("\\dt+", []),
        ("drop table 'unclosed", ["drop-table unclosed"]),
    ],
)
def test_a_statement_is_what_it_does(statement, does):
    """By its grammar, not by its words."""
    assert told(f"psql -c {_quoted(statement)}") == does


def test_a_condition_that_cannot_be_read_is_not_believed():
    """Brackets beyond what the parser can follow hide nothing."""
    condition = "(" * 2000 + "1" + ")" * 2000
    text = f"psql -c 'delete from runs where {condition}'"  # noqa: S608  shown to nobody
    assert told(text) == ["delete-all runs"]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@pytest.mark.parametrize(
    "text",
    [
        "psql -qAtc 'drop table x' runs",
        "psql -c'drop table x'",
        "psql --comm='drop table x'",
        "psql -h db -U me -c 'select 1' -c 'drop table x'",
        "psql <<< 'drop table x'",
        "psql runs <<E\ndrop table x;\nE",
        "psql -f - <<E\ndrop table x;\nE",
        "echo 'drop table x' | psql runs",
        "printf 'drop table x' | cat | sudo -u postgres psql",
        "mysql -Nse 'drop table x'",
        "mysql -e '/*!50000drop*/ table x'",
        "mysql runs <<'E'\ndrop table x\nE",
        "sqlite3 -header runs.db 'drop table x'",
        "sqlite3 runs.db <<< 'drop table x'",
        "duckdb -c 'drop table x'",
        "clickhouse-client --query 'drop table x'",
        "bq query 'drop table x'",
        "docker exec -i db psql -c 'drop table x'",
        "ssh db \"psql -c 'drop table x'\"",
    ],
)
def test_wherever_a_client_takes_it(text):
    """As a value, an operand, on its input, behind wrappers."""
    assert told(text) == ["drop-table x"]


@pytest.mark.parametrize(
    "text",
    ["psql -f x.sql", "psql -l", "echo 'drop table x' | psql -c 'select 1'", "psql drop table x"],
)
def test_what_is_no_statement_is_none(text):
    """Files, databases' names, input that is not read."""
    assert told(text) == []


def test_what_runs_a_program_is_read_as_shell_text():
    """As if it stood there."""
    programs = [c.program for c in extract("psql -c '\\! nvidia-smi -r'").commands]
    assert programs == ["psql", "sql", "nvidia-smi"]


@pytest.mark.parametrize(
    ("text", "needs"),
    [("psql -c 'select 1'", False), ("drop the anchor", False), ("psql -c 'drop table x'", True)],
)
def test_sqlglot_is_loaded_where_there_may_be_harm(monkeypatch, text, needs):
    """And a worker knows it before."""
    monkeypatch.setattr(sql, "_loaded", [])
    assert sql.may_need_loading(text) is needs
