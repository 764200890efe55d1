"""The provider is asked seldom, and its new keys are found."""

import asyncio

import pytest

from bastion.errors import TokenError
from bastion.oidc.id_token import verify
from bastion.oidc.provider import MAX_AGE_SECONDS, REFETCH_SECONDS
from tests.oidc.conftest import OTHER_RSA_KEY, RSA_KEY, jwk, signed


async def test_metadata_and_keys_are_cached(provider, issuer, claims):
    """Many logins at once make one request for each document."""
    await asyncio.gather(*(verify(provider, signed(claims)) for _ in range(20)))
    assert sorted(issuer.paths) == ["/.well-known/openid-configuration", "/jwks"]


async def test_they_are_fetched_again_when_old(provider, issuer, claims, clock):
    """A key that the provider withdrew is not trusted for longer than an hour."""
    token = signed({**claims, "exp": clock.now() + 9999})
    await verify(provider, token)
    clock.advance(MAX_AGE_SECONDS)
    issuer.keys = {"keys": []}
    fresh = signed({**claims, "iat": clock.now(), "exp": clock.now() + 60})
    with pytest.raises(TokenError, match="not signed"):
        await verify(provider, fresh)
    assert issuer.paths.count("/.well-known/openid-configuration") == 2


async def test_a_rotated_key_is_found_by_its_new_kid(provider, issuer, claims, clock):
    """An unknown kid fetches the keys again."""
    await verify(provider, signed(claims))
    issuer.keys = {"keys": [jwk(OTHER_RSA_KEY, "rsa-2")]}
    clock.advance(REFETCH_SECONDS)
    assert await verify(provider, signed(claims, OTHER_RSA_KEY, kid="rsa-2"))
    with pytest.raises(TokenError, match="not signed"):
        await verify(provider, signed(claims, RSA_KEY, kid="rsa-1"))


@pytest.mark.parametrize("kid", ["rsa-1", None])
async def test_a_key_rotated_under_the_same_name_is_found(provider, issuer, claims, clock, kid):
    """Also where no kid changed, or there is none, a new signature fetches the keys again."""
    await verify(provider, signed(claims))
    issuer.keys = {"keys": [jwk(OTHER_RSA_KEY, kid)]}
    clock.advance(REFETCH_SECONDS)
    assert await verify(provider, signed(claims, OTHER_RSA_KEY, kid=kid))


async def test_unknown_kids_do_not_become_requests(provider, issuer, claims, clock):
    """However many made-up tokens come, the keys are fetched once in REFETCH_SECONDS."""
    await verify(provider, signed(claims))
    clock.advance(REFETCH_SECONDS)
    for at in range(50):
        with pytest.raises(TokenError):
            await verify(provider, signed(claims, OTHER_RSA_KEY, kid=f"made-up-{at}"))
    assert issuer.paths.count("/jwks") == 2


async def test_a_failed_fetch_is_an_error_and_is_tried_again(provider, issuer, claims):
    """Keys that cannot be read refuse the login; the next login asks anew."""
    good, issuer.keys = issuer.keys, {"keys": "none today"}
    with pytest.raises(TokenError, match="cannot be read"):
        await verify(provider, signed(claims))
    issuer.keys = good
    assert await verify(provider, signed(claims))


async def test_old_keys_are_not_used_while_new_ones_cannot_be_had(provider, issuer, claims, clock):
    """Fail closed: after an hour without an answer nobody logs in."""
    await verify(provider, signed(claims))
    clock.advance(MAX_AGE_SECONDS)
    issuer.keys = {"keys": "none today"}
    fresh = signed({**claims, "iat": clock.now(), "exp": clock.now() + 60})
    for _ in range(2):
        with pytest.raises(TokenError, match="cannot be read"):
            await verify(provider, fresh)


async def test_an_impostor_of_the_issuer_is_refused(provider, issuer):
    """A discovery document that names another issuer is not used."""
    issuer.document["issuer"] = "https://evil.test"
    with pytest.raises(TokenError, match="calls itself"):
        await provider.metadata()
