"""Places have one spelling; what could be read in two ways is refused."""

import pytest

from bastion.authorization import Forward
from bastion.policy.endpoint import (
    Endpoint,
    destination,
    interface,
    read_place,
    spelled,
    unix_socket,
)
from bastion.refusal import Code, Refusal


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("GPU-01.Lan", "gpu-01.lan"),
        ("gpu-01.lan.", "gpu-01.lan"),
        ("127.0.0.1", "127.0.0.1"),
        ("::FFFF:127.0.0.1", "127.0.0.1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8::0:7", "2001:db8::7"),
        ("under_score", "under_score"),
    ],
)
def test_a_host_has_one_spelling(host, plain):
    """Small letters, no dot at the end, addresses in their short form."""
    assert destination(host, 80) == Endpoint(plain, 80)
    assert spelled(host) == plain


@pytest.mark.parametrize(
    "host",
    [
        *("0x7f.1", "0x7f000001", "2130706433", "127.1", "017700000001", "127.0.0.01", "0"),
        *("", ".", "..", "-x", "a b", "a\nb", "a/b", "[::1]", "fe80::1%eth0", "*", "gpu-*", "é"),
        *("x" * 256, "a\x00b", "user@host"),
    ],
)
def test_a_host_that_misleads_is_refused(host):
    """What the host's resolver would make of it cannot be known."""
    answer = destination(host, 80)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.FORWARD_REFUSED
    assert answer.text().isprintable()


@pytest.mark.parametrize("port", [0, -1, 65536, 2**32 - 1])
def test_a_destination_has_a_port(port):
    """Port 0 is none."""
    assert isinstance(destination("gpu-01", port), Refusal)


def test_an_interface_may_be_any_and_its_port_the_hosts_choice():
    """As `ssh -R *:0:…` says it, with an empty host."""
    assert interface("", 0) == Endpoint("*", 0)
    assert interface("*", 80) == Endpoint("*", 80)
    assert interface("LocalHost", 80) == Endpoint("localhost", 80)
    assert isinstance(interface("0x7f.1", 80), Refusal)
    assert isinstance(interface("localhost", 65536), Refusal)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "relative",
        "/a/../b",
        "/..",
        "//run/x",
        "/a/./b",
        "/a/",
        "/a\x00b",
        "/a\nb",
        "/" + "x" * 107,
        "/" + "é" * 60,
    ],
)
def test_a_socket_has_a_plain_path(path):
    """Absolute, in one spelling, printable and no longer than a system takes."""
    assert isinstance(unix_socket(path), Refusal)


def test_a_socket_is_taken_as_it_is():
    """Case counts."""
    assert unix_socket("/run/User/1/x.sock") == Endpoint("", 0, "/run/User/1/x.sock")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Localhost:8888", Forward("localhost", 8888)),
        ("*.lan:*", Forward("*.lan", None)),
        ("[2001:DB8::7]:443", Forward("2001:db8::7", 443)),
        ("unix:/run/*.sock", Forward("", None, "/run/*.sock")),
    ],
)
def test_a_rule_names_a_place(text, place):
    """In the spelling in which it is compared."""
    assert read_place(text) == place
    assert read_place(place) == place


@pytest.mark.parametrize(
    "text",
    ["", "x", "x:", "x:0", "x:65536", "x:http", ":80", "unix:", "unix:x", "unix:/../x", "a b:1", 7],
)
def test_what_is_no_place_is_no_rule(text):
    """The error says how one is written."""
    with pytest.raises(ValueError, match="is no"):
        read_place(text)


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        (Endpoint("a", 1), "a:1"),
        (Endpoint("::1", 1), "[::1]:1"),
        (Endpoint("", 0, "/x"), "unix:/x"),
    ],
)
def test_a_place_is_shown_as_a_rule_would_write_it(endpoint, text):
    """So that it can be copied from the record into a rule."""
    assert str(endpoint) == text


@pytest.mark.parametrize(
    ("host", "is_loopback", "is_metadata"),
    [
        ("localhost", True, False),
        ("x.localhost", True, False),
        ("127.9.9.9", True, False),
        ("::1", True, False),
        ("0.0.0.0", True, False),  # noqa: S104  a place to connect to
        ("::", True, False),
        ("10.0.0.1", False, False),
        ("169.254.169.254", False, True),
        ("fe80::1", False, True),
        ("fd00:ec2::254", False, True),
        ("metadata.google.internal", False, True),
        ("169.253.0.1", False, False),
    ],
)
def test_some_places_are_like_no_others(host, is_loopback, is_metadata):
    """The host itself, and where clouds answer with credentials."""
    endpoint = Endpoint(host, 80)
    assert (endpoint.is_loopback, endpoint.is_metadata) == (is_loopback, is_metadata)
