"""Grants, denies and requirements: when each applies."""

import pytest

from bastion.authorization import Channel, Forward
from bastion.policy.grant import Deny, Grant, Require
from bastion.target import Login, Target

GPU = Target("gpu-01", "192.0.2.1")
ME = Login("me")
FRIDAY_MORNING = [{"days": ["fri"], "from": "08:00", "to": "09:00", "zone": "UTC"}]
SATURDAY = [{"days": ["sat"], "zone": "UTC"}]


def make(model, **keys):
    return model.model_validate({"id": "x", "targets": ["*"], **keys})


def test_a_grant_names_its_first_key_that_is_not_met(asker):
    """Whom, where, which login, then circumstances, the login's strength last."""
    keys = {
        "groups": ["eng"],
        "targets": ["gpu-*"],
        "labels": {"pool": "p"},
        "logins": ["me"],
        "networks": ["10.0.0.0/8"],
        "windows": SATURDAY,
        "amr": ["otp"],
    }
    pooled = Target("gpu-01", "192.0.2.1", labels={"pool": "p"})
    cases = [
        (asker("x"), pooled, "groups"),
        (asker("eng"), Target("cpu", "x"), "targets"),
        (asker("eng"), GPU, "labels"),
        (asker("eng"), pooled, "networks"),
        (asker("eng", address="10.1.1.1"), pooled, "windows"),
        (asker("eng", address="10.1.1.1", now=1_800_000_000.0 + 86400), pooled, "amr"),
    ]
    for who, target, key in cases:
        assert make(Grant, **keys).miss(who, target, ME) == key
    assert make(Grant, **keys).miss(cases[3][0], pooled, Login("root")) == "logins"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8888", "127.0.0.1", 8888),
        ("[::1]:22", "::1", 22),
        ("*.LAN:*", "*.lan", None),
        ("grafana:65535", "grafana", 65535),
    ],
)
def test_where_a_tunnel_may_lead(text, host, port):
    """Host and port, IPv6 in brackets."""
    grant = make(Grant, groups=["g"], logins=["me"], channels=["forward"], forward=[text])
    assert grant.forward == (Forward(host, port),)


def test_all_kinds_of_channels_can_be_named():
    """Those that lead somewhere, with where."""
    kinds, places = list(Channel), ["localhost:1", "unix:/run/*"]
    grant = make(Grant, groups=["g"], logins=["me"], channels=kinds, forward=places, listen=places)
    assert grant.channels == tuple(kinds)
    assert (
        grant.listen
        == grant.forward
        == (
            Forward("localhost", 1),
            Forward("", None, "/run/*"),
        )
    )


@pytest.mark.parametrize(
    ("keys", "login", "missed"),
    [
        ({}, "me", ""),
        ({}, None, ""),
        ({"groups": ["eng"]}, "me", ""),
        ({"groups": ["x"]}, "me", "groups"),
        ({"targets": ["cpu"]}, "me", "targets"),
        ({"logins": ["root", "m*"]}, "me", ""),
        ({"logins": ["root"]}, "me", "logins"),
        ({"logins": ["me"]}, None, "logins"),
        ({"networks": ["192.0.2.0/24"]}, "me", ""),
        ({"networks": ["10.0.0.0/8"]}, "me", "networks"),
        ({"windows": FRIDAY_MORNING}, "me", ""),
        ({"windows": SATURDAY}, "me", "windows"),
    ],
)
def test_a_deny_applies_when_all_its_keys_are_met(asker, keys, login, missed):
    """Without a key that says for whom it is for everybody."""
    assert make(Deny, **keys).miss(asker("eng"), GPU, login) == missed


def test_a_deny_applies_where_the_address_is_not_known(asker):
    """It may be from there; the time is known."""
    nowhere = asker("eng", address="")
    assert make(Deny, networks=["10.0.0.0/8"]).miss(nowhere, GPU, ME) == ""
    late = make(Deny, networks=["10.0.0.0/8"], windows=SATURDAY)
    assert late.miss(nowhere, GPU, ME) == "windows"


def test_a_requirement_selects_by_one_half_and_demands_by_the_other(asker):
    """Not being from the network does not lift it."""
    rule = make(Require, logins=["root"], networks=["10.0.0.0/8"], acr=["gold"])
    who = asker("eng")
    assert rule.miss(who, GPU, ME) == "logins"
    assert rule.miss(who, GPU, Login("root")) == ""
    assert rule.unmet(who) == "networks"
    assert rule.unmet(asker(address="10.0.0.1")) == "acr"
    assert rule.unmet(asker(address="10.0.0.1", evidence={"acr": "gold"})) == ""
