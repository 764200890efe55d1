"""The demo provider as the product meets it: over HTTP, by the product's own flows."""

import stat

import httpx
import pytest

from bastion.demo.browser import approve_device, sign_in
from bastion.demo.identity_provider.server import DemoProvider, check_loopback
from bastion.errors import ConfigError, TokenError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.device_flow import DeviceFlow
from bastion.oidc.id_token import verify
from bastion.oidc.provider import Provider
from tests.servers.identity import CALLBACK, demo_provider, settings_for


@pytest.fixture
def provider(idp, http, clock):
    return Provider(settings_for(idp), http, clock)


@pytest.mark.parametrize("account", ["engineer", "approver", "security"])
@pytest.mark.parametrize("redirect", [CALLBACK, "https://bastion.test/signed-in"])
async def test_a_browser_signs_in(idp, provider, http, account, redirect):
    """Authorization code with PKCE, by the product's own flow, verified by its own check."""
    flow = CodeFlow(provider)
    begun = await flow.begin(redirect)
    back = await sign_in(http, begun.url, account, idp.password)
    assert back.startswith(redirect + "?")
    answer = httpx.URL(back).params
    assert begun.matches(answer["state"])
    assert answer["iss"] == idp.issuer
    tokens = await flow.finish(answer["code"], begun)
    verified = await verify(provider, tokens.id_token, nonce=begun.nonce)
    assert verified.person.account == account
    assert verified.person.subject == f"demo-{account}"
    assert len(verified.person.groups) == 1


async def test_a_terminal_is_let_in(idp, provider, http, clock):
    """The device flow: pending until somebody signs in, then a token."""
    waited = []

    async def wait(seconds):
        waited.append(seconds)
        clock.advance(seconds)
        if len(waited) == 2:
            await approve_device(http, code.verification_uri_complete, "engineer", idp.password)

    flow = DeviceFlow(provider, clock, wait=wait)
    code = await flow.start()
    verified = await verify(provider, (await flow.poll(code)).id_token)
    assert verified.person.groups == {"engineers"}
    assert waited == [1, 1]


async def test_a_terminal_is_denied(provider, post, clock):
    """Denying needs no password."""

    async def wait(seconds):
        clock.advance(seconds)
        await post("/device", user_code=code.user_code, decision="deny")

    flow = DeviceFlow(provider, clock, wait=wait)
    code = await flow.start()
    with pytest.raises(TokenError, match="denied"):
        await flow.poll(code)


async def test_a_restart_keeps_key_and_password(tmp_path, idp, http):
    """What a client has cached stays good; a second start is the same provider."""
    async with demo_provider(tmp_path / "idp") as again:
        keys = (await http.get(f"{again.issuer}/jwks.json")).json()
        assert keys == (await http.get(f"{idp.issuer}/jwks.json")).json()
        assert again.password == idp.password
        assert "d" not in keys["keys"][0]
    assert stat.S_IMODE((tmp_path / "idp").stat().st_mode) == 0o700


# "0.0.0.0" is what a careless configuration says.
@pytest.mark.parametrize(
    "host", [".".join("0000"), "::", "::1", "192.0.2.1", "localhost", "example.test", ""]
)
def test_it_listens_on_loopback_only(tmp_path, clock, host):
    """Anything else is refused before a socket exists, names included."""
    with pytest.raises(ConfigError, match="loopback only"):
        check_loopback(host)
    with pytest.raises(ConfigError, match="loopback only"):
        DemoProvider(tmp_path, clock=clock, host=host)


async def test_another_host_name_is_refused(idp, http):
    """A page elsewhere that points its name at loopback gets nothing."""
    answer = await http.get(f"{idp.issuer}/device", headers={"host": "evil.test"})
    assert answer.status_code == 400


async def test_every_page_is_locked_down(idp, http, provider):
    """No script, no frame, no cache, and the banner that says what this is."""
    begun = await CodeFlow(provider).begin(CALLBACK)
    for url in (f"{idp.issuer}/device", begun.url, f"{idp.issuer}/authorize"):
        answer = await http.get(url)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; base-uri 'none'")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "<script" not in answer.text
        assert "Demo identity provider" in answer.text
        assert "set-cookie" not in answer.headers
    assert (
        (await http.get(f"{idp.issuer}/style.css")).headers["content-type"].startswith("text/css")
    )
