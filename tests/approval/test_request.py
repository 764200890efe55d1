"""What a request says, and what its binding binds."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastion.approval.request import Wanted, binding, new_request
from tests.samples import wanted

BOUND = ("text", "target", "login", "subject", "session_id", "directory")
EMPTY = Wanted("", "", "", "", "", "", "", "", "")
# Lone surrogates too: what cannot be decoded can arrive as such.
TEXT = st.text(
    st.characters(codec=None) | st.sampled_from('[]",\\\n\x00\ud83d\ude00😀'), max_size=8
)
PARTS = st.tuples(*[TEXT] * len(BOUND))


def bound(parts):
    return binding(replace(EMPTY, **dict(zip(BOUND, parts, strict=True))))


@given(PARTS, PARTS)
def test_different_parts_have_different_bindings(one, other):
    """And the same parts the same."""
    assert (bound(one) == bound(other)) == (one == other)


@given(PARTS, st.data())
def test_text_cannot_move_from_one_part_to_the_next(parts, data):
    """`ab`,`c` is not `a`,`bc`, wherever it is cut and whatever stands there."""
    at = data.draw(st.integers(0, len(parts) - 2))
    joined = parts[at] + parts[at + 1]
    cut = data.draw(st.integers(0, len(joined)))
    moved = (*parts[:at], joined[:cut], joined[cut:], *parts[at + 2 :])
    assert (bound(moved) == bound(parts)) == (moved == parts)


@pytest.mark.parametrize("part", BOUND)
def test_every_part_counts(part):
    """Changing any one of them changes the binding."""
    assert binding(wanted(**{part: "other"})) != binding(wanted())


def test_two_surrogates_are_not_the_character_they_spell():
    """JSON's escapes would make them the same."""
    assert bound(["\ud83d\ude00", *[""] * 5]) != bound(["\U0001f600", *[""] * 5])


def test_a_space_more_is_another_command():
    """Nothing is normalised: not white space, not case, not Unicode forms."""
    texts = ["rm x", "rm  x", "rm x ", "RM x", "rm\tx", "rm é", "rm e\u0301"]
    assert len({binding(wanted(text=text)) for text in texts}) == len(texts)


def test_a_request_says_what_was_wanted(clock):
    """All of it; it is pending and ends when its time is over."""
    made = new_request(wanted(), clock=clock, seconds=300, approvers=("leads",))
    for field in fields(Wanted):
        if field.name not in {"dangerous", "approvers", "directory"}:
            assert getattr(made, field.name) == getattr(wanted(), field.name)
    assert (made.state, made.created_at, made.expires_at) == (
        "pending",
        clock.now(),
        clock.now() + 300,
    )
    assert made.dangerous == ((0, 6), (7, 13))
    assert made.binding == binding(wanted())


def test_the_rule_s_approvers_come_before_the_configured_ones(clock):
    """Sorted; where neither names any, nobody may decide."""
    named = wanted(approvers=frozenset({"security", "leads"}))
    for asked, configured, expected in (
        (named, ("ops",), ("leads", "security")),
        (wanted(), ("ops",), ("ops",)),
        (wanted(), (), ()),
    ):
        made = new_request(asked, clock=clock, seconds=1, approvers=configured)
        assert made.approvers == expected


def test_identifiers_are_new_each_time(clock):
    """Also within one moment."""
    made = {new_request(wanted(), clock=clock, seconds=1, approvers=()).id for _ in range(50)}
    assert len(made) == 50
