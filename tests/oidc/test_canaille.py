"""Against a provider that is not ours: canaille, inside pytest-iam, over real HTTP."""

import httpx
import pytest

from bastion.clock import SystemClock
from bastion.errors import TokenError
from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.device_flow import DeviceFlow
from bastion.oidc.id_token import verify
from bastion.oidc.provider import Provider
from tests.servers.identity import CALLBACK, SECRET, register
from tests.servers.plain_http import plain_http


async def signed_in(http, flow):
    begun = await flow.begin(CALLBACK)
    answer = await http.get(begun.url)
    back = httpx.URL(answer.headers["location"]).params
    assert begun.matches(back["state"])
    return begun, (await flow.finish(back["code"], begun)).id_token


async def test_a_stranger_s_provider_is_understood(iam_server):
    """Authorization code with PKCE and a secret, RS256, groups; the nonce is ours."""
    settings = register(iam_server, CALLBACK, "alice")
    async with plain_http() as http:
        provider = Provider(settings, http, SystemClock())
        begun, token = await signed_in(http, CodeFlow(provider, client_secret=SECRET))
        verified = await verify(provider, token, nonce=begun.nonce)
        assert verified.person.account == "alice"
        assert verified.person.groups == {"alice-gpu-admins", "alice-ml-eng"}
        with pytest.raises(TokenError, match="no device flow"):
            await DeviceFlow(provider, SystemClock()).start()


async def test_a_token_without_audience_is_refused(iam_server):
    """Canaille's default; such a token could have been issued for anybody."""
    settings = register(iam_server, CALLBACK, "bob", has_audience=False)
    async with plain_http() as http:
        provider = Provider(settings, http, SystemClock())
        _, token = await signed_in(http, CodeFlow(provider, client_secret=SECRET))
        with pytest.raises(TokenError, match="another application"):
            await verify(provider, token)
