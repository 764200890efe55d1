"""The warden: what it ends, when, and how it says so."""

import asyncio

import pytest

from bastion.approval.permits import PermitBook
from bastion.authorization import Authorization, Channel
from bastion.identity import Identity
from bastion.locks.book import LockBook
from bastion.policy import access, command_rules, inventory
from bastion.policy.authorize import authorize
from bastion.policy.current import Rules
from bastion.refusal import Code
from bastion.relay.live import Live
from bastion.relay.warden import DEAF_SECONDS, Warden
from bastion.store.rows import Lock
from bastion.store.sqlite.database import open_store
from bastion.store.worker import StoreWorker

ANN = Identity("sub-ann", "ann", frozenset({"engineers"}), 7, 1, "SHA256:x", "192.0.2.7")
HOSTS = """\
[[host]]
name = "gpu-01"
address = "192.0.2.1"
jump_login = "jump"
host_keys = ["ssh-ed25519 {key}"]

[[host]]
name = "gpu-02"
address = "192.0.2.2"
via = "gpu-01"
host_keys = ["ssh-ed25519 {key}"]
"""
KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJ1oWbXUdVkH5H8Cb0K9RrlQ0pEyyeSWfd2hv4Uq0rYB"
OPAQUE = '[[opaque]]\nreason = "*"\nverdict = "hold"\nmessage = "Cannot be seen into."\n'
GRANT = """\
[[grant]]
id = "{id}"
groups = ["engineers"]
targets = ["gpu-*"]
logins = ["root"]
{more}
"""


class Session:
    """A session that remembers what was done to it."""

    def __init__(self, authorization: Authorization, session_id: str = "s1") -> None:
        self.authorization, self.session_id = authorization, session_id
        self.kind = Channel.SHELL
        self.has_terminal, self.is_full_screen = True, False
        self.taken_bytes = self.given_bytes = 0
        self.warnings: list[str] = []
        self.ended = None
        self.over = asyncio.get_running_loop().create_future()

    def warn(self, sentence):
        self.warnings.append(sentence)

    def revoke(self, revocation):
        if self.ended is None:
            self.ended = revocation
            self.over.set_result(None)

    async def life(self):
        await self.over


class Connection:
    """A connection that remembers how it was closed."""

    def __init__(self, identity, authorization=None) -> None:
        self.identity, self.authorization = identity, authorization
        self.left = None
        self.refused = None

    def may(self, _answer):
        return self.refused

    def leave(self, refusal):
        self.left = refusal


class Site:
    """A warden with a store of its own and rules that a test can change."""

    def __init__(self, folder, clock) -> None:
        self.folder, self.clock, self.live = folder, clock, Live()
        (folder / "hosts.toml").write_text(HOSTS.format(key=KEY))
        (folder / "commands").mkdir()
        (folder / "commands" / "some.toml").write_text(OPAQUE)
        self.rules_are(GRANT.format(id="g", more=""))
        self.store = StoreWorker(lambda: open_store(folder / "bastion.db"))
        self.warden = self.warden_that()

    def warden_that(self, **more) -> Warden:
        book = LockBook(self.store, self.clock)
        permits = PermitBook(self.store, self.clock)
        return Warden(self.live, book, lambda: self.rules, self.clock, permits=permits, **more)

    def rules_are(self, text: str) -> None:
        (self.folder / "access.toml").write_text(text)
        self.rules = Rules(
            inventory=inventory.load(self.folder / "hosts.toml"),
            access=access.load(self.folder / "access.toml"),
            commands=command_rules.load(self.folder / "commands"),
        )

    def authorized(self, name: str = "gpu-01", identity: Identity = ANN) -> Authorization:
        rules, now = self.rules, self.clock.now()
        made = authorize(rules.access, rules.inventory, identity, name, "root", now=now)
        assert isinstance(made, Authorization)
        return made

    def session(self, session_id: str = "s1", *, held: Authorization | None = None) -> Session:
        session = Session(held or self.authorized(), session_id)
        self.live.watch(session, asyncio.create_task(session.life()))
        return session

    def connection(self, authorization=None, identity: Identity = ANN) -> Connection:
        connection = Connection(identity, authorization)
        self.live.enter(connection)
        return connection

    async def lock(self, kind, value, **more) -> None:
        lock = Lock(f"{kind}-{value}", kind, value, "why", self.clock.now(), "op", **more)
        await self.store.run(lambda store: store.locks.add(lock))

    async def look(self, seconds: float = 0.15) -> None:
        self.clock.advance(seconds)
        await self.warden.look()

    async def close(self) -> None:
        for session in self.live.sessions:
            session.revoke(None)
        assert await self.live.drained(5)
        self.store.close()


def break_locks(store):
    store.locks._database.execute("DROP TABLE locks")


@pytest.fixture
async def site(tmp_path, clock):
    made = Site(tmp_path, clock)
    yield made
    await made.close()


async def test_what_no_lock_meets_lives(site):
    """And is told nothing."""
    session, connection = site.session(), site.connection()
    await site.lock("user", "eve")
    await site.lock("session", "s2")
    await site.look()
    assert (session.ended, session.warnings, connection.left) == (None, [], None)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("user", "ann"),
        ("group", "engineers"),
        ("host", "gpu-*"),
        ("certificate", "7"),
        ("all", "*"),
    ],
)
async def test_a_lock_ends_a_session_at_the_next_look(site, kind, value):
    """With its reason, and for the audit log which lock it was."""
    session = site.session()
    await site.look()
    await site.lock(kind, value)
    await site.look()
    assert session.ended.refusal.code is Code.LOCKED
    assert "(why)" in session.ended.refusal.text()
    assert session.ended.detail == {
        "lock": f"{kind}-{value}",
        "kind": kind,
        "value": value,
        "by": "op",
    }


async def test_a_lock_on_a_session_ends_that_one(site):
    """By its identifier, once it has one."""
    first, second, early = site.session("s1"), site.session("s2"), site.session("")
    await site.lock("session", "s2")
    await site.look()
    assert (first.ended, early.ended) == (None, None)
    assert second.ended is not None
    early.session_id = "s2"
    await site.look()
    assert early.ended is not None


async def test_what_opens_after_a_lock_was_heard_ends_too(site):
    """Each look looks at everything, so nothing slips in between."""
    site.connection()
    await site.lock("user", "ann")
    await site.look()
    late = site.session()
    await site.look()
    assert late.ended is not None


async def test_a_lock_that_has_run_out_ends_nothing(site):
    """By the clock."""
    await site.lock("user", "ann", expires_at=site.clock.now() + 1)
    site.clock.advance(1)
    session = site.session()
    await site.look()
    assert session.ended is None


async def test_a_connection_closes_after_its_sessions_have_said_why(site):
    """A client drops what it has not shown yet when it is told to disconnect."""
    connection = site.connection()
    await site.lock("user", "ann")
    await site.look()
    assert connection.left is None
    await site.look(0.5)
    assert connection.left.code is Code.LOCKED


async def test_a_lock_on_a_host_closes_the_connections_that_lead_there(site):
    """Those of people who are not there stay open."""
    there, elsewhere = site.connection(site.authorized()), site.connection()
    await site.lock("host", "gpu-01")
    await site.look()
    await site.look(0.5)
    assert there.left.code is Code.LOCKED
    assert elsewhere.left is None


async def test_a_lock_on_a_host_ends_what_goes_through_it(site):
    """A host that is reached through a locked one is cut off, however it is called itself."""
    held = site.authorized("gpu-02")
    session, connection = site.session(held=held), site.connection(held)
    await site.look()
    await site.lock("host", "gpu-01")
    await site.look()
    await site.look(0.5)
    assert session.ended.refusal.code is Code.LOCKED
    assert connection.left.code is Code.LOCKED


async def test_a_lock_that_is_lifted_in_time_closes_nothing(site):
    """The time that a connection is given counts from the lock that stands."""
    connection = site.connection()
    await site.lock("user", "ann")
    await site.look()
    await site.store.run(lambda store: store.locks.lift("user-ann", site.clock.now(), "op"))
    await site.look(0.5)
    assert connection.left is None
    await site.lock("group", "engineers")
    await site.look()
    assert connection.left is None


async def test_rules_that_do_not_allow_it_any_more_end_it(site):
    """Session and connection, by a code of their own and with the cause for the log."""
    session, connection = site.session(), site.connection(site.authorized())
    await site.look()
    site.rules_are(GRANT.format(id="g", more="").replace("engineers", "others"))
    await site.look()
    await site.look(0.5)
    assert session.ended.refusal.code is Code.REVOKED
    assert session.ended.detail["cause"]
    assert connection.left.code is Code.REVOKED


async def test_rules_that_still_allow_it_let_it_go_on_by_their_limits(site):
    """Its authorization is the new one, whatever the certificate's time says."""
    session = site.session()
    await site.look()
    site.rules_are(GRANT.format(id="new", more="session_seconds = 600"))
    await site.look()
    assert session.ended is None
    assert session.authorization.grants == ("new",)
    assert session.authorization.limits.session_seconds == 600


async def test_a_kind_of_channel_that_is_taken_away_ends_its_sessions(site):
    """The grant still covers host and login, but no shell."""
    session = site.session()
    await site.look()
    site.rules_are(GRANT.format(id="g", more='channels = ["exec"]'))
    await site.look()
    assert session.ended.refusal.code is Code.REVOKED


async def test_a_session_that_began_under_older_rules_is_checked(site):
    """Authorized before the reload, known after it."""
    held = site.authorized()
    site.rules_are(GRANT.format(id="g", more="").replace("engineers", "others"))
    await site.look()
    session = Session(held)
    site.live.watch(session, asyncio.create_task(session.life()))
    await site.look()
    assert session.ended.refusal.code is Code.REVOKED


async def test_a_certificate_ends_nothing_else(site):
    """By default; the one of these tests has long ended."""
    session, connection = site.session(), site.connection(site.authorized())
    await site.look(10_000)
    await site.look(0.5)
    assert (session.ended, connection.left) == (None, None)


async def test_without_its_store_nothing_goes_on_for_long(site):
    """No lock could be heard: a short failure is borne, a long one ends everything."""
    session, connection = site.session(), site.connection()
    await site.look()
    await site.store.run(break_locks)
    await site.look(DEAF_SECONDS - 1)
    assert session.ended is None
    await site.look(1)
    assert session.ended.refusal.code is Code.STORE_UNAVAILABLE
    await site.look(0.5)
    assert connection.left.code is Code.STORE_UNAVAILABLE


async def test_locks_that_were_heard_count_while_the_store_fails(site):
    """What was locked stays locked."""
    site.connection()
    await site.lock("user", "ann")
    await site.look()
    await site.store.run(break_locks)
    session = site.session()
    await site.look()
    assert session.ended.refusal.code is Code.LOCKED


async def test_time_in_which_nothing_lived_is_not_deafness(site):
    """The store is not asked then, and whoever comes next is not ended for it."""
    await site.look(10 * DEAF_SECONDS)

    await site.store.run(break_locks)
    session = site.session()
    await site.look(1)
    assert session.ended is None


async def test_it_looks_by_itself(site):
    """From its start until it is stopped."""
    session = site.session()
    site.warden.start()
    await site.lock("user", "ann")
    async with asyncio.timeout(5):
        await session.over
    await site.warden.stop()
    late = site.session("late")
    assert site.live.sessions == [late]
    assert late.ended is None
