"""What was done with files, in SQLite."""

import pytest

from bastion.errors import StoreError
from bastion.store.rows import FileDeed
from bastion.store.worker import StoreWorker
from tests.samples import session

SESSION = session()


def deed(number, path, **changes):
    return FileDeed(
        **{
            "session_id": SESSION.id,
            "number": number,
            "at": float(number),
            "operation": "open",
            "action": "download",
            "path": path,
            "other": "",
            "verdict": "allow",
            "rule": "",
            "result": "ok",
            **changes,
        }
    )


@pytest.fixture
def filled(store):
    """Two downloads and a rename."""
    store.sessions.open(SESSION)
    store.files.add(
        [
            deed(1, "/models/a.pt", read_sha256="ab" * 32, read_bytes=3),
            deed(2, "/tmp/[x]%_"),
            deed(3, "/tmp/b", action="rename", other="/models/c.pt"),
        ]
    )
    return store


def test_they_come_back_in_order(filled):
    """Every field, and none of another session."""
    found = filled.files.of(SESSION.id)
    assert [each.number for each in found] == [1, 2, 3]
    assert found[0] == deed(1, "/models/a.pt", read_sha256="ab" * 32, read_bytes=3)
    assert filled.files.of("other") == []


@pytest.mark.parametrize(
    ("sought", "numbers"),
    [
        (".pt", [3, 1]),
        ("/models/*", [3, 1]),
        ("*.pt", [3, 1]),
        ("ab" * 32, [1]),
        ("%_", [2]),
        ("[x]", []),
        ("nothing", []),
        ("' OR 1=1 --", []),
    ],
)
def test_they_are_found(filled, sought, numbers):
    """By a part of either path, a glob of it, or a hash; the newest first."""
    assert [each.number for each in filled.files.search(sought, 10)] == numbers


def test_no_more_than_asked_for(filled):
    """The newest of them."""
    assert [each.number for each in filled.files.search("/", 1)] == [3]


async def test_all_or_none(filled):
    """A row that is there already keeps the others out too."""
    worker = StoreWorker(lambda: filled)
    with pytest.raises(StoreError):
        await worker.run(lambda store: store.files.add([deed(4, "/new"), deed(1, "/again")]))
    assert filled.files.search("/new", 10) == []
