"""The host certificates that the bastion answers with, over a day and through a rotation."""

import binascii

import asyncssh
import pytest
from structlog.testing import capture_logs

from bastion.ca.certificate import facts
from bastion.ca.issue import HostAuthority
from bastion.ca.keyring import Keyring
from bastion.ca.keys import public_line
from bastion.ca.ring import Era, Ring
from bastion.ca.signer import KeySigner, Signing
from bastion.config import Ssh
from bastion.downstream.presence import CERTIFICATE_SECONDS, Presence
from bastion.errors import SigningError

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519")
OLD = asyncssh.generate_private_key("ssh-ed25519")
NEW = asyncssh.generate_private_key("ssh-ed25519")
HALF = CERTIFICATE_SECONDS / 2


class Token(KeySigner):
    """A CA's key that can be pulled out and put back."""

    is_there = True

    async def sign(self, data: bytes) -> bytes:
        if not self.is_there:
            raise SigningError("the token was pulled")
        return await super().sign(data)


class Site:
    """The names of a bastion, and the CA of its host certificates."""

    def __init__(self, clock) -> None:
        self.token = Token(OLD)
        self.keyring = Keyring.single(Signing(self.token))
        self._presence = Presence(Ssh(), HOST_KEY, HostAuthority(self.keyring, clock), clock)

    async def certificate(self, name: str = "bastion"):
        """What a client is shown that asks for *name*."""
        options = await self._presence.options(name, asyncssh.SSHServer)
        (shown,) = [
            asyncssh.import_certificate(_line(pair.algorithm, pair.public_data))
            for pair in options.server_host_keys.values()
            if b"-cert-" in pair.algorithm
        ]
        return shown


def _line(algorithm: bytes, data: bytes) -> bytes:
    return algorithm + b" " + binascii.b2a_base64(data)


@pytest.fixture
def site(clock):
    return Site(clock)


async def test_a_name_has_a_certificate_of_a_day(site, clock):
    """For that name alone, signed by the host CA, for the host key."""
    shown = await site.certificate("gpu-01")
    assert list(shown.principals) == ["gpu-01"]
    assert shown.key == HOST_KEY.convert_to_public()
    assert shown.signing_key == OLD.convert_to_public()
    assert facts(shown).valid_before == clock.now() + CERTIFICATE_SECONDS
    assert list((await site.certificate("gpu-02")).principals) == ["gpu-02"]


async def test_it_is_made_anew_at_half_its_life(site, clock):
    """And not before: each connection would cost a signature."""
    first = await site.certificate()
    clock.advance(HALF - 1)
    assert facts(await site.certificate()) == facts(first)
    clock.advance(1)
    second = facts(await site.certificate())
    assert second.serial != facts(first).serial
    assert second.valid_before == clock.now() + CERTIFICATE_SECONDS


async def test_a_rotation_that_is_read_anew_counts_at_once(site):
    """A new ring, taken by the running bastion."""
    await site.certificate()
    site.keyring.replace(Keyring.of(NEW))
    assert (await site.certificate()).signing_key == NEW.convert_to_public()


async def test_a_key_that_waits_signs_from_its_hour(site, clock):
    """Time alone moves it on: clients have learnt it by then."""
    eras = (
        Era("old", public_line(OLD)),
        Era("new", public_line(NEW), signs_from=clock.now() + 600),
    )
    certifiers = {public_line(key): Signing(KeySigner(key)) for key in (OLD, NEW)}
    site.keyring.replace(Keyring(Ring(eras), certifiers))
    assert (await site.certificate()).signing_key == OLD.convert_to_public()
    clock.advance(599)
    assert (await site.certificate()).signing_key == OLD.convert_to_public()
    clock.advance(1)
    assert (await site.certificate()).signing_key == NEW.convert_to_public()


async def test_the_old_one_serves_to_its_end_while_the_key_cannot_be_used(site, clock):
    """Each try is in the log; after its end nobody is answered with it."""
    first = facts(await site.certificate())
    site.token.is_there = False
    clock.advance(HALF)
    with capture_logs() as logs:
        assert facts(await site.certificate()) == first
    assert [line["cause"] for line in logs] == ["the token was pulled"]
    clock.advance(HALF - 1)
    assert facts(await site.certificate()) == first
    clock.advance(1)
    with pytest.raises(SigningError, match="pulled"):
        await site.certificate()


async def test_a_name_without_an_old_one_has_nothing_to_serve(site):
    """Another name's certificate would not do."""
    await site.certificate()
    site.token.is_there = False
    with pytest.raises(SigningError, match="pulled"):
        await site.certificate("gpu-01")


async def test_a_key_that_is_back_is_used_at_once(site, clock):
    """The next connection has a new certificate."""
    first = facts(await site.certificate())
    site.token.is_there = False
    clock.advance(HALF)
    assert facts(await site.certificate()) == first
    site.token.is_there = True
    assert facts(await site.certificate()).valid_before == clock.now() + CERTIFICATE_SECONDS


async def test_names_without_end_are_not_kept(site, monkeypatch):
    """Those that were asked for last are: one host answers to each address of its loopback."""
    monkeypatch.setattr("bastion.downstream.presence.MAX_NAMES", 3)
    first = await site.certificate()
    for number in range(9):
        await site.certificate(f"127.0.0.{number}")
        assert await site.certificate() == first
    assert len(site._presence._presented) == 3
