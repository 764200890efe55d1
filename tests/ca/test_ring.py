"""Which key signs and which count, as time goes by; and rotations on disk."""

import asyncssh
import pytest

from bastion.ca import ring
from bastion.ca.authorities import Authorities
from bastion.ca.certificate import Wanted, host_draft
from bastion.ca.custody import file_ring, places
from bastion.ca.keys import public_line
from bastion.ca.ring import Era, Ring
from bastion.ca.rotate import rotate, standing
from bastion.errors import ConfigError
from tests.ca.test_custody import configured, prepared
from tests.servers.bystander import bystander

HOUR = 3600.0
KEY = asyncssh.generate_private_key("ssh-ed25519")


def test_a_user_key_signs_at_once_and_the_old_one_counts_for_a_while(tmp_path, clock):
    """The bastion itself checks, so nobody has to learn the new key first."""
    place, now = places(prepared(tmp_path))["user"], clock.now()
    done = rotate(place, overlap_seconds=HOUR, now=now)
    known = file_ring(place)
    assert known.signing(now) == done.new
    assert [standing(known, era, now) for era in known.eras] == ["trusted", "signs"]
    assert [era.public_key for era in known.trusted(now + HOUR)] == [done.new.public_key]
    assert standing(known, known.eras[0], now + HOUR) == "ended"


@pytest.mark.parametrize("name", ["host", "access"])
def test_what_others_check_is_published_before_it_signs(tmp_path, clock, name):
    """And the old key counts as long as a certificate of it can be about."""
    place, now = places(prepared(tmp_path))[name], clock.now()
    done = rotate(place, overlap_seconds=HOUR, now=now)
    known = file_ring(place)
    assert known.signing(now).public_key == done.old.public_key
    assert len(known.trusted(now)) == 2
    assert [standing(known, era, now) for era in known.eras] == ["signs", "waits"]
    assert known.signing(now + HOUR) == done.new
    assert len(known.trusted(now + HOUR)) == 2
    assert len(known.trusted(now + HOUR + 24 * HOUR)) == 1


def test_no_overlap_ends_the_old_key_at_once(tmp_path, clock):
    """After a theft."""
    place, now = places(prepared(tmp_path))["user"], clock.now()
    done = rotate(place, overlap_seconds=0, now=now)
    assert file_ring(place).trusted(now) == (done.new,)


def test_a_rotation_in_an_overlap_prolongs_nothing(tmp_path, clock):
    """The first key ends when it was to end; file names are not used again."""
    place, now = places(prepared(tmp_path))["user"], clock.now()
    rotate(place, overlap_seconds=HOUR, now=now)
    rotate(place, overlap_seconds=9 * HOUR, now=now + 60)
    known = file_ring(place)
    assert [era.file for era in known.eras] == ["user_ca", "user_ca-2", "user_ca-3"]
    assert known.eras[0].until == now + HOUR
    assert known.eras[1].until == now + 60 + 9 * HOUR


def test_a_key_that_waits_is_not_overtaken(tmp_path, clock):
    """Hosts may not have learned it yet."""
    place = places(prepared(tmp_path))["access"]
    rotate(place, overlap_seconds=HOUR, now=clock.now())
    with pytest.raises(ConfigError, match="waits already"):
        rotate(place, overlap_seconds=HOUR, now=clock.now())
    rotate(place, overlap_seconds=HOUR, now=clock.now() + HOUR)


async def test_the_new_key_signs_when_its_time_has_come(tmp_path, clock):
    """In a process that has read the ring before; the old private key is not needed any more."""
    config = prepared(tmp_path)
    cas = await Authorities.open(config, clock)
    place = places(config)["host"]
    done = rotate(place, overlap_seconds=HOUR, now=clock.now())
    await cas.reload(config, clock)

    async def signer():
        draft = host_draft(KEY, Wanted("h", 1, ("gpu-01",), 0, 1))
        return public_line((await cas.host.certifier(clock.now()).certify(draft)).signing_key)

    assert await signer() == done.old.public_key
    clock.advance(HOUR)
    assert await signer() == done.new.public_key
    assert cas.host.lines(clock.now()) == (done.new.public_key, done.old.public_key)
    place.path.unlink()
    await cas.reload(config, clock)
    assert await signer() == done.new.public_key


async def test_a_reload_that_fails_changes_nothing(tmp_path, clock):
    """A ring that cannot be read, or names a key that is not there."""
    config = prepared(tmp_path)
    cas, place = await Authorities.open(config, clock), places(config)["user"]
    before = cas.user.lines(clock.now())
    for broken in ("{", "[]", '[{"file": "x", "public_key": "y"}]'):
        place.ring_path.write_text(broken)
        with pytest.raises((ConfigError, asyncssh.KeyImportError)):
            await cas.reload(config, clock)
        assert cas.user.lines(clock.now()) == before


def test_a_ring_of_somebody_else_is_not_called_broken(tmp_path):
    """Nobody is to restore from a backup what only another account may read."""
    path = tmp_path / "user_ca.ring"
    path.write_text("[]")
    path.chmod(0o000)
    with bystander(), pytest.raises(ConfigError, match="denied; run it as the bastion's user"):
        ring.read(path)


def test_a_rotation_keeps_the_passphrase(tmp_path, clock):
    """The new key is encrypted as the old one was."""
    (tmp_path / "word").write_text("correct horse")
    place = places(prepared(tmp_path, user={"custody": "file", "passphrase_file": "word"}))["user"]
    done = rotate(place, overlap_seconds=HOUR, now=clock.now())
    with pytest.raises(asyncssh.KeyImportError, match="assphrase"):
        asyncssh.read_private_key(place.path.with_name(done.new.file))


async def test_a_key_elsewhere_is_rotated_there(agent, tmp_path, clock):
    """The configuration names both keys for a while; the second counts until its time."""
    fingerprint = await agent.add(KEY)
    other = public_line(asyncssh.generate_private_key("ssh-ed25519"))
    custody = {"custody": "agent", "socket": str(agent.socket), "fingerprint": fingerprint}
    custody["also"] = [{"public_key": other, "until": "2027-01-15T08:00:01Z"}]
    config = configured(tmp_path, user=custody, host=custody, access=custody)
    with pytest.raises(ConfigError, match=r"kept by agent.*docs/ca\.md"):
        rotate(places(config)["user"], overlap_seconds=HOUR, now=clock.now())
    cas = await Authorities.open(config, clock)
    assert cas.user.lines(clock.now()) == (public_line(KEY), other)
    clock.advance(1)
    assert cas.user.lines(clock.now()) == (public_line(KEY),)


def test_a_ring_is_written_whole_and_private(tmp_path):
    """It comes back as it was."""
    known = Ring((Era("a", "ssh-ed25519 A", 0.0, 5.0), Era("b", "ssh-ed25519 B", 1.0)))
    ring.write(tmp_path / "x.ring", known)
    assert ring.read(tmp_path / "x.ring") == known
    assert (tmp_path / "x.ring").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["x.ring"]
