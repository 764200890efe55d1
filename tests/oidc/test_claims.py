"""Evidence, further claims and names: right, absent, or refused."""

import pytest

from bastion.config.issuers import Oidc
from bastion.errors import TokenError
from bastion.identity import Evidence
from bastion.oidc.id_token import verify
from bastion.oidc.provider import Provider
from tests.oidc.conftest import ISSUER, signed


@pytest.fixture
def settings():
    return Oidc(issuer=ISSUER, client_id="bastion", claims=("team", "level", "is_oncall", "gone"))


async def test_evidence_goes_into_the_person(provider, claims, clock):
    """When and how somebody signed in, and the claims that the configuration names."""
    now = int(clock.now())
    more = {"auth_time": now - 60, "acr": "gold", "amr": ["pwd", "otp"], "secret": "not asked for"}
    claims |= more | {"team": "ml", "level": 3, "is_oncall": True}
    person = (await verify(provider, signed(claims))).person
    assert person.evidence == Evidence(
        now - 60,
        "gold",
        frozenset({"pwd", "otp"}),
        {"team": "ml", "level": "3", "is_oncall": "true"},
    )


@pytest.mark.parametrize(
    ("told", "evidence"),
    [
        ({}, Evidence()),
        ({"auth_time": 0, "amr": [], "acr": None}, Evidence()),  # glewlwyd says auth_time 0
        ({"auth_time": 1_799_999_990.75}, Evidence(authenticated_at=1_799_999_990)),  # canaille
        ({"amr": "pwd"}, Evidence(amr=frozenset({"pwd"}))),
        ({"acr": 1}, Evidence(acr="1")),
    ],
)
async def test_what_providers_say_is_understood(provider, claims, told, evidence):
    """Absent, zero, with a fraction, a text where a list should be."""
    assert (await verify(provider, signed(claims | told))).person.evidence == evidence


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"auth_time": "yesterday"}, "auth_time"),
        ({"auth_time": True}, "auth_time"),
        ({"auth_time": -5}, "auth_time"),
        ({"auth_time": 1_800_000_031}, "auth_time"),
        ({"auth_time": 9e307}, "auth_time"),
        ({"acr": ["gold"]}, "acr"),
        ({"acr": "go\x1bld"}, "acr"),
        ({"acr": "g" * 256}, "acr"),
        ({"amr": {"pwd": 1}}, "amr"),
        ({"amr": ["pwd", 7]}, "amr"),
        ({"amr": ["a,b"]}, "amr"),
        ({"amr": ["x"] * 21}, "amr"),
        ({"team": ["ml"]}, "team"),
        ({"team": {"name": "ml"}}, "team"),
        ({"team": 1.5}, "team"),
        ({"team": "m\u202el"}, "team"),
        ({"team": "m" * 256}, "team"),
    ],
)
async def test_odd_evidence_is_refused(provider, claims, told, why):
    """It is never half right: what cannot be read is not taken for absent."""
    with pytest.raises(TokenError, match=why):
        await verify(provider, signed(claims | told))


async def test_people_of_a_named_issuer_have_names_of_their_own(http, claims, clock):
    """Subject, account and groups."""
    settings = Oidc(name="partners", issuer=ISSUER, client_id="bastion")
    person = (await verify(Provider(settings, http, clock), signed(claims))).person
    assert (person.subject, person.account) == ("partners:248289761001", "partners:alice")
    assert person.groups == {"partners:engineers", "partners:GPU admins"}


@pytest.mark.parametrize(
    "told",
    [
        {"sub": "partners:248289761001"},
        {"preferred_username": "partners:alice"},
        {"groups": ["partners:engineers"]},
    ],
)
async def test_nobody_may_use_another_issuer_s_names(provider, claims, told):
    """Otherwise two people would be one."""
    assert await verify(provider, signed(claims | told))
    with pytest.raises(TokenError, match="belongs to another issuer"):
        await verify(provider, signed(claims | told), reserved={"partners"})
