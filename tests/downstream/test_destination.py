"""Where a user name wants to go."""

import pytest

from bastion.downstream.destination import Destination, parse


@pytest.mark.parametrize(
    ("username", "expected"),
    [
        ("root@gpu-01", Destination("gpu-01", "root")),
        ("ubuntu@10.0.0.5", Destination("10.0.0.5", "ubuntu")),
        ("alice@corp@gpu-01", Destination("gpu-01", "alice@corp")),
        ("engineer", None),
        ("@gpu-01", None),
        ("root@", None),
        ("", None),
    ],
)
def test_the_host_stands_behind_the_last_at_sign(username, expected):
    """`login@target`; anything else names no destination."""
    assert parse(username) == expected
