"""Sign-in on another screen: how often is asked, when it ends."""

import httpx
import pytest

from bastion.errors import TokenError
from bastion.oidc.device_flow import DeviceFlow

CODE = {
    "device_code": "secret-1",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://idp.test/device",
    "verification_uri_complete": "https://idp.test/device?user_code=WDJB-MJHT",
    "expires_in": 600,
    "interval": 5,
}
PENDING = {"error": "authorization_pending"}
SLOW_DOWN = {"error": "slow_down"}
TOKEN = {"id_token": "a.b.c"}


@pytest.fixture
def waited():
    return []


@pytest.fixture
def flow(provider, clock, waited):
    async def wait(seconds):
        waited.append(seconds)
        clock.advance(seconds)

    return DeviceFlow(provider, clock, wait=wait)


async def test_a_code_is_asked_for_and_shown(flow, issuer, clock):
    """Everything that a person needs, and the secret not in its repr."""
    issuer.will_answer(CODE)
    code = await flow.start()
    assert code.verification_uri_complete == CODE["verification_uri_complete"]
    assert (code.user_code, code.interval) == ("WDJB-MJHT", 5)
    assert code.expires_at == clock.now() + 600
    assert "secret-1" not in repr(code)
    assert issuer.forms == [{"client_id": "bastion", "scope": "openid profile email groups"}]


async def test_it_waits_as_long_as_the_provider_says(flow, issuer, waited):
    """Pending keeps the pace, slow_down adds five seconds, then the token comes."""
    issuer.will_answer(CODE, PENDING, SLOW_DOWN, PENDING, TOKEN)
    assert (await flow.poll(await flow.start())).id_token == "a.b.c"
    assert waited == [5, 5, 10, 10]
    assert issuer.forms[-1] == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "secret-1",
        "client_id": "bastion",
    }


async def test_the_interval_has_a_default(flow, issuer, waited):
    """RFC 8628, 3.2: five seconds; and never none at all."""
    issuer.will_answer({**CODE, "interval": None}, TOKEN, {**CODE, "interval": -3}, TOKEN)
    await flow.poll(await flow.start())
    await flow.poll(await flow.start())
    assert waited == [5, 1]


async def test_no_answer_slows_down_and_does_not_end_it(flow, issuer, waited):
    """A train in a tunnel is not a denial."""
    lost = httpx.ConnectError("no network")
    issuer.will_answer(CODE, lost, lost, TOKEN)
    assert (await flow.poll(await flow.start())).id_token == "a.b.c"
    assert waited == [5, 10, 20]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ("access_denied", "denied"),
        ("expired_token", "expired"),
        ("invalid_grant", "refused the sign-in: invalid_grant"),
        ("", "refused the sign-in: HTTP 400"),
    ],
)
async def test_a_final_answer_ends_it(flow, issuer, error, why):
    """Asking again would be useless."""
    issuer.will_answer(CODE, {"error": error}, TOKEN)
    with pytest.raises(TokenError, match=why):
        await flow.poll(await flow.start())
    assert len(issuer.answers) == 1


async def test_it_ends_when_the_code_expires(flow, issuer, waited):
    """By our own clock, also where the provider would go on for ever."""
    issuer.will_answer({**CODE, "expires_in": 12}, PENDING, PENDING, PENDING)
    with pytest.raises(TokenError, match="before the code expired"):
        await flow.poll(await flow.start())
    assert waited == [5, 5, 5]
    assert len(issuer.answers) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"verification_uri": "http://idp.test/device"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri_complete": "https://idp.test/\x1b[2J"},
        {"user_code": "A\x1b[2J"},
        {"user_code": "A" * 65},
        {"user_code": ""},
        {"expires_in": 0},
        {"expires_in": "soon"},
        {"device_code": None},
    ],
)
async def test_a_code_that_cannot_be_shown_is_refused(flow, issuer, change):
    """What the provider sends reaches a terminal, so it is judged first."""
    issuer.will_answer({**CODE, **change})
    with pytest.raises(TokenError):
        await flow.start()


async def test_a_provider_without_the_flow_says_so(flow, issuer):
    """The person is told what to do instead."""
    del issuer.document["device_authorization_endpoint"]
    with pytest.raises(TokenError, match="use a browser"):
        await flow.start()
