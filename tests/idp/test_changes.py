"""What changes at a provider: people, groups and keys go; keys cannot be had; the issuer's name."""

import httpx
import pytest

from bastion.errors import TokenError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.provider import MAX_AGE_SECONDS, REFETCH_SECONDS, Provider
from tests.idp.flows import accepted, by_browser, gets_a_code

pytestmark = pytest.mark.idp
TEN_MINUTES = 600


@pytest.mark.flow("second sign-in unasked")
async def test_a_session_at_the_provider_signs_in_again(idp, provider, browser, result):
    """In place of refresh: the browser's session there signs in again, and nothing is typed."""
    first = await accepted(provider, await by_browser(idp, provider, browser))
    if result.without("session"):
        return
    idp.types = False
    second = await accepted(provider, await by_browser(idp, provider, browser))
    assert first.subject == second.subject
    result("ok")


@pytest.mark.flow("refresh token")
async def test_no_refresh_token_is_kept(idp, provider, browser, http, result):
    """None is asked for (no `offline_access`); where one comes unasked it is dropped unread."""
    begun = await CodeFlow(provider).begin(idp.callback)
    assert "offline_access" not in httpx.URL(begun.url).params["scope"].split()
    sent = Watched(http)
    with sent:
        tokens = await by_browser(idp, provider, browser)
    (body,) = sent.answers("refresh_token", (await provider.metadata()).token_endpoint)
    assert [name for name in vars(tokens) if "refresh" in name] == []
    assert not body or body not in str(vars(tokens))
    result("sent unasked, dropped" if body else "not sent")


class Watched:
    """What a client was answered, read as it goes by."""

    def __init__(self, http):
        self._http, self._seen = http, []

    def __enter__(self):
        self._http.event_hooks = {"response": [self._keep]}

    def __exit__(self, *_):
        self._http.event_hooks = {"response": []}

    async def _keep(self, response):
        await response.aread()
        self._seen.append(response)

    def answers(self, name, url):
        """The member *name* of every answer that came from *url*."""
        return [answer.json().get(name, "") for answer in self._seen if str(answer.url) == url]


@pytest.mark.flow("group removed")
async def test_a_group_goes(idp, provider, result):
    """The next sign-in shows it; a certificate lives on until it ends or is locked."""
    if result.without("people"):
        return
    async with new_browser() as browser:
        before = await accepted(provider, await by_browser(idp, provider, browser))
    await idp.take_group()
    async with new_browser() as browser:
        after = await accepted(provider, await by_browser(idp, provider, browser))
    assert before.groups - after.groups == {idp.groups[0]}
    result("gone at the next sign-in")


@pytest.mark.flow("revoked user")
async def test_a_person_goes(idp, provider, browser, result):
    """Nobody by that name signs in any more, nor a browser that has a session there."""
    if result.without("people"):
        return
    await accepted(provider, await by_browser(idp, provider, browser))
    await idp.take_person()
    assert not await gets_a_code(idp, provider, browser)
    async with new_browser() as fresh:
        assert not await gets_a_code(idp, provider, fresh)
    result("refused")


@pytest.mark.flow("key rotation")
async def test_keys_change(idp, provider, clock, browser, result):
    """The next sign-in finds the new key; a token that the old one signed is refused."""
    old = await by_browser(idp, provider, browser)
    await accepted(provider, old)
    await idp.change_keys()
    clock.extra += REFETCH_SECONDS
    async with new_browser() as fresh:
        await accepted(provider, await by_browser(idp, provider, fresh))
    with pytest.raises(TokenError, match="not signed"):
        await accepted(provider, old)
    result("new key found, old refused")


class WithoutKeys(httpx.AsyncHTTPTransport):
    """The way to a provider whose key document cannot be reached from a moment on."""

    def __init__(self):
        super().__init__()
        self.gone = ""

    async def handle_async_request(self, request):
        if str(request.url) == self.gone:
            raise httpx.ConnectTimeout("nobody answers", request=request)
        return await super().handle_async_request(request)


@pytest.mark.flow("JWKS down 10 minutes")
async def test_keys_that_cannot_be_had(idp, clock, browser, result):
    """People go on signing in by the keys of before; after `oidc.keys_seconds` nobody does."""
    transport = WithoutKeys()
    async with httpx.AsyncClient(transport=transport, trust_env=False) as http:
        provider = Provider(idp.settings, http, clock)
        await accepted(provider, await by_browser(idp, provider, browser))
        transport.gone = (await provider.metadata()).jwks_uri
        clock.extra += MAX_AGE_SECONDS + TEN_MINUTES  # long enough to want them anew
        await accepted(provider, await by_browser(idp, provider, browser))
        clock.extra += provider.settings.keys_seconds
        tokens = await by_browser(idp, provider, browser)
        with pytest.raises(TokenError, match="could not be reached"):
            await accepted(provider, tokens)
        transport.gone = ""
        await accepted(provider, tokens)
    result("ok; refused after `keys_seconds`")


@pytest.mark.flow("issuer with and without slash")
async def test_the_issuer_is_named_exactly(idp, provider, clock, browser, result):
    """As the provider writes it; with a slash more or less it is another issuer, and is refused."""
    ours = idp.settings.issuer
    await accepted(provider, await by_browser(idp, provider, browser))
    other = ours.removesuffix("/") if ours.endswith("/") else f"{ours}/"
    wrong = Provider(idp.settings.model_copy(update={"issuer": other}), provider.http, clock)
    with pytest.raises(TokenError, match="exactly as the provider writes it"):
        await CodeFlow(wrong).begin(idp.callback)
    result("with; refused without" if ours.endswith("/") else "without; refused with")


def new_browser():
    """One that has no cookies."""
    return httpx.AsyncClient(trust_env=False)
