"""Hash chains and signatures."""

import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bastion import chain

PIECE = bytes(32)


@pytest.fixture
def signer():
    return chain.Signer(Ed25519PrivateKey.generate())


def test_links_depend_on_name_order_and_pieces():
    """Another name, another piece or another order is another chain."""
    one = chain.link(chain.start("a"), PIECE)
    assert one != chain.link(chain.start("b"), PIECE)
    assert one != chain.link(chain.start("a"), b"\1" * 32)
    two = chain.link(one, b"\2" * 32)
    swapped = chain.link(chain.link(chain.start("a"), b"\2" * 32), PIECE)
    assert two != swapped


def test_a_signature_is_for_one_link_and_one_key(signer):
    """Neither another link nor another key accepts it."""
    head = chain.start("a")
    signature = signer.sign(head)
    other = chain.Signer(Ed25519PrivateKey.generate())
    assert signer.verifier.is_signed(head, signature)
    assert not signer.verifier.is_signed(chain.start("b"), signature)
    assert not other.verifier.is_signed(head, signature)


@pytest.mark.parametrize("signature", [b"", b"x", bytes(64), bytes(65)])
def test_what_is_no_signature_is_refused(signer, signature):
    """Of any length, without an exception."""
    assert not signer.verifier.is_signed(chain.start("a"), signature)


def test_a_raw_signature_of_the_head_is_refused():
    """A link is signed under its own label, so a signature made elsewhere is none."""
    key = Ed25519PrivateKey.generate()
    head = chain.start("a")
    assert not chain.Verifier(key.public_key()).is_signed(head, key.sign(head))


def test_a_made_key_signs_and_its_public_half_proves(tmp_path):
    """The private file is its owner's only."""
    path = tmp_path / "record"
    chain.create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    signature = chain.load_signer(path).sign(PIECE)
    assert chain.load_verifier(tmp_path / "record.pub").is_signed(PIECE, signature)
    assert b"PRIVATE" not in (tmp_path / "record.pub").read_bytes()


def test_a_key_is_never_overwritten(tmp_path):
    """The record would lose its proof."""
    path = tmp_path / "record"
    chain.create_key(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        chain.create_key(path)
    assert path.read_bytes() == before


def test_keys_of_another_kind_are_refused(tmp_path):
    """Both halves."""
    key = generate_private_key(SECP256R1())
    path = tmp_path / "key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(ValueError, match="no Ed25519 private key"):
        chain.load_signer(path)
    path.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    with pytest.raises(ValueError, match="no Ed25519 public key"):
        chain.load_verifier(path)


def test_a_file_that_is_no_key_is_refused(tmp_path):
    """With ValueError, as promised."""
    path = tmp_path / "key"
    path.write_bytes(b"not a key")
    with pytest.raises(ValueError):  # noqa: PT011  the library's words
        chain.load_signer(path)
    with pytest.raises(ValueError):  # noqa: PT011  the library's words
        chain.load_verifier(path)
