"""Gives a CA in files a new key, with an overlap in which both keys count.

What always holds: the new private key is on disk before the ring names it; until the ring is
written, nothing has changed. What it does not do: tell the running bastion; SIGHUP does.
"""

from dataclasses import dataclass

from bastion.ca import keys, ring
from bastion.ca.custody import Place, file_ring, passphrase
from bastion.ca.ring import Era, Ring
from bastion.config.ca import FileCustody
from bastion.errors import ConfigError

_HOST_LIFE_SECONDS = 24 * 3600
"""A host certificate of the old key may be that old when the new key begins to sign."""


@dataclass(frozen=True)
class Rotated:
    """What has come of it.

    Attributes:
        new: the new key.
        old: the key that has signed until now.
    """

    new: Era
    old: Era


def rotate(place: Place, *, overlap_seconds: float, now: float) -> Rotated:
    """Make a new key for the CA at *place*; raises ConfigError."""
    custody = place.custody
    if not isinstance(custody, FileCustody):
        raise ConfigError(
            f"ca.{place.name}: its key is kept by {custody.custody}: make the new key there, name "
            f"it in [ca.{place.name}] and the other one in `also` (docs/ca.md)"
        )
    known = file_ring(place)
    if known.is_rotating(now):
        raise ConfigError(f"ca.{place.name}: a new key waits already; see `bastion ca list`")
    file, word = known.next_file(place.path.name), passphrase(custody)
    keys.create(place.path.with_name(file), f"bastion {place.name} CA", word)
    line = keys.public_line(keys.load(place.path.with_name(file), word))
    new, old_until = _times(place.name, Era(file, line), overlap_seconds, now)
    ring.write(place.ring_path, known.rotated(new, old_until=old_until))
    return Rotated(new, known.signing(now))


def _times(name: str, new: Era, overlap: float, now: float) -> tuple[Era, float]:
    """From when the new key signs, and until when the old ones count."""
    if name == "user":
        return Era(new.file, new.public_key, now), now + overlap
    return Era(new.file, new.public_key, now + overlap), now + overlap + _HOST_LIFE_SECONDS


def standing(known: Ring, era: Era, now: float) -> str:
    """What a key of *known* does now, in a word."""
    if not era.is_trusted(now):
        return "ended"
    if era == known.signing(now):
        return "signs"
    return "waits" if era.signs_from > now else "trusted"
