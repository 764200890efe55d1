"""What is counted of the time that lines waited."""

from bastion.relay.latency import Latency


def test_shares_are_told_by_witness():
    """Half of the lines waited at most p50, all but one of a hundred at most p99."""
    latency = Latency()
    for _ in range(99):
        latency.add("shell", 0.0018)
    latency.add("shell", 0.02)
    latency.add("screen", 0.04)
    shares = latency.shares()
    assert list(shares) == ["screen", "shell"]
    assert (shares["shell"].count, shares["shell"].p50, shares["shell"].p99) == (100, 2, 2)
    assert shares["shell"].longest == 20
    assert shares["screen"].p50 == 40


def test_what_is_longer_than_every_bound_is_counted():
    """The longest is told exactly all the same."""
    latency = Latency()
    latency.add("screen", 3)
    assert latency.shares()["screen"].longest == 3000


def test_no_share_is_longer_than_the_longest():
    """Not by what rounding takes from it either."""
    latency = Latency()
    latency.add("screen", 0.030844)
    shares = latency.shares()["screen"]
    assert (shares.p50, shares.p99, shares.longest) == (30.84, 30.84, 30.84)


def test_nothing_was_counted():
    """No line, no shares."""
    assert Latency().shares() == {}
