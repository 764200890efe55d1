"""Half-open connections are bounded, and the greediest address pays."""

from hypothesis import given
from hypothesis import strategies as st

from bastion.downstream.limits import HalfOpen


def test_below_the_limit_nobody_is_closed():
    """There is room."""
    half_open = HalfOpen(2)
    assert half_open.enter("a", "10.0.0.1") is None
    assert half_open.enter("b", "10.0.0.1") is None


def test_the_address_that_holds_most_loses_its_oldest():
    """A flood from one address does not lock another one out."""
    half_open = HalfOpen(3)
    for name in ("flood-1", "flood-2"):
        half_open.enter(name, "10.6.6.6")
    half_open.enter("engineer", "10.0.0.1")
    assert half_open.enter("flood-3", "10.6.6.6") == "flood-1"
    assert half_open.enter("other", "10.0.0.2") == "flood-2"
    assert len(half_open) == 3


def test_who_has_logged_in_is_not_counted():
    """Leaving makes room; leaving twice changes nothing."""
    half_open = HalfOpen(1)
    half_open.enter("a", "10.0.0.1")
    half_open.leave("a", "10.0.0.1")
    half_open.leave("a", "10.0.0.1")
    assert len(half_open) == 0
    assert half_open.enter("b", "10.0.0.1") is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 3)), max_size=60))
def test_the_count_is_right_whatever_happens(steps):
    """Any order of entering and leaving keeps the count true and within the limit."""
    half_open, inside = HalfOpen(4), {}
    for enters, number, address in steps:
        name = f"c{number}"
        if enters and name not in inside:
            inside.pop(half_open.enter(name, f"10.0.0.{address}"), None)
            inside[name] = f"10.0.0.{address}"
        elif not enters and name in inside:
            half_open.leave(name, inside.pop(name))
        assert len(half_open) == len(inside) <= 4
