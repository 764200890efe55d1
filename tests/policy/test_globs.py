"""Globs of rules answer as each of them alone would, and are met by words that may name them."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.command.reading import NOWHERE, UNKNOWN, Word
from bastion.policy.globs import Globs

TEXTS = st.text("ab/*?[]!\n", max_size=6)
GLOBS = st.lists(st.one_of(TEXTS, TEXTS.map("*{}".format), TEXTS.map("{}*".format)), max_size=4)


def word(text: str, *, has_glob: bool = False) -> Word:
    return Word(text, text, NOWHERE, has_glob)


@given(GLOBS, TEXTS)
def test_they_match_what_one_of_them_matches(globs, text):
    """Whatever kinds they are sorted into."""
    assert Globs(tuple(globs)).match(text) is any(fnmatchcase(text, glob) for glob in globs)


@pytest.mark.parametrize(
    ("glob", "met"),
    [
        ("/etc/shadow", word("/etc//./shadow")),
        ("*//*", word("a//b")),
        ("/etc/shadow", word("/e??/sh*", has_glob=True)),
        ("/etc/ssh/*_key", word("/etc/ssh/*", has_glob=True)),
        ("/etc/shadow", word(f"/e{UNKNOWN}c/shad{UNKNOWN}w")),
        ("/", word(f"/{UNKNOWN}{UNKNOWN}")),
    ],
)
def test_a_word_meets_what_it_may_name(glob, met):
    """Normalised or as written, with its own globs, and where most of it is known."""
    assert Globs((glob,)).meet(met)


@pytest.mark.parametrize(
    ("glob", "other"),
    [
        ("/etc/shadow", word("/e??/shadow")),
        ("/etc/shadow", word("e*/shadow", has_glob=True)),
        ("/etc/shadow", word("/*", has_glob=True)),
        ("/etc/shadow", word(f"{UNKNOWN}/{UNKNOWN}")),
        ("/", word(f"{UNKNOWN}/{UNKNOWN}")),
    ],
)
def test_a_word_does_not_meet_what_it_cannot_name(glob, other):
    """Quoted globs, globs that stop at `/`, and words of which too little is known."""
    assert not Globs((glob,)).meet(other)


def test_only_what_is_known_is_surely_meant():
    """The ground for an exception."""
    globs = Globs(("/tmp/*",))
    assert globs.are_meant(word("/tmp/x"))
    assert not globs.are_meant(word(f"/tmp/{UNKNOWN}"))
    assert not globs.are_meant(word("/tmp/../etc/x"))
