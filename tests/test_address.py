"""Addresses as they are counted."""

import pytest

from bastion.address import plain, source


def test_an_ipv4_address_is_one_however_it_came():
    """By an IPv6 socket it is written otherwise."""
    assert plain("::ffff:192.0.2.7") == plain("192.0.2.7") == "192.0.2.7"
    assert source("::ffff:192.0.2.7") == source("192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize("address", ["2001:db8::7", "2001:db8::ffff:1:2", "2001:db8::7%eth0"])
def test_a_network_of_ipv6_is_one(address):
    """Whoever has one address there has all of them."""
    assert source(address) == "2001:db8::/64"


@pytest.mark.parametrize("text", ["", "nowhere", "192.0.2.7:22"])
def test_what_is_no_address_stays_as_it_is_and_counts_as_one(text):
    """A connection that is gone already has none."""
    assert (plain(text), source(text)) == (text, "an unknown address")
