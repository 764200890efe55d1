"""How many sign-ins may wait, and what a person is shown."""

from dataclasses import replace

import pytest

from bastion.config import Ssh
from bastion.config.issuers import Issuer
from bastion.demo.browser import approve_device
from bastion.downstream.device_login import DeviceLogin, Waiting
from bastion.errors import TokenError
from bastion.oidc.provider import Provider
from bastion.oidc.trust import Trust
from tests.servers.identity import demo_provider, settings_for
from tests.servers.plain_http import plain_http


@pytest.fixture
def waiting(clock):
    return Waiting(clock, most=4, most_by_address=2)


def test_one_address_cannot_take_every_place(waiting, clock):
    """Two wait, the third does not; another address still may."""
    for _ in range(2):
        assert waiting.enter("192.0.2.1") == ""
        clock.advance(5)
    assert "at your address" in waiting.enter("192.0.2.1")
    assert waiting.enter("192.0.2.2") == ""
    waiting.leave("192.0.2.1")
    assert waiting.enter("192.0.2.1") == ""


def test_one_network_of_ipv6_is_one_address(waiting):
    """Whoever has one address of a /64 has all: they must not take everybody's places."""
    assert [bool(waiting.enter(f"2001:db8::{n}")) for n in range(4)] == [False] * 2 + [True] * 2
    assert waiting.enter("2001:db8:0:1::1") == ""
    for n in range(2):
        waiting.leave(f"2001:db8::{n}")
    assert len(waiting._by_address) == 1


def test_there_is_an_end_to_all_of_them(waiting):
    """However many addresses there are."""
    assert [bool(waiting.enter(f"192.0.2.{n}")) for n in range(6)] == [False] * 4 + [True] * 2
    waiting.leave("192.0.2.0")
    assert waiting.enter("192.0.2.9") == ""


def test_who_comes_and_goes_is_slowed_down(waiting, clock):
    """Each beginning is a request to the provider."""
    for _ in range(2):
        assert waiting.enter("192.0.2.1") == ""
        waiting.leave("192.0.2.1")
    assert "wait a moment" in waiting.enter("192.0.2.1")
    clock.advance(5)
    assert waiting.enter("192.0.2.1") == ""


def test_nothing_is_left_of_who_has_gone(waiting, clock):
    """Addresses are not collected."""
    for n in range(100):
        waiting.enter(f"192.0.2.{n}")
        waiting.leave(f"192.0.2.{n}")
        clock.advance(5)
    assert not waiting._by_address
    assert len(waiting._begun) <= 1


@pytest.fixture
async def make(tmp_path, clock):
    async with demo_provider(tmp_path) as idp, plain_http() as http:
        trust = Trust([Provider(settings_for(idp), http, clock)])
        yield lambda **given: DeviceLogin(trust, Ssh(**given), clock, seconds=600)


@pytest.mark.parametrize("way", ["link", "qr"])
async def test_a_person_sees_where_to_go_and_what_to_check(make, clock, way):
    """Link, code, the address that asks; a QR code of at most 80 columns where wanted."""
    device_login = make(device_login=way)
    begun = await device_login.begin("192.0.2.7")
    assert begun.code.verification_uri_complete in begun.text
    assert begun.code.user_code in begun.text
    assert "192.0.2.7" in begun.text
    assert ("█" in begun.text) is (way == "qr")
    assert max(map(len, begun.text.splitlines())) <= 80
    assert device_login.seconds_left(begun) > 0
    assert device_login.valid_before() == clock.now() + 600


async def test_a_provider_that_gives_no_code_takes_no_place(make):
    """A place is given back however a sign-in ends."""
    device_login = make(device_login="link", max_device_logins_by_address=1)
    begun = await device_login.begin("192.0.2.7")
    with pytest.raises(TokenError, match="at your address"):
        await device_login.begin("192.0.2.7")
    device_login.end(begun)
    assert not device_login._waiting._by_address


async def test_an_issuer_vouches_for_its_own_people_alone(tmp_path, clock):
    """A token of ours from a partner's token endpoint signs nobody in, true as it is."""
    async with (
        demo_provider(tmp_path / "a") as ours,
        demo_provider(tmp_path / "b") as partners,
        plain_http() as http,
    ):
        more = Issuer(name="partners", issuer=partners.issuer, client_id=partners.client_id)
        first, second = Provider(settings_for(ours), http, clock), Provider(more, http, clock)
        device_login = DeviceLogin(
            Trust([first, second]), Ssh(device_login="link"), clock, seconds=600
        )
        begun = await device_login.begin("192.0.2.7", 0)
        await approve_device(http, begun.code.verification_uri_complete, "engineer", ours.password)
        mixed = replace(begun, provider=second)  # asked there, answered with a token of ours
        with pytest.raises(TokenError, match="is not signed by the identity provider"):
            await device_login.finish(mixed)


async def test_a_provider_that_is_away_takes_no_place(clock):
    """Nor does one that does not answer."""
    async with plain_http() as http:
        settings = settings_for(
            type("Gone", (), {"issuer": "http://127.0.0.1:1", "client_id": "x"})
        )
        trust = Trust([Provider(settings, http, clock)])
        device_login = DeviceLogin(trust, Ssh(device_login="link"), clock, seconds=600)
        with pytest.raises(TokenError, match="could not be reached"):
            await device_login.begin("192.0.2.7")
        assert not device_login._waiting._by_address
