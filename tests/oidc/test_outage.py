"""A provider that is down: its keys are trusted for a while, and then nobody logs in."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from bastion.config.issuers import Oidc
from bastion.errors import TokenError
from bastion.oidc.id_token import verify
from bastion.oidc.provider import MAX_AGE_SECONDS, OUTAGE_SECONDS, Provider
from tests.oidc.conftest import ISSUER, OTHER_RSA_KEY, jwk, signed

KEYS_SECONDS = 4 * 3600


class Flaky(httpx.AsyncBaseTransport):
    """The way to the provider, which a test can cut; counts the attempts."""

    def __init__(self, app) -> None:
        self._inner, self.cut, self.attempts = httpx.ASGITransport(app), None, 0

    async def handle_async_request(self, request):
        self.attempts += 1
        if isinstance(self.cut, Exception):
            raise self.cut
        if self.cut is not None:
            return httpx.Response(self.cut, text="<h1>Bad gateway</h1>", request=request)
        return await self._inner.handle_async_request(request)


@pytest.fixture
def way(issuer):
    return Flaky(issuer.app)


@pytest.fixture
async def http(way):
    async with httpx.AsyncClient(transport=way) as client:
        yield client


@pytest.fixture
def fresh(claims, clock):
    def token(*signing, **headers):
        now = int(clock.now())
        return signed(claims | {"iat": now, "exp": now + 300}, *signing, **headers)

    return token


OUTAGES = [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), 502, 503, 429]


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
async def test_people_log_in_while_the_provider_is_down(provider, way, fresh, clock, outage):
    """Ten minutes, and as long as the configuration says; to the second."""
    await verify(provider, fresh())
    way.cut = outage
    for seconds in (600, MAX_AGE_SECONDS, KEYS_SECONDS - MAX_AGE_SECONDS - 600 - 1):
        clock.advance(seconds)
        assert await verify(provider, fresh())
    clock.advance(1)
    for _ in range(2):
        with pytest.raises(TokenError, match=r"reached|did not answer|answered HTTP"):
            await verify(provider, fresh())
    way.cut = None
    assert await verify(provider, fresh())


async def test_it_is_left_in_peace(provider, way, fresh, clock):
    """However many log in meanwhile, it is tried once in OUTAGE_SECONDS."""
    await verify(provider, fresh())
    way.cut, way.attempts = httpx.ConnectError("refused"), 0
    clock.advance(MAX_AGE_SECONDS)
    for _ in range(20):
        await verify(provider, fresh())
    assert way.attempts == 2  # for the metadata and for the keys
    clock.advance(OUTAGE_SECONDS)
    await verify(provider, fresh())
    assert way.attempts == 4


async def test_after_it_its_keys_are_fetched_again(provider, way, issuer, fresh, clock):
    """A key that was withdrawn during the outage is refused once it is over."""
    await verify(provider, fresh())
    way.cut = 503
    clock.advance(MAX_AGE_SECONDS)
    await verify(provider, fresh())
    way.cut = None
    issuer.keys = {"keys": [jwk(OTHER_RSA_KEY, "rsa-2")]}
    clock.advance(OUTAGE_SECONDS)
    with pytest.raises(TokenError, match="not signed"):
        await verify(provider, fresh())
    assert await verify(provider, fresh(OTHER_RSA_KEY, kid="rsa-2"))


async def test_an_unknown_key_is_refused_meanwhile(provider, way, fresh, clock):
    """An outage proves nothing about a key that nobody has seen."""
    await verify(provider, fresh())
    way.cut = 503
    clock.advance(MAX_AGE_SECONDS)
    with pytest.raises(TokenError):
        await verify(provider, fresh(OTHER_RSA_KEY, kid="rsa-2"))


@pytest.mark.parametrize("answer", [403, 404, 302])
async def test_an_answer_is_no_outage(provider, way, fresh, clock, answer):
    """A provider that answers no is not down."""
    await verify(provider, fresh())
    way.cut = answer
    clock.advance(MAX_AGE_SECONDS)
    with pytest.raises(TokenError):
        await verify(provider, fresh())


async def test_without_a_first_answer_there_is_nothing_to_trust(provider, way, fresh):
    """A bastion that starts while the provider is down waits for it."""
    way.cut = httpx.ConnectError("refused")
    with pytest.raises(TokenError, match="could not be reached"):
        await verify(provider, fresh())


async def test_a_short_time_is_kept_to(issuer, way, http, fresh, clock):
    """A configuration that trusts keys for a minute fetches them every minute."""
    provider = Provider(Oidc(issuer=ISSUER, client_id="bastion", keys_seconds=60), http, clock)
    await verify(provider, fresh())
    clock.advance(59)
    await verify(provider, fresh())
    assert issuer.paths.count("/jwks") == 1
    way.cut = 503
    clock.advance(1)
    with pytest.raises(TokenError):
        await verify(provider, fresh())


async def test_html_of_the_provider_itself_is_no_outage(provider, issuer, fresh, clock):
    """A page where JSON should be, with status 200, is refused."""
    await verify(provider, fresh())
    issuer.document["jwks_uri"] = f"{ISSUER}/page"
    clock.advance(MAX_AGE_SECONDS)
    issuer.answers.append(PlainTextResponse("<html>"))
    await provider.metadata()
    with pytest.raises(TokenError, match="did not answer with JSON"):
        await verify(provider, fresh())
