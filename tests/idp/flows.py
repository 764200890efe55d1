"""What bastion does at a provider, by its own code, and a person's part in it."""

import httpx

from bastion.oidc.code_flow import CodeFlow
from bastion.oidc.trust import Trust


async def by_browser(idp, provider, browser):
    """Sign in by authorization code and PKCE: the tokens, not yet verified."""
    flow = CodeFlow(provider)
    begun = await flow.begin(idp.callback)
    back = await idp.sign_in(browser, begun.url)
    told = httpx.URL(back).params if back.startswith(idp.callback) else {}
    assert not told or begun.matches(told["state"]), back
    return await flow.finish(told.get("code", ""), begun)


async def gets_a_code(idp, provider, browser):
    """Whether the provider sends the browser back to us with a code."""
    begun = await CodeFlow(provider).begin(idp.callback)
    back = await idp.sign_in(browser, begun.url)
    return back.startswith(idp.callback) and bool(httpx.URL(back).params.get("code"))


async def accepted(provider, tokens):
    """The person whom *tokens* vouch for."""
    trust = Trust([provider])
    return (await trust.accept(tokens.id_token, access_token=tokens.access_token)).person
