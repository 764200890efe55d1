"""Half-open connections are bounded, and the greediest address pays; addresses come so often."""

from hypothesis import given
from hypothesis import strategies as st

from bastion.downstream.limits import HalfOpen, PerMinute


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


def test_an_address_at_its_own_limit_loses_its_oldest():
    """Even where there is room for others."""
    half_open = HalfOpen(10, 2)
    for name in ("a", "b"):
        assert half_open.enter(name, "10.0.0.1") is None
    assert half_open.enter("c", "10.0.0.1") == "a"
    assert half_open.enter("d", "10.0.0.2") is None
    assert len(half_open) == 3


def test_addresses_of_one_ipv6_network_count_as_one():
    """Whoever has one of them has them all."""
    half_open = HalfOpen(10, 2)
    for number in range(2):
        assert half_open.enter(number, f"2001:db8::{number}") is None
    assert half_open.enter("c", "2001:db8::ffff:1:2") == 0
    assert half_open.enter("d", "2001:db8:0:1::1") is None


def test_so_many_at_once_and_then_so_many_a_minute():
    """What is over the limit does not count; a minute later all of it is there again."""
    rate = PerMinute(3)
    assert [rate.take("a", 100.0) for _ in range(4)] == [True, True, True, False]
    assert rate.take("b", 100.0)
    assert not rate.take("a", 119.0)
    assert rate.take("a", 120.5)
    assert not rate.take("a", 120.5)
    assert [rate.take("a", 200.0) for _ in range(4)] == [True, True, True, False]


def test_to_look_does_not_count():
    """Only taking does."""
    rate = PerMinute(1)
    assert all(rate.has_room("a", 1.0) for _ in range(9))
    assert rate.take("a", 1.0)
    assert not rate.has_room("a", 1.0)


def test_many_addresses_do_not_fill_the_memory(monkeypatch):
    """Who was quiet for longest is forgotten."""
    monkeypatch.setattr("bastion.downstream.limits._MAX_SOURCES", 10)
    rate = PerMinute(1)
    for number in range(100):
        assert rate.take(str(number), 1.0)
    assert len(rate) == 10
    assert not rate.has_room("99", 1.0)
