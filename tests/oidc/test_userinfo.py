"""Groups that the ID token leaves out are asked of the userinfo endpoint, and nothing else is."""

import base64
import hashlib

import pytest

from bastion.config.issuers import Oidc
from bastion.errors import TokenError
from bastion.oidc.id_token import verify
from bastion.oidc.provider import Provider
from tests.oidc.conftest import ISSUER, signed

ACCESS = "opaque-access-token"


@pytest.fixture
def settings():
    return Oidc(issuer=ISSUER, client_id="bastion", userinfo_groups=True)


@pytest.fixture
def claims(claims):
    del claims["groups"]
    return claims


@pytest.fixture(autouse=True)
def endpoint(issuer):
    issuer.document["userinfo_endpoint"] = f"{ISSUER}/userinfo"


async def test_groups_come_from_there(provider, issuer, claims):
    """For the owner of the access token that came with the ID token."""
    more = {"sub": claims["sub"], "groups": ["engineers"], "preferred_username": "root"}
    issuer.will_answer(more)
    person = (await verify(provider, signed(claims), access_token=ACCESS)).person
    assert (person.groups, person.account) == ({"engineers"}, "alice")
    assert issuer.authorizations == [f"Bearer {ACCESS}"]


@pytest.mark.parametrize("sub", ["somebody else", "", None, 7])
async def test_it_must_be_the_same_person(provider, issuer, claims, sub):
    """An access token of somebody with more groups is of no use."""
    issuer.will_answer({"sub": sub, "groups": ["admins"]})
    with pytest.raises(TokenError, match="somebody else"):
        await verify(provider, signed(claims), access_token=ACCESS)


async def test_groups_in_the_id_token_are_enough(provider, claims):
    """The endpoint is not asked, also where the ID token says that there are none."""
    person = (await verify(provider, signed(claims | {"groups": []}), access_token=ACCESS)).person
    assert person.groups == frozenset()


async def test_nothing_is_asked_unless_configured(issuer, http, clock, claims):
    """An access token that nobody wanted is left alone."""
    provider = Provider(Oidc(issuer=ISSUER, client_id="bastion"), http, clock)
    person = (await verify(provider, signed(claims), access_token=ACCESS)).person
    assert (person.groups, "/userinfo" in issuer.paths) == (frozenset(), False)


async def test_without_an_access_token_there_are_no_groups(provider, claims):
    """Nobody gets groups that nobody vouched for."""
    assert (await verify(provider, signed(claims))).person.groups == frozenset()


def half_hash(token):
    half = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


async def test_the_access_token_must_be_the_one_that_came_with_it(provider, issuer, claims):
    """Where the ID token says which."""
    issuer.will_answer({"sub": claims["sub"], "groups": ["engineers"]})
    token = signed(claims | {"at_hash": half_hash(ACCESS)})
    assert (await verify(provider, token, access_token=ACCESS)).person.groups == {"engineers"}
    for wrong in (half_hash("other"), "", 7, "é"):
        with pytest.raises(TokenError, match="another ID token"):
            await verify(provider, signed(claims | {"at_hash": wrong}), access_token=ACCESS)


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a b", "é", "a" * 20_000, "\x00"])
async def test_an_odd_access_token_is_not_sent(provider, issuer, claims, token):
    """It becomes a header."""
    with pytest.raises(TokenError, match="cannot be read"):
        await verify(provider, signed(claims), access_token=token)
    assert "/userinfo" not in issuer.paths


async def test_groups_from_there_are_checked_as_any_others(provider, issuer, claims):
    """A comma would make two of one."""
    issuer.will_answer({"sub": claims["sub"], "groups": ["a,b"]})
    with pytest.raises(TokenError, match="group"):
        await verify(provider, signed(claims), access_token=ACCESS)


async def test_a_provider_without_the_endpoint_is_an_error(provider, issuer, claims):
    """Somebody without their groups would wonder why."""
    del issuer.document["userinfo_endpoint"]
    with pytest.raises(TokenError, match="no userinfo endpoint"):
        await verify(provider, signed(claims), access_token=ACCESS)
