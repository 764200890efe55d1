"""Sign-in by a browser: what is asked for, and how a code becomes a token."""

import base64
import hashlib

import httpx
import pytest

from bastion.errors import TokenError
from bastion.oidc.code_flow import CodeFlow, challenge

CALLBACK = "http://127.0.0.1:4000/callback"


async def test_the_browser_is_sent_with_everything_that_protects(provider):
    """PKCE by S256, state and nonce; each attempt has its own."""
    begun = await CodeFlow(provider).begin(CALLBACK, prompt="login")
    asked = dict(httpx.URL(begun.url).params)
    digest = hashlib.sha256(begun.verifier.encode()).digest()
    assert asked == {
        "response_type": "code",
        "client_id": "bastion",
        "redirect_uri": CALLBACK,
        "scope": "openid profile email groups",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "prompt": "login",
    }
    again = await CodeFlow(provider).begin(CALLBACK)
    assert len({begun.state, begun.nonce, begun.verifier} | {again.state, again.nonce}) == 5
    assert "prompt" not in httpx.URL(again.url).params
    assert begun.verifier not in repr(begun)


async def test_a_query_of_the_endpoint_is_kept(provider, issuer):
    """Some providers name a tenant there."""
    issuer.document["authorization_endpoint"] += "?tenant=7"
    begun = await CodeFlow(provider).begin(CALLBACK)
    assert httpx.URL(begun.url).params["tenant"] == "7"


async def test_only_the_own_state_matches(provider):
    """Also hostile text is only compared."""
    begun = await CodeFlow(provider).begin(CALLBACK)
    assert begun.matches(begun.state)
    assert not any(map(begun.matches, ["", "x", "é", "\udc80", begun.state + "x"]))


async def test_a_code_is_redeemed_with_its_verifier(provider, issuer):
    """A public client sends its id and no secret."""
    flow = CodeFlow(provider)
    begun = await flow.begin(CALLBACK)
    issuer.will_answer({"id_token": "a.b.c"})
    assert (await flow.finish("the-code", begun)).id_token == "a.b.c"
    assert issuer.forms == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "redirect_uri": CALLBACK,
            "code_verifier": begun.verifier,
            "client_id": "bastion",
        }
    ]
    assert issuer.authorizations == [None]


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"]])
async def test_a_secret_goes_where_the_provider_wants_it(provider, issuer, methods):
    """In the header, form-encoded first; or in the form."""
    issuer.document["token_endpoint_auth_methods_supported"] = methods
    flow = CodeFlow(provider, client_secret="s:é/+")
    issuer.will_answer({"id_token": "a.b.c"})
    await flow.finish("the-code", await flow.begin(CALLBACK))
    if methods == ["client_secret_post"]:
        assert issuer.forms[0]["client_secret"] == "s:é/+"
        assert issuer.authorizations == [None]
    else:
        assert "client_secret" not in issuer.forms[0]
        told = base64.b64decode(issuer.authorizations[0].removeprefix("Basic "))
        assert told == b"bastion:s%3A%C3%A9%2F%2B"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"error": "invalid_grant", "error_description": "code \x1bused"}, r"code \\x1bused"),
        ({"access_token": "x"}, "HTTP 200"),
        ({"id_token": 7}, "HTTP 200"),
    ],
)
async def test_no_id_token_is_a_refusal(provider, issuer, answer, why):
    """The provider's own words are shown, made printable."""
    flow = CodeFlow(provider)
    issuer.will_answer(answer)
    with pytest.raises(TokenError, match=f"refused the sign-in: {why}"):
        await flow.finish("the-code", await flow.begin(CALLBACK))


def test_the_challenge_is_the_one_of_the_standard():
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
