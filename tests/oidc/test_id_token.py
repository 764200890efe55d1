"""An ID token becomes a person only when every check holds."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives import serialization

from bastion.errors import TokenError
from bastion.oidc.claims import MAX_GROUPS
from bastion.oidc.id_token import read_claims, verify
from tests.oidc.conftest import EC_KEY, ED_KEY, OTHER_RSA_KEY, RSA_KEY, jwk, signed

REMOVED = object()
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def refusal(provider, token, **given) -> str:
    with pytest.raises(TokenError) as refused:
        await verify(provider, token, **given)
    return str(refused.value)


async def test_a_good_token_gives_the_person(provider, claims):
    """Subject, account, groups, nonce and times come from the signed claims."""
    verified = await verify(provider, signed(claims), nonce="n-0S6_WzA2Mj")
    assert verified.person.subject == "248289761001"
    assert verified.person.account == "alice"
    assert verified.person.groups == {"engineers", "GPU admins"}
    assert verified.person.issuer == claims["iss"]
    assert (verified.issued_at, verified.expires_at) == (claims["iat"], claims["exp"])
    assert verified.nonce == "n-0S6_WzA2Mj"


@pytest.mark.parametrize(
    "signing",
    [
        (RSA_KEY, "RS256", "rsa-1"),
        (RSA_KEY, "RS512", "rsa-1"),
        (RSA_KEY, "PS256", "rsa-1"),
        (EC_KEY, "ES256", "ec-1"),
        (ED_KEY, "EdDSA", "ed-1"),
        (EC_KEY, "ES256", None),
    ],
)
async def test_asymmetric_algorithms_are_accepted(provider, issuer, claims, signing):
    """Each of the allowed algorithms works, and a token without a kid is tried with what fits."""
    issuer.keys["keys"].append(jwk(ED_KEY, "ed-1"))
    key, algorithm, kid = signing
    token = signed(claims, key, algorithm, kid=kid)
    assert (await verify(provider, token)).person.account == "alice"


CLAIMS = [
    ({"iss": "https://idp.test/"}, "another identity provider"),
    ({"iss": "https://evil.test"}, "another identity provider"),
    ({"iss": REMOVED}, "another identity provider"),
    ({"aud": "grafana"}, "another application"),
    ({"aud": REMOVED}, "another application"),
    ({"aud": []}, "another application"),
    ({"aud": {"bastion": 1}}, "another application"),
    ({"aud": ["bastion", "grafana"]}, "another application"),
    ({"aud": ["bastion", "grafana"], "azp": "grafana"}, "another application"),
    ({"aud": "bastion", "azp": "grafana"}, "another application"),
    ({"exp": -31}, "expired"),
    ({"exp": REMOVED}, "no usable exp"),
    ({"exp": "tomorrow"}, "no usable exp"),
    ({"exp": True}, "no usable exp"),
    ({"nbf": 31}, "not valid yet"),
    ({"nbf": "never"}, "no usable nbf"),
    ({"iat": -931}, "too old"),
    ({"iat": 31}, "from the future"),
    ({"iat": REMOVED}, "no usable iat"),
    ({"sub": REMOVED}, "subject"),
    ({"sub": ""}, "subject"),
    ({"sub": 7}, "subject"),
    ({"sub": "a\x1b[2J"}, "subject"),
    ({"sub": "s" * 256}, "subject"),
    ({"preferred_username": "a,root"}, "account"),
    ({"preferred_username": "al ice"}, "account"),
    ({"preferred_username": "-oProxyCommand=id"}, "account"),
    ({"preferred_username": "alice\n"}, "account"),
    ({"preferred_username": "\u202eecila"}, "account"),
    ({"preferred_username": "ali\u200bce"}, "account"),
    ({"preferred_username": "a" * 129}, "account"),
    ({"preferred_username": ""}, "account"),
    ({"preferred_username": ["root"]}, "account"),
    ({"groups": ["a,b"]}, "group"),
    ({"groups": ["ok", "b\u2066"]}, "group"),
    ({"groups": ["g\x00"]}, "group"),
    ({"groups": [""]}, "group"),
    ({"groups": ["g" * 129]}, "group"),
    ({"groups": [{"name": "x"}]}, "group"),
    ({"groups": {"admin": True}}, "groups"),
    ({"groups": 7}, "groups"),
    ({"groups": [f"g{at}" for at in range(MAX_GROUPS + 1)]}, "groups"),
    ({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, "not an ID token"),
    ({"nonce": 7}, "nonce"),
]


@pytest.mark.parametrize(("change", "why"), CLAIMS)
async def test_bad_claims_are_refused(provider, claims, clock, change, why):
    """A validly signed token with one wrong claim is refused, with a sentence that says which."""
    times = {
        name: int(clock.now()) + value
        for name, value in change.items()
        if name in {"exp", "iat", "nbf"} and isinstance(value, int) and not isinstance(value, bool)
    }
    changed = {**claims, **change, **times}
    sentence = await refusal(
        provider, signed({k: v for k, v in changed.items() if v is not REMOVED})
    )
    assert why in sentence
    assert sentence.isprintable()


@pytest.mark.parametrize(
    "change",
    [
        {"aud": ["bastion"]},
        {"aud": ["bastion", "grafana"], "azp": "bastion"},
        {"exp": -29},
        {"iat": 29},
        {"nbf": 29},
        {"iat": -929},
    ],
)
async def test_what_the_standard_allows_is_accepted(provider, claims, clock, change):
    """An audience list that authorises us, and clocks that differ within the limit."""
    times = {k: clock.now() + v for k, v in change.items() if isinstance(v, int)}
    token = signed({**claims, **change, **times})
    assert (await verify(provider, token)).person.account == "alice"


async def test_time_is_the_clock_we_are_given(provider, claims, clock):
    """The same token is good now and expired later, whatever the machine's clock says."""
    token = signed(claims)
    await verify(provider, token)
    clock.advance(331)
    assert "expired" in await refusal(provider, token)


async def test_the_nonce_binds_a_token_to_its_request(provider, claims):
    """Another nonce, none, and an empty expectation are all refused."""
    assert "another sign-in" in await refusal(provider, signed(claims), nonce="other")
    claims["nonce"] = ""
    assert "another sign-in" in await refusal(provider, signed(claims), nonce="n")
    assert "another sign-in" in await refusal(provider, signed(claims), nonce="")


async def test_a_signature_by_anybody_else_is_refused(provider, claims):
    """A stranger's key under our kid, a kid that nobody has, and a changed payload."""
    assert "not signed" in await refusal(provider, signed(claims, OTHER_RSA_KEY))
    assert "not signed" in await refusal(provider, signed(claims, OTHER_RSA_KEY, kid="evil"))
    assert "not signed" in await refusal(provider, signed(claims, OTHER_RSA_KEY, kid=None))
    head, _, tail = signed(claims).split(".")
    forged = f"{head}.{encoded({**claims, 'groups': ['security']})}.{tail}"
    assert "not signed" in await refusal(provider, forged)


async def test_alg_none_is_refused(provider, claims):
    """No signature is no signature, however none is spelled."""
    for name in ("none", "None", "nOnE", ""):
        token = f"{encoded({'alg': name, 'typ': 'JWT'})}.{encoded(claims)}."
        assert "algorithm is not allowed" in await refusal(provider, token)


async def test_hs256_with_the_public_key_is_refused(provider, claims):
    """The public key is public, so a MAC made with it proves nothing."""
    pem = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    body = f"{encoded({'alg': 'HS256', 'kid': 'rsa-1'})}.{encoded(claims)}"
    mac = hmac.new(pem, body.encode(), hashlib.sha256).digest()
    assert "algorithm is not allowed" in await refusal(provider, f"{body}.{encoded(mac)}")


async def test_a_key_in_the_token_is_not_used(provider, claims):
    """A header that brings its own key, or says where one is, changes nothing."""
    for extra in (
        {"jwk": jwk(OTHER_RSA_KEY, "rsa-1")},
        {"jku": "https://evil.test/jwks"},
        {"x5c": ["AAAA"]},
    ):
        assert "not signed" in await refusal(provider, signed(claims, OTHER_RSA_KEY, **extra))


@pytest.mark.parametrize("extra", [{"typ": "at+jwt"}, {"typ": "logout+jwt"}, {"crit": ["exp"]}])
async def test_other_kinds_of_token_are_refused(provider, claims, extra):
    """An access token or a logout token of the same provider is no ID token."""
    sentence = await refusal(provider, signed(claims, **extra))
    assert "not an ID token" in sentence or "cannot be read" in sentence


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "....",
        "é.é.é",
        "a" * 40_000,
        encoded({"alg": ["RS256"]}) + ".e30.AA",
        encoded(b"[" * 5000) + ".e30.AA",
    ],
)
async def test_garbage_is_refused_in_a_sentence(provider, token):
    """What is no token at all is refused like any other."""
    assert "ID token" in await refusal(provider, token)


@pytest.mark.parametrize("payload", [b"[]", b"null", b"{", b"[" * 5000, b'{"exp": NaN}', b"\xff"])
async def test_a_signed_payload_that_is_no_object_is_refused(provider, payload):
    """Even the provider's own key does not make garbage into claims."""
    assert "cannot be read" in await refusal(provider, signed(payload))


async def test_every_spelling_of_a_token_has_one_digest(provider, claims):
    """Whoever holds an ECDSA signature can make a second one that holds; the digest stays."""
    token = signed(claims, EC_KEY, "ES256", kid="ec-1")
    body, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    mirrored = P256_ORDER - int.from_bytes(raw[32:])
    again = f"{body}.{encoded(raw[:32] + mirrored.to_bytes(32))}"
    assert again != token
    assert (await verify(provider, again)).sha256 == (await verify(provider, token)).sha256


async def test_two_tokens_have_two_digests(provider, claims):
    """Another token of the same person is another login."""
    first = await verify(provider, signed(claims))
    second = await verify(provider, signed({**claims, "jti": "2"}))
    assert first.sha256 != second.sha256


def test_claims_may_be_named_otherwise(settings, claims, clock):
    """The configuration names the claims of account and groups; the account falls back to sub."""
    renamed = settings.model_copy(update={"account_claim": "nick", "groups_claim": "roles"})
    claims["roles"] = "engineers"
    person = read_claims(claims, renamed, clock.now(), "", nonce=None).person
    assert person.account == "248289761001"
    assert person.groups == {"engineers"}


@pytest.mark.parametrize("groups", [None, [], ""])
def test_no_groups_are_no_groups(settings, claims, clock, groups):
    """Somebody without groups is somebody, who may reach nothing."""
    claims["groups"] = groups
    assert read_claims(claims, settings, clock.now(), "", nonce=None).person.groups == set()
