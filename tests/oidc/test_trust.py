"""Several issuers at once: each token is checked by its own, and nobody is taken for another."""

from typing import NamedTuple

import httpx
import jwt
import pytest

from bastion.config.issuers import Issuer, Oidc, Workload
from bastion.errors import TokenError
from bastion.oidc.provider import Provider
from bastion.oidc.trust import Trust, settings_for
from tests.oidc.conftest import ISSUER, OTHER_RSA_KEY, RSA_KEY, FakeIssuer, jwk, signed

PARTNERS, CI = "https://partners.test", "https://ci.test"
RULES = (
    Workload(
        name="deploy",
        issuer=CI,
        audience="bastion-ci",
        claims={"repository": "acme/infra", "ref": "refs/heads/main"},
        account="ci",
        groups=("ci", "deployers"),
        lifetime_seconds=600,
    ),
)


class World(NamedTuple):
    trust: Trust
    paths: dict[str, list[str]]


def impostor_document(issuer):
    fake = FakeIssuer()
    fake.document = {name: value.replace(ISSUER, issuer) for name, value in fake.document.items()}
    fake.keys = {"keys": [jwk(OTHER_RSA_KEY, "rsa-1")]}
    return fake


@pytest.fixture
async def world(issuer, clock):
    """Our own issuer, a partner's and a CI service's, with keys of their own."""
    fakes = {ISSUER: issuer, PARTNERS: impostor_document(PARTNERS), CI: impostor_document(CI)}
    clients = {at: httpx.AsyncClient(transport=httpx.ASGITransport(fakes[at].app)) for at in fakes}
    people = (
        Oidc(issuer=ISSUER, client_id="bastion"),
        Issuer(issuer=PARTNERS, client_id="bastion", name="partners"),
    )
    yield World(
        Trust(
            [Provider(found, clients[found.issuer], clock) for found in people],
            rules=RULES,
            jobs={CI: Provider(settings_for(RULES[0]), clients[CI], clock)},
        ),
        {at: fake.paths for at, fake in fakes.items()},
    )
    for client in clients.values():
        await client.aclose()


@pytest.fixture
def job(claims):
    return {
        "iss": CI,
        "aud": "bastion-ci",
        "sub": "repo:acme/infra:ref:refs/heads/main",
        "iat": claims["iat"],
        "exp": claims["exp"],
        "repository": "acme/infra",
        "ref": "refs/heads/main",
        "groups": ["admins"],
        "preferred_username": "root",
    }


async def refusal(trust, token):
    with pytest.raises(TokenError) as refused:
        await trust.accept(token)
    return str(refused.value)


async def test_each_token_goes_to_its_issuer(world, claims):
    """The same subject at two issuers is two people, with no group in common."""
    ours = await world.trust.accept(signed(claims))
    theirs = await world.trust.accept(signed(claims | {"iss": PARTNERS}, OTHER_RSA_KEY))
    assert (ours.person.subject, ours.person.issuer) == ("248289761001", ISSUER)
    assert (theirs.person.subject, theirs.person.issuer) == ("partners:248289761001", PARTNERS)
    assert ours.person.groups.isdisjoint(theirs.person.groups)
    assert ours.person.account != theirs.person.account


async def test_one_issuer_cannot_sign_for_another(world, claims, job):
    """Every issuer's keys count for its own tokens alone."""
    for signing in (
        signed(claims, OTHER_RSA_KEY),
        signed(claims | {"iss": PARTNERS}, RSA_KEY),
        signed(job, RSA_KEY),
    ):
        assert "not signed" in await refusal(world.trust, signing)


async def test_our_own_people_cannot_have_a_partner_s_name(world, claims):
    """Nor a job's."""
    for subject in ("partners:1", "deploy:repo:acme/infra:ref:refs/heads/main"):
        said = await refusal(world.trust, signed(claims | {"sub": subject}))
        assert "belongs to another issuer" in said


async def test_partners_may_use_any_name_because_theirs_has_a_prefix(world, claims):
    """`partners:deploy:x` is nobody else's."""
    token = signed(claims | {"iss": PARTNERS, "sub": "deploy:x"}, OTHER_RSA_KEY)
    assert (await world.trust.accept(token)).person.subject == "partners:deploy:x"


@pytest.mark.parametrize("named", ["https://evil.test", "", None, 7, [ISSUER], f"{ISSUER}/"])
async def test_a_stranger_s_token_is_refused_before_anything_is_fetched(world, claims, named):
    """Nobody can make the bastion ask an address of their choice."""
    said = await refusal(world.trust, signed(claims | {"iss": named}))
    assert "another identity provider" in said or "cannot be read" in said
    assert not any(world.paths.values())


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 40_000, "a" * 40_000])
async def test_what_is_no_token_is_refused(world, token):
    """Whatever it is."""
    assert await refusal(world.trust, token)


async def test_a_job_gets_what_its_rule_says(world, job):
    """Not what its token would like: account and groups are the rule's."""
    verified = await world.trust.accept(signed(job, OTHER_RSA_KEY))
    person = verified.person
    assert person.subject == "deploy:repo:acme/infra:ref:refs/heads/main"
    assert (person.account, person.groups) == ("ci", {"ci", "deployers"})
    assert person.issuer == CI
    assert person.evidence.claims == {"repository": "acme/infra", "ref": "refs/heads/main"}
    assert (verified.workload, verified.at_most_seconds) == ("deploy", 600)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"repository": "evil/infra"}, "no workload rule"),
        ({"ref": "refs/heads/evil"}, "no workload rule"),
        ({"aud": "bastion"}, "no workload rule"),
        ({"aud": ["bastion-ci", "x"]}, "no workload rule"),
        ({"sub": ""}, "subject"),
        ({"sub": "a\x1bb"}, "subject"),
        ({"exp": 5}, "expired"),
        ({"iat": 5}, "too old"),
        ({"iat": 9_000_000_000, "exp": 9_000_000_100}, "future"),
        ({"events": {}}, "not an ID token"),
        ({"ref": ["refs/heads/main"]}, "ref"),
    ],
)
async def test_no_rule_no_certificate(world, job, change, why):
    """And the checks of people's tokens hold for jobs, too."""
    assert why in await refusal(world.trust, signed(job | change, OTHER_RSA_KEY))


async def test_an_unsigned_job_token_is_refused(world, job):
    """Neither `none` nor a secret that anybody can know."""
    assert await refusal(world.trust, jwt.encode(job, None, algorithm="none"))
    assert await refusal(world.trust, jwt.encode(job, "s" * 64, algorithm="HS256"))


async def test_one_issuer_may_serve_people_and_jobs(http, clock, claims, job):
    """The audience says which; a job's token never becomes a person."""
    people = Provider(Oidc(issuer=ISSUER, client_id="bastion"), http, clock)
    rule = RULES[0].model_copy(update={"issuer": ISSUER})
    jobs = {ISSUER: Provider(settings_for(rule), http, clock)}
    trust = Trust([people], rules=[rule], jobs=jobs)
    assert (await trust.accept(signed(claims))).workload == ""
    assert (await trust.accept(signed(job | {"iss": ISSUER}))).workload == "deploy"
