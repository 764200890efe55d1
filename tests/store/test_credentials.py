"""Credentials in the store: sealed, by name, of one kind each."""

from dataclasses import replace

from bastion.store.rows import Credential

BOX = Credential("box", "password", b"\x01\x00\xff sealed", "", "", 1.5, "root")
RACK = Credential("a-rack", "key", b"\x01", "ssh-ed25519 AAAA", "SHA256:x", 2.5, "root")


def test_what_is_kept_is_found(store):
    """As it was, by name, in order of names."""
    assert store.credentials.add(BOX)
    assert store.credentials.add(RACK)
    assert store.credentials.get("box") == BOX
    assert store.credentials.get("other") is None
    assert store.credentials.all() == [RACK, BOX]


def test_a_name_is_taken_once(store):
    """The first stays."""
    store.credentials.add(BOX)
    assert not store.credentials.add(replace(RACK, name="box"))
    assert store.credentials.get("box") == BOX


def test_rotating_keeps_who_made_it_and_its_kind(store):
    """A key does not become a password under a host that expects a key."""
    store.credentials.add(RACK)
    new = replace(
        RACK,
        sealed=b"\x01new",
        fingerprint="SHA256:y",
        created_by="x",
        rotated_at=9.0,
        rotated_by="x",
    )
    assert not store.credentials.rotate(replace(new, kind="password"))
    assert not store.credentials.rotate(replace(new, name="other"))
    assert store.credentials.get("a-rack") == RACK
    assert store.credentials.rotate(new)
    assert store.credentials.get("a-rack") == replace(new, created_by="root")


def test_removing(store):
    """Once."""
    store.credentials.add(BOX)
    assert store.credentials.remove("box")
    assert not store.credentials.remove("box")
    assert store.credentials.all() == []


def test_a_row_shows_no_secret():
    """Not even sealed: rows end in logs."""
    assert "sealed" not in repr(BOX)


def test_sealing_otherwise_changes_nothing_else(store):
    """And nothing at all where the secret was replaced meanwhile: that would bring back the old."""
    store.credentials.add(RACK)
    assert store.credentials.reseal(RACK, b"\x02new")
    assert store.credentials.get("a-rack") == replace(RACK, sealed=b"\x02new")
    assert not store.credentials.reseal(RACK, b"\x02late")
    assert store.credentials.get("a-rack").sealed == b"\x02new"
