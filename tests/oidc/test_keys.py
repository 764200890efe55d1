"""Which published keys may have signed a token."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm

from bastion.errors import TokenError
from bastion.oidc.keys import ALGORITHMS, fitting, read_keys
from tests.oidc.conftest import EC_KEY, ED_KEY, RSA_KEY, jwk


def test_only_asymmetric_algorithms_are_known():
    """No MAC, no none."""
    assert not {name for name in ALGORITHMS if name.startswith("HS") or name == "none"}


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        (jwk(RSA_KEY, "k"), {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
        (jwk(RSA_KEY, "k", alg="RS256"), {"RS256"}),
        (jwk(EC_KEY, "k"), {"ES256"}),
        (jwk(ec.generate_private_key(ec.SECP384R1()), "k"), {"ES384"}),
        (jwk(ec.generate_private_key(ec.SECP521R1()), "k"), {"ES512"}),
        (jwk(ED_KEY, "k"), {"EdDSA"}),
        (jwk(rsa.generate_private_key(65537, 1024), "k"), set()),  # noqa: S505  refused here
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "k"}, set()),
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "RS256"}, set()),
        ({"kty": "RSA", "n": "!", "e": "AQAB", "kid": "k"}, set()),
        ({"kty": "RSA", "kid": "k"}, set()),
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "k"}, set()),
        ({"kty": "EC", "crv": ["P-256"], "kid": "k"}, set()),
        ({"kty": ["RSA"], "kid": "k"}, set()),
    ],
)
def test_a_key_fits_by_its_own_shape(key, fits):
    """Type, curve, declared algorithm and size decide, never what a token asks for."""
    keys = read_keys({"keys": [key]})
    assert {name for name in ALGORITHMS if fitting(keys, "k", name)} == fits


def test_keys_for_other_uses_are_left_out():
    """An encryption key signs nothing; one unreadable key locks nobody out."""
    good = jwk(RSA_KEY, "k", key_ops=["verify"])
    others = [jwk(RSA_KEY, "k", use="enc"), jwk(RSA_KEY, "k", key_ops=["encrypt"]), "?", None]
    assert read_keys({"keys": [*others, good]}) == (good,)


def test_kids_narrow_the_choice():
    """A kid picks its key; without one in the token, or in the key, every fitting key is tried."""
    keys = read_keys({"keys": [jwk(RSA_KEY, "a"), jwk(RSA_KEY, "b"), jwk(RSA_KEY)]})
    assert len(fitting(keys, "a", "RS256")) == 2  # a, and the one without a kid
    assert len(fitting(keys, "c", "RS256")) == 1
    assert len(fitting(keys, None, "RS256")) == 3


def test_a_published_private_key_is_read_as_public():
    """A provider that leaks its private key does not make us hold it."""
    leaked = {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY)), "kid": "k"}
    leaked.pop("key_ops", None)
    (key,) = fitting(read_keys({"keys": [leaked]}), "k", "RS256")
    assert not hasattr(key.key, "private_numbers")


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": [{}] * 101}])
def test_a_document_without_a_list_is_refused(document):
    """There is nothing to read in it."""
    with pytest.raises(TokenError, match="cannot be read"):
        read_keys(document)
