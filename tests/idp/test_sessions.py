"""Live ssh sessions through a whole bastion, while the provider changes behind them."""

import pytest

from bastion.client.folder import Folder
from bastion.client.loopback import Loopback
from bastion.client.server import Server
from bastion.errors import ClientError
from tests.idp.flows import by_browser, gets_a_code
from tests.idp.site import NotSignedInError, logged_in, session, trusting
from tests.servers.plain_http import plain_http
from tests.servers.program import bastion
from tests.servers.waiting import until_answered

pytestmark = pytest.mark.idp


@pytest.mark.flow("any port on loopback")
async def test_a_command_line_takes_any_port(idp, provider, browser, result):
    """`bastion login --browser` needs no registered port (RFC 8252); else `oidc.loopback_port`."""
    loopback = Loopback()
    idp.callback = await loopback.start()
    try:
        is_sent_back = await gets_a_code(idp, provider, browser)
        assert is_sent_back is not result.without("any port")
        if is_sent_back:
            result("ok")
    finally:
        loopback.close()


@pytest.mark.flow("key rotation during a session")
async def test_a_session_outlives_the_keys(idp, provider, tmp_path, browser, result):
    """The session goes on; the next login is by the new key, and then no token by the old counts.

    A bastion asks for new keys once in 10 seconds at most, so a login may have to be repeated.
    """
    async with trusting(idp, tmp_path / "bastion") as site:
        client = await logged_in(idp, site, tmp_path / "client")
        old = await by_browser(idp, provider, browser)
        async with session(client) as ssh:
            assert await ssh.say("before") == "before"
            await idp.change_keys()
            assert await ssh.say("after") == "after"
            again = tmp_path / "again"
            await until_answered(lambda: _can_log_in(idp, site, again), seconds=60, every=1)
            with pytest.raises(ClientError, match="refused"):
                await _certified(site, old, client)
            assert await ssh.say("still") == "still"
        async with session(Folder(again)) as ssh:
            assert await ssh.say("new") == "new"
    result("session goes on, new key taken, old refused")


@pytest.mark.flow("revoked user's session")
async def test_a_session_of_who_is_gone(idp, tmp_path, result):
    """The session and the certificate live on by their own limits; a lock ends both at once."""
    if result.without("people"):
        return
    async with trusting(idp, tmp_path / "bastion") as site:
        client = await logged_in(idp, site, tmp_path / "client")
        async with session(client) as ssh:
            assert await ssh.say("before") == "before"
            await idp.take_person()
            with pytest.raises(NotSignedInError):
                await logged_in(idp, site, tmp_path / "again")
            assert await ssh.say("after") == "after"
            await _locked(site, idp.account)
            assert await ssh.say("locked") == ""
            assert "locked" in await ssh.ended()
        async with session(client) as ssh:
            assert await ssh.say("again") == ""
    result("no login; lives on until locked")


async def _can_log_in(idp, site, folder):
    try:
        await logged_in(idp, site, folder)
    except ClientError:
        return False
    return True


async def _certified(site, tokens, client):
    """Exchange *tokens* for a certificate."""
    async with plain_http() as http:
        key = client.public_key.read_text().strip()
        await Server(site.url, http).certify(tokens.id_token, key, tokens.access_token)


async def _locked(site, account):
    lock = ("lock", "user", account, "--reason", "has left")
    assert (await bastion(*lock, "--config", site.config)).status == 0
