"""What is offered: the hardened lists or less; what is outdated only to hosts that are named."""

import asyncssh
import pytest
from asyncssh.connection import SSHServerConnectionOptions
from asyncssh.kex import get_default_kex_algs
from asyncssh.mac import get_default_mac_algs

from bastion.config.algorithms import Algorithms
from bastion.guards.algorithms import CIPHERS, KEX, LEGACY, MACS, SIGNATURES, options

OUTDATED = ("sha1", "nistp", "cbc", "3des", "arcfour", "md5", "dss", "group1", "umac")


def test_the_whole_lists_are_the_default():
    """In the order of the guards."""
    offered = options(Algorithms())
    assert offered["kex_algs"] == KEX
    assert offered["encryption_algs"] == CIPHERS
    assert offered["mac_algs"] == MACS
    assert offered["signature_algs"] == SIGNATURES
    assert offered["compression_algs"] is None


def test_a_list_can_be_shortened_and_keeps_its_order():
    """Whatever order the configuration names."""
    chosen = Algorithms(ciphers=("aes256-ctr", "aes256-gcm@openssh.com"))
    assert options(chosen)["encryption_algs"] == ("aes256-gcm@openssh.com", "aes256-ctr")


@pytest.mark.parametrize(
    "change",
    [
        {"key_exchanges": ("diffie-hellman-group14-sha1",)},
        {"ciphers": ("aes128-cbc",)},
        {"macs": ("hmac-sha1",)},
        {"signatures": ("ssh-rsa",)},
        {"ciphers": ()},
    ],
)
def test_nothing_can_be_added_and_no_list_be_empty(change):
    """What is not in the hardened list stops the start."""
    with pytest.raises(ValueError, match=next(iter(change))):
        Algorithms(**change)


def test_nothing_outdated_is_offered_unless_a_host_is_named():
    """Then it comes last, and still neither CBC nor groups of 1024 bits."""
    offered = options(Algorithms())
    names = [name for key, names in offered.items() if names for name in names]
    bad = [name for name in names if any(word in name for word in OUTDATED)]
    assert bad == ["ecdsa-sha2-nistp256"]  # for signatures, not for key exchange
    legacy = options(Algorithms(), allow_legacy=True)
    for key, names in LEGACY.items():
        assert legacy[key] == (*offered[key], *names)
        assert not [name for name in names if "cbc" in name or "group1-" in name]


async def test_asyncssh_knows_every_name():
    """Of the hardened lists and of the outdated ones."""
    await SSHServerConnectionOptions.construct(
        server_factory=asyncssh.SSHServer,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        gss_host=None,
        **options(Algorithms(), allow_legacy=True),
    )


def test_the_stock_code_still_needs_the_guard():
    """When this fails, asyncssh offers nothing outdated by itself: look at the lists again."""
    offered = b",".join(get_default_kex_algs() + get_default_mac_algs()).decode()
    assert "nistp" in offered
    assert "sha1" in offered
