"""Each provider, each flow: what bastion makes of it, by its own code, over real HTTP."""

import time

import httpx
import pytest

from bastion.errors import TokenError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.device_flow import DeviceFlow
from bastion.oidc.provider import MAX_AGE_SECONDS, REFETCH_SECONDS, Provider
from bastion.oidc.trust import Trust
from tests.idp.providers import GROUPS, PANVA, Glewlwyd, Panva, running
from tests.servers.identity import CALLBACK, plain_http

pytestmark = pytest.mark.idp
NAMES = ("panva oidc-provider", "glewlwyd")


class Later:
    """The real time, but later."""

    def __init__(self) -> None:
        self.extra = 0.0

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return self.now() + self.extra


@pytest.fixture
def clock():
    return Later()


@pytest.fixture
async def http():
    async with plain_http() as client:
        yield client


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
async def idp(name, tmp_path, pytestconfig):
    modules = pytestconfig.cache.mkdir(PANVA.replace("@", "-"))
    made = Panva(tmp_path, modules) if name.startswith("panva") else Glewlwyd(tmp_path)
    async with running(made) as provider:
        yield provider


@pytest.fixture
def provider(idp, http, clock):
    return Provider(idp.settings, http, clock)


async def by_browser(idp, provider):
    """Sign in by authorization code and PKCE; the verified token, with its nonce checked."""
    flow = CodeFlow(provider)
    begun = await flow.begin(CALLBACK)
    back = httpx.URL(await idp.sign_in(begun.url)).params
    assert begun.matches(back["state"]), back
    return await flow.finish(back["code"], begun)


async def accepted(provider, tokens):
    trust = Trust([provider])
    return (await trust.accept(tokens.id_token, access_token=tokens.access_token)).person


async def test_a_browser_signs_in(idp, provider, result):
    """Code and PKCE, with groups from the ID token."""
    person = await accepted(provider, await by_browser(idp, provider))
    assert (person.account, person.groups) == ("alice", frozenset(GROUPS))
    result("authorization code, PKCE S256", "yes, groups in the ID token")


async def test_a_terminal_signs_in(idp, provider, clock, result):
    """The device grant, from the code to the groups."""

    async def wait(seconds):
        await idp.approve(code.verification_uri_complete or code.verification_uri, code.user_code)
        clock.extra += seconds

    flow = DeviceFlow(provider, clock, wait=wait)
    code = await flow.start()
    person = await accepted(provider, await flow.poll(code))
    assert (person.account, person.groups) == ("alice", frozenset(GROUPS))
    result("device grant", "yes")


async def test_groups_come_from_userinfo(name, tmp_path, clock, pytestconfig, result):
    """Where the provider keeps them out of the ID token."""
    if not name.startswith("panva"):
        result("groups by userinfo", "not run")
        return
    idp = Panva(tmp_path, pytestconfig.cache.mkdir(PANVA.replace("@", "-")))
    idp.state["only_userinfo"] = True
    async with running(idp), plain_http() as http:
        provider = Provider(idp.settings, http, clock)
        person = await accepted(provider, await by_browser(idp, provider))
        assert person.groups == frozenset(GROUPS)
    result("groups by userinfo", "yes")


async def test_keys_change(idp, provider, clock, result):
    """A restart makes new keys; the next sign-in finds them."""
    if not isinstance(idp, Panva):
        result("signing keys replaced", "not run")
        return
    old = await by_browser(idp, provider)
    await accepted(provider, old)
    await idp.stop()
    await idp.start()
    clock.extra += REFETCH_SECONDS
    await accepted(provider, await by_browser(idp, provider))
    with pytest.raises(TokenError, match="not signed"):
        await accepted(provider, old)
    result("signing keys replaced", "the new ones are found, tokens of the old ones refused")


async def test_a_provider_that_is_down(idp, provider, clock, result):
    """A token that was given before is exchanged ten minutes into the outage, and not for ever."""
    tokens = await by_browser(idp, provider)
    await accepted(provider, tokens)
    await idp.stop()
    clock.extra += MAX_AGE_SECONDS + 600
    await accepted(provider, tokens)
    clock.extra += provider.settings.keys_seconds
    with pytest.raises(TokenError, match="could not be reached"):
        await accepted(provider, tokens)
    result("provider down 10 minutes", "cached keys serve; refused after `keys_seconds`")


async def test_people_and_groups_go(idp, provider, result):
    """The next sign-in shows it; a certificate lives on until it ends or is locked."""
    if not isinstance(idp, Panva):
        result("group removed", "not run")
        result("user removed", "not run")
        return
    idp.state["users"]["alice"]["groups"] = ["ml-eng"]
    idp.write()
    person = await accepted(provider, await by_browser(idp, provider))
    assert person.groups == {"ml-eng"}
    result("group removed", "gone at the next login")
    del idp.state["users"]["alice"]
    idp.write()
    flow = CodeFlow(provider)
    begun = await flow.begin(CALLBACK)
    back = await idp.sign_in(begun.url)
    code = httpx.URL(back).params.get("code", "") if back.startswith(CALLBACK) else ""
    with pytest.raises(TokenError, match="refused the sign-in"):
        await flow.finish(code, begun)
    result("user removed", "no more login")
