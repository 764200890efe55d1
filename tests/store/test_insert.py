"""One row as a plain statement."""

import contextlib

from bastion.store.sqlite.database import open_readonly
from bastion.store.sqlite.insert import insert
from tests.samples import login

ROW = vars(login())


def test_a_row_is_kept_at_once(store, tmp_path):
    """Another process sees it."""
    insert(store._database, "logins", ROW)
    (path,) = tmp_path.glob("*.db")
    with contextlib.closing(open_readonly(path)) as other:
        assert other.sessions.logins(9) == [login()]


def test_a_row_in_a_transaction_is_part_of_it(store):
    """What is taken back takes the row along."""
    store._database.execute("BEGIN IMMEDIATE")
    insert(store._database, "logins", ROW)
    store._database.execute("ROLLBACK")
    assert store.sessions.logins(9) == []
