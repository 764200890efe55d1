"""`bastion requests` and `revoke`: what an operator types, sees, and gets back."""

import json
import time

import pytest

from bastion.approval.request import access_binding
from bastion.store.sqlite.database import open_readonly, open_store
from tests.cli.test_locks import Site
from tests.samples import request

BECAUSE = ("--reason", "maintenance is over")


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def keep(site):
    """Keeps a request for access, approved a minute ago for ten."""
    store = open_store(site.state.database)

    def kept(id_="01kah9r1", **changes):
        now = time.time()
        facts = {
            "kind": "access",
            "seconds": 600,
            "state": "approved",
            "decided_at": now - 60,
            "decider": "bob",
            "created_at": now - 90,
            "expires_at": now + 210,
        }
        row = request(id=id_, session_id="", command_id="", text="", **facts | changes)
        row = request(**{**vars(row), "binding": access_binding(row)})
        store.requests.add(row)
        return row

    yield kept
    store.close()


def kept(site, id_):
    store = open_readonly(site.state.database)
    try:
        return store.requests.get(id_), [
            (entry.code, entry.detail) for entry in store.audit.entries(0, 9)
        ]
    finally:
        store.close()


async def test_what_waits_and_what_is_open_is_listed(site, keep):
    """A table for people, JSON for scripts; with --all the rest too."""
    none = await site.bastion("requests")
    assert (none.status, none.out) == (0, b"")
    keep()
    keep("01kah9r2", state="pending", decided_at=None, target="gpu-02", reason="a\x1b[2Jb")
    keep("01kah9r3", state="denied")
    keep("01kah9r4", decided_at=1.0)
    shown = (await site.bastion("requests")).out.decode()
    assert "01kah9r1" in shown
    assert "10 min" in shown
    assert "\x1b[2J" not in shown
    assert "01kah9r3" not in shown
    rows = json.loads((await site.bastion("requests", "--all", "--json")).out)
    assert {row["id"]: row["state"] for row in rows} == {
        "01kah9r1": "open",
        "01kah9r2": "pending",
        "01kah9r3": "denied",
        "01kah9r4": "over",
    }


async def test_an_open_access_is_ended(site, keep):
    """By the end of its name; who, why and when are kept and audited."""
    row = keep()
    ran = await site.bastion("revoke", "9r1", *BECAUSE)
    assert ran.status == 0, ran.err
    assert b"Ended the access of ann to root@gpu-01" in ran.err
    found, audited = kept(site, row.id)
    assert (found.state, found.revoke_reason) == ("revoked", "maintenance is over")
    assert found.revoker.startswith("local:")
    assert audited == [
        (
            "access-revoked",
            {"request": row.id, "reason": "maintenance is over", "by": found.revoker},
        )
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("9r9", *BECAUSE), 1, b"no access '9r9' is open"),
        (("", *BECAUSE), 1, b"no access '' is open"),
        (("01kah", *BECAUSE), 1, b"not unique"),
        (("9r3", *BECAUSE), 1, b"no access"),
        (("9r1", "--reason", "  "), 2, b"a sentence"),
        (("9r1",), 2, b"--reason"),
    ],
)
async def test_what_cannot_be_ended(site, keep, arguments, status, words):
    """Nothing changes, nothing is audited."""
    keep()
    keep("01kah9r2")
    keep("01kah9r3", state="denied")
    ran = await site.bastion("revoke", *arguments)
    assert (ran.status, words in ran.err) == (status, True), ran
    for id_ in ("01kah9r1", "01kah9r2"):
        found, audited = kept(site, id_)
        assert (found.state, audited) == ("approved", [])
