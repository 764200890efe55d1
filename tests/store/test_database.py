"""Opening the SQLite file."""

import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlite_utils import Database

from bastion.errors import StoreError
from bastion.store.sqlite.database import open_readonly, open_store
from bastion.store.sqlite.schema import migrations
from tests.samples import command, request, session
from tests.servers.bystander import bystander

WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from bastion.store.rows import Login
from bastion.store.sqlite.database import open_store
store = open_store(Path(sys.argv[1]))
exec(sys.argv[2])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def filled(tmp_path):
    """The path of a store with a session, a command and a request."""
    store = open_store(tmp_path / "bastion.db")
    store.sessions.open(session())
    store.sessions.add_command(command())
    store.requests.add(request())
    store.close()
    return tmp_path / "bastion.db"


def test_the_file_is_its_owners_only(tmp_path):
    """Nobody else reads who did what."""
    path = tmp_path / "bastion.db"
    open_store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_store_of_an_older_release_is_read_and_then_migrated(tmp_path):
    """Evidence stays as it is; a bastion that starts adds what is new."""
    path = tmp_path / "bastion.db"
    older = Database(path)
    migrations.apply(older, stop_before="0010_kept_requests")
    columns = older.table("requests").columns_dict
    row = asdict(request()) | {"dangerous": "[]", "approvers": "[]"}
    older.table("requests").insert({name: row[name] for name in columns})
    older.close()
    as_it_is = open_readonly(path)
    assert as_it_is.requests.get("r1") == request(dangerous=(), approvers=())
    as_it_is.close()
    migrated = open_store(path)
    migrated.requests.add(request(id="r2", directory="/mnt", is_kept=True))
    assert [row.directory for row in migrated.requests.pending()] == ["", "/mnt"]
    migrated.close()


def test_opening_again_keeps_what_is_there(tmp_path):
    """Migrations run once each."""
    path = tmp_path / "bastion.db"
    first = open_store(path)
    first.sessions.open(session())
    first.close()
    again = open_store(path)
    assert again.sessions.unfinished() == [session()]
    again.close()


def test_a_reader_cannot_write(tmp_path):
    """Whatever it is asked."""
    path = tmp_path / "bastion.db"
    writer = open_store(path)
    writer.sessions.open(session())
    reader = open_readonly(path)
    assert reader.sessions.unfinished() == [session()]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.sessions.open(session(id="other"))
    reader.close()
    writer.close()


def test_a_reader_sees_what_is_written_meanwhile(tmp_path):
    """Write-ahead log: one writer and its readers do not wait for each other."""
    path = tmp_path / "bastion.db"
    writer, reader = open_store(path), open_readonly(path)
    writer.sessions.open(session())
    assert reader.sessions.unfinished() == [session()]
    reader.close()
    writer.close()


@pytest.mark.parametrize(
    ("operation", "read"),
    [
        (
            "store.sessions.add_login(Login(1.0, 'ssh', 's', 'ann', '192.0.2.7', 42))",
            lambda store: store.sessions.logins(9)[0].serial == 42,
        ),
        (
            "store.sessions.close('01kah9aaaaaaaaaaaaaaaaaaaa', 1.0, 'exit', 0)",
            lambda store: store.sessions.unfinished() == [],
        ),
        (
            "store.sessions.set_outcome('c1', 'released', 'bob')",
            lambda store: store.sessions.commands("01kah9aaaaaaaaaaaaaaaaaaaa")[0].outcome_by,
        ),
        (
            "store.requests.move('r1', 'pending', 'denied', {'decider': 'bob'})",
            lambda store: store.requests.get("r1").state == "denied",
        ),
    ],
)
def test_a_returned_write_outlives_the_process(filled, operation, read):
    """Kill -9 right after the call loses nothing."""
    killed = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, filled, operation], check=False)
    assert killed.returncode == -signal.SIGKILL
    store = open_store(filled)
    assert read(store)
    store.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the store is empty: the bastion did not start with it yet"),
        (b"not a database, but long enough to be looked at" * 30, "cannot read the store"),
    ],
)
def test_what_is_no_store_is_refused(tmp_path, content, said):
    """One sentence that names the file."""
    path = tmp_path / "bastion.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=f"bastion.db: {said}"):
        open_readonly(path)


def test_a_folder_that_cannot_be_written_is_read(filled):
    """Evidence on a read-only disk: SQLite could not make its own files beside it."""
    folder = Path(tempfile.mkdtemp(prefix="evidence-"))
    try:
        shutil.copy(filled, folder / "bastion.db")
        (folder / "bastion.db").chmod(0o444)
        folder.chmod(0o555)
        with bystander():
            reader = open_readonly(folder / "bastion.db")
            assert len(reader.sessions.unfinished()) == 1
            reader.close()
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_missing_folder_is_refused(tmp_path):
    """Both doors say so; neither makes one."""
    path = tmp_path / "nowhere" / "bastion.db"
    with pytest.raises(StoreError, match="cannot open the store"):
        open_store(path)
    with pytest.raises(StoreError, match=f"there is no record in {path.parent}"):
        open_readonly(path)
    assert not path.parent.exists()


def test_a_store_of_somebody_else_is_refused(tmp_path):
    """Behind a closed folder, with what to do."""
    (tmp_path / "state").mkdir(mode=0o000)
    with bystander(), pytest.raises(StoreError, match="Permission denied; run it as the bastion"):
        open_readonly(tmp_path / "state" / "bastion.db")
