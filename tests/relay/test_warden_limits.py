"""The warden and limits: it warns of an end that is near, and ends what has reached it."""

from dataclasses import replace

import pytest

from bastion.refusal import Code
from tests.relay.test_warden import ANN, GRANT, Session, Site


@pytest.fixture
async def site(tmp_path, clock):
    made = Site(tmp_path, clock)
    yield made
    await made.close()


async def limited(site, more: str) -> Session:
    site.rules_are(GRANT.format(id="g", more=more))
    session = site.session()
    await site.look(0)
    return session


async def test_a_session_that_has_lasted_long_enough_ends(site):
    """One warning a minute before, then the end."""
    session = await limited(site, "session_seconds = 600")
    await site.look(539)
    assert session.warnings == []
    await site.look(1)
    await site.look(1)
    (warning,) = session.warnings
    assert warning.startswith("this session ends in 1 minute: its time limit")
    await site.look(58)
    assert session.ended is None
    await site.look(1)
    assert session.ended.refusal.code is Code.SESSION_EXPIRED


async def test_keys_keep_a_session_from_idling(site):
    """Each warning counts for one silence; output at a terminal is no key."""
    session = await limited(site, "idle_seconds = 300")
    await site.look(240)
    assert len(session.warnings) == 1
    session.taken_bytes += 1
    await site.look(59)
    await site.look(239)
    assert (len(session.warnings), session.ended) == (1, None)
    session.given_bytes += 1000
    await site.look(1)
    assert len(session.warnings) == 2
    assert "[session-idle]" in session.warnings[1]
    session.given_bytes += 1000
    await site.look(60)
    assert session.ended.refusal.code is Code.SESSION_IDLE


async def test_output_keeps_a_command_from_idling(site):
    """A download is no silence, though nobody types; and nobody reads warnings."""
    session = await limited(site, "idle_seconds = 300")
    session.has_terminal = False
    for _ in range(3):
        session.given_bytes += 1
        await site.look(200)
    assert (session.ended, session.warnings) == (None, [])
    await site.look(300)
    assert session.ended.refusal.code is Code.SESSION_IDLE


async def test_a_full_screen_program_is_not_written_into(site):
    """The warning waits until it is left; the end does not."""
    session = await limited(site, "session_seconds = 600")
    session.is_full_screen = True
    await site.look(545)
    assert session.warnings == []
    session.is_full_screen = False
    await site.look(5)
    assert "in 50 seconds" in session.warnings[0]
    session.is_full_screen = True
    await site.look(50)
    assert session.ended is not None


async def test_a_certificate_ends_what_it_opened_where_that_is_wanted(site):
    """Warned of, said in the session, and then the connection is closed, whatever lives in it."""
    site.warden = site.warden_that(end_with_certificate=True)
    ends = replace(ANN, valid_before=int(site.clock.now()) + 100)
    session, connection = site.session(held=site.authorized(identity=ends)), site.connection()
    short = site.connection(identity=ends)
    connection.identity = replace(ANN, valid_before=int(site.clock.now()) + 1000)
    await site.look(39)
    assert session.warnings == []
    await site.look(1)
    assert session.warnings == [
        "this session ends in 1 minute: your certificate ends [certificate-ended]"
    ]
    await site.look(59)
    assert (session.ended, short.left) == (None, None)
    await site.look(1)
    assert session.ended.refusal.code is Code.CERTIFICATE_ENDED
    assert short.left is None
    await site.look(0.5)
    assert short.left.code is Code.CERTIFICATE_ENDED
    assert connection.left is None
