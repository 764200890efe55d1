"""Refusals do not fill the log: some are written, the others are counted, none is lost."""

from hypothesis import given
from hypothesis import strategies as st

from bastion.audit.restraint import _MAX_ADDRESSES, OTHERS, Rate, Restraint

FEW, MANY = Rate(3, 10.0), Rate(5, 1.0)


def restraint(one=FEW, all_=MANY):
    return Restraint(one, all_)


def test_the_first_ones_are_written_the_others_counted():
    """For each address on its own; counts are taken once."""
    here = restraint(all_=Rate(100, 1.0))
    assert [here.allows("x", "192.0.2.7", 0.0) for _ in range(5)] == [True] * 3 + [False] * 2
    assert here.allows("x", "192.0.2.8", 0.0)
    assert not here.allows("y", "192.0.2.7", 0.0)
    assert here.take() == {"x": {"192.0.2.7": 2}, "y": {"192.0.2.7": 1}}
    assert here.take() == {}


def test_time_gives_back_what_it_should():
    """One each ten seconds, never more than at first; a clock that goes back gives nothing."""
    here = restraint(all_=Rate(100, 1.0))
    for _ in range(3):
        here.allows("x", "192.0.2.7", 100.0)
    assert not here.allows("x", "192.0.2.7", 109.9)
    assert here.allows("x", "192.0.2.7", 110.0)
    assert not here.allows("x", "192.0.2.7", 50.0)
    assert [here.allows("x", "192.0.2.7", 9e9) for _ in range(4)] == [True] * 3 + [False]


def test_many_addresses_have_a_limit_together():
    """Who has a thousand of them fills the log no faster."""
    here = restraint()
    allowed = [here.allows("x", f"192.0.2.{number}", 0.0) for number in range(20)]
    assert sum(allowed) == 5
    assert sum(sum(counts.values()) for counts in here.take().values()) == 15


def test_a_network_of_ipv6_is_one_address():
    """Everybody has 2^64 of them; a mapped IPv4 address is that address."""
    here = restraint(all_=Rate(100, 1.0))
    allowed = [here.allows("x", f"2001:db8:1:2::{number:x}", 0.0) for number in range(9)]
    assert sum(allowed) == 3
    assert here.take() == {"x": {"2001:db8:1:2::/64": 6}}
    for _ in range(4):
        here.allows("x", "::ffff:192.0.2.7", 0.0)
    assert here.take() == {"x": {"192.0.2.7": 1}}


def test_memory_is_bounded():
    """Also while the whole world comes; quiet addresses are forgotten, nothing is uncounted."""
    here = restraint(one=Rate(1, 10.0), all_=Rate(1, 1e9))
    number = 5 * _MAX_ADDRESSES
    for n in range(number):
        here.allows("x", f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", n / 1e3)
    assert len(here._buckets) <= _MAX_ADDRESSES + 1
    counts = here.take()["x"]
    assert len(counts) <= _MAX_ADDRESSES + 1
    assert counts[OTHERS] > 0
    assert sum(counts.values()) == number - 1


def test_what_could_not_be_written_is_counted_again():
    """With what came meanwhile."""
    here = restraint(one=Rate(1, 10.0))
    for _ in range(3):
        here.allows("x", "192.0.2.7", 0.0)
    taken = here.take()
    here.allows("x", "192.0.2.7", 0.0)
    here.put_back(taken)
    assert here.take() == {"x": {"192.0.2.7": 3}}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.ip_addresses().map(str), st.floats(0, 1e4))))
def test_every_refusal_is_written_or_counted(refusals):
    """Whatever comes, in whatever order."""
    here, written = restraint(), 0
    for code, address, now in refusals:
        written += here.allows(code, address, now)
    counted = sum(sum(counts.values()) for counts in here.take().values())
    assert written + counted == len(refusals)
