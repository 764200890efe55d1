"""`bastion lock`, `unlock`, `locks`: what an operator types, sees, and gets back."""

import json

import pytest

from bastion.audit import log
from bastion.chain import load_signer
from bastion.cli.options import duration
from bastion.serve.initialise import initialise
from bastion.state import State
from bastion.store.sqlite.database import open_readonly, open_store
from tests.samples import session
from tests.servers import program
from tests.servers.deployment import Ran

SESSION = session()
BECAUSE = ("--reason", "incident 4711")


class Site:
    """A state directory without a bastion, and the command line."""

    def __init__(self, folder) -> None:
        self.config, self.state = folder / "config.toml", State(folder / "state")
        self.config.write_text(
            'state_dir = "state"\n[oidc]\nissuer = "http://127.0.0.1:1"\nclient_id = "bastion"\n'
        )
        initialise(self.state)
        open_store(self.state.database).close()

    async def bastion(self, *arguments: str) -> Ran:
        setting = {"NO_COLOR": "1", "COLUMNS": "300"}
        return await program.bastion(*arguments, "--config", self.config, **setting)

    def locks(self) -> list:
        store = open_readonly(self.state.database)
        try:
            return store.locks.latest(100)
        finally:
            store.close()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


async def test_a_lock_is_kept_listed_and_lifted(site):
    """Its identifier is all that is on stdout; sentences go to stderr."""
    ran = await site.bastion("lock", "user", "ann", *BECAUSE, "--for", "1h30m")
    assert ran.status == 0, ran.err
    (kept,) = site.locks()
    assert ran.out.decode() == f"{kept.id}\n"
    assert b"Locked user ann until 2" in ran.err
    assert (kept.kind, kept.value, kept.reason) == ("user", "ann", "incident 4711")
    assert kept.expires_at == kept.created_at + 5400
    assert kept.created_by.startswith("local:")

    listed = await site.bastion("locks")
    for word in (kept.id, "user", "ann", "incident 4711", "in force"):
        assert word.encode() in listed.out
    (tree,) = json.loads((await site.bastion("locks", "--json")).out)
    assert (tree["id"], tree["state"]) == (kept.id, "in force")

    lifted = await site.bastion("unlock", kept.id[-8:])
    assert lifted.status == 0, lifted.err
    assert b"Unlocked user ann" in lifted.err
    assert b"no locks in force" in (await site.bastion("locks")).err
    assert b"lifted by local:" in (await site.bastion("locks", "--all")).out

    signer, store = load_signer(site.state.record_key), open_readonly(site.state.database)
    assert [entry.code for entry in store.audit.entries(0, 9)] == ["lock-set", "lock-lifted"]
    assert log.check(store, signer.verifier) == ""
    store.close()


async def test_everything_on_one_name_is_unlocked_together(site):
    """By what was locked; another name's lock stays."""
    for value in ("ann", "ann", "bob"):
        assert (await site.bastion("lock", "user", value, *BECAUSE)).status == 0
    assert (await site.bastion("unlock", "user", "ann")).err.count(b"Unlocked user ann") == 2
    assert [lock.value for lock in site.locks() if lock.lifted_at is None] == ["bob"]


async def test_everything_can_be_locked(site):
    """And unlocked by the same word."""
    assert b"Locked everything" in (await site.bastion("lock", "all", *BECAUSE)).err
    assert b"Unlocked everything" in (await site.bastion("unlock", "all")).err


@pytest.mark.parametrize(
    "arguments",
    [
        ("lock", "user", "ann"),
        ("lock", "user", "ann", "--reason", " "),
        ("lock", "user", "ann", "--reason", "x" * 301),
        ("lock", "user", *BECAUSE),
        ("lock", "user", "ann\x1b[2J", *BECAUSE),
        ("lock", "certificate", "ann", *BECAUSE),
        ("lock", "all", "ann", *BECAUSE),
        ("lock", "planet", "mars", *BECAUSE),
        ("lock", "user", "ann", *BECAUSE, "--for", "soon"),
        ("lock", "user", "ann", *BECAUSE, "--for", "0h"),
        ("lock", "user", "ann", *BECAUSE, "--for", "999999999w"),
        ("unlock", "planet", "mars"),
    ],
)
async def test_wrong_usage_is_exit_code_2_and_changes_nothing(site, arguments):
    """A lock that would meet nobody is a false comfort, so it is refused with a sentence."""
    ran = await site.bastion(*arguments)
    assert ran.status == 2, ran.err
    assert ran.out == b""
    assert b"Traceback" not in ran.err
    assert b"\x1b[2J" not in ran.err
    assert site.locks() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lock", "session", "absent", *BECAUSE), b"no session 'absent'"),
        (("unlock", "absent"), b"no lock 'absent' is in force"),
        (("unlock", "user", "ann"), b"no lock on user ann is in force"),
    ],
)
async def test_what_is_not_there_is_exit_code_1(site, arguments, words):
    """One sentence."""
    ran = await site.bastion(*arguments)
    assert ran.status == 1
    assert words in ran.err


async def test_a_session_that_has_ended_is_not_locked(site):
    """There is nothing to end."""
    store = open_store(site.state.database)
    store.sessions.open(SESSION)
    store.sessions.close(SESSION.id, 1.0, "exit", 0)
    store.close()
    ran = await site.bastion("lock", "session", SESSION.id, *BECAUSE)
    assert ran.status == 1
    assert b"has ended already (exit)" in ran.err


async def test_sessions_that_do_not_end_are_told(site):
    """The lock is in force, and the operator knows that something is not heard: exit code 1."""
    store = open_store(site.state.database)
    store.sessions.open(SESSION)
    store.close()
    ran = await site.bastion("lock", "host", "gpu-*", *BECAUSE)
    assert ran.status == 1
    assert b"the lock is in force, but 1 session has not ended" in ran.err
    assert SESSION.id.encode() in ran.err
    assert len(site.locks()) == 1


async def test_a_reason_cannot_drive_the_operators_terminal(site):
    """Whoever wrote it into the store."""
    await site.bastion("lock", "user", "ann", "--reason", "\x1b]0;owned\x07 really")
    listed = await site.bastion("locks")
    assert b"\x1b" not in listed.out
    assert b"really" in listed.out


async def test_without_the_bastions_keys_there_is_a_sentence(site):
    """Whoever runs it may not be the bastion's user."""
    site.state.record_key.unlink()
    ran = await site.bastion("lock", "user", "ann", *BECAUSE)
    assert ran.status == 1
    assert b"run it as the bastion's user" in ran.err
    assert b"Traceback" not in ran.err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45m", 2700), ("2h", 7200), ("1h30m", 5400), ("7d", 604_800), ("1w", 604_800), ("90s", 90)],
)
def test_durations(text, seconds):
    """As people write them."""
    assert duration(text) == seconds
