"""Things under secret names, for a while."""

from bastion.demo.identity_provider.shelf import Shelf


def test_a_thing_is_there_until_it_is_taken(clock):
    """Looked at often, taken once; every name is new."""
    shelf = Shelf(clock, 60)
    name, other = shelf.put("a"), shelf.put("b")
    assert name != other
    assert (shelf.get(name), shelf.get(name), shelf.take(name), shelf.take(name)) == (
        "a",
        "a",
        "a",
        None,
    )
    assert shelf.take("made-up") is None


def test_a_thing_outlives_its_time_by_nothing(clock):
    """Not to be looked at and not to be taken."""
    shelf = Shelf(clock, 60)
    name, other = shelf.put("a"), shelf.put("b")
    clock.advance(59)
    assert shelf.get(name) == "a"
    clock.advance(1)
    assert shelf.get(name) is None
    assert shelf.take(other) is None


def test_the_oldest_goes_first(clock):
    """There is a limit to what is kept."""
    shelf = Shelf(clock, 60, capacity=2)
    names = [shelf.put(at) for at in (1, 2, 3)]
    assert [shelf.get(name) for name in names] == [None, 2, 3]
