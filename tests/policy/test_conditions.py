"""Each key of a rule is a condition of its own."""

import pytest
from pydantic import ValidationError

from bastion.policy.conditions import Assurance, Circumstances, Where, Who
from bastion.target import Target

GPU = Target("gpu-01", "192.0.2.1", labels={"pool": "research", "site": "a"})
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("keys", "missed"),
    [
        ({}, ""),
        ({"groups": ["eng", "x"]}, ""),
        ({"groups": ["x"]}, "groups"),
        ({"groups": ["ENG"]}, "groups"),
        ({"groups": ["en*"]}, "groups"),
        ({"subjects": ["sub"]}, ""),
        ({"subjects": ["ann"]}, "subjects"),
        ({"groups": ["x"], "subjects": ["sub"]}, "groups"),
        ({"groups": ["eng"], "subjects": ["x"]}, "subjects"),
        ({"claims": {"repo": "org/*"}}, ""),
        ({"claims": {"repo": ["x", "org/model"]}}, ""),
        ({"claims": {"repo": "other/*"}}, "claims"),
        ({"claims": {"repo": "org/*", "env": "*"}}, "claims"),
        ({"issuers": ["https://idp.example"]}, ""),
        ({"issuers": ["https://idp.example/"]}, "issuers"),
    ],
)
def test_whom_a_rule_is_for(asker, keys, missed):
    """Every key that is there, one entry of each; groups in full, claims by glob."""
    somebody = asker("eng", "ops", evidence={"claims": {"repo": "org/model"}})
    assert Who.model_validate(keys).misses_who(somebody) == missed


@pytest.mark.parametrize("key", ["groups", "subjects", "issuers"])
@pytest.mark.parametrize("value", [[], [""]])
def test_an_empty_list_is_a_mistake(key, value):
    """It could be read as nobody or as everybody."""
    with pytest.raises(ValidationError):
        Who.model_validate({key: value})


@pytest.mark.parametrize(
    ("keys", "missed"),
    [
        ({"targets": ["gpu-01"]}, ""),
        ({"targets": ["cpu-*", "gpu-*"]}, ""),
        ({"targets": ["gpu"]}, "targets"),
        ({"targets": ["gpu-0"]}, "targets"),
        ({"targets": ["*"], "labels": {"pool": "research"}}, ""),
        ({"targets": ["*"], "labels": {"pool": "research", "site": "b"}}, "labels"),
        ({"targets": ["*"], "labels": {"rack": ""}}, "labels"),
    ],
)
def test_which_hosts_a_rule_is_for(keys, missed):
    """By name or glob, and by all labels."""
    assert Where.model_validate(keys).misses_where(GPU) == missed


@pytest.mark.parametrize(
    ("networks", "address", "is_met"),
    [
        (["192.0.2.0/24"], "192.0.2.9", True),
        (["192.0.2.0/24"], "::ffff:192.0.2.9", True),
        (["::ffff:192.0.2.0/120"], "192.0.2.9", True),
        (["192.0.2.9"], "192.0.2.9", True),
        (["192.0.2.0/24"], "192.0.3.9", False),
        (["10.0.0.0/8", "192.0.2.0/24"], "192.0.2.9", True),
        (["2001:db8::/32"], "2001:db8:1::9", True),
        (["2001:db8::/32"], "fe80::1%eth0", False),
        (["0.0.0.0/0"], "2001:db8::1", False),
        (["::/0"], "192.0.2.9", False),
        (["0.0.0.0/0", "::/0"], "nonsense", False),
    ],
)
def test_where_somebody_comes_from(asker, networks, address, is_met):
    """IPv4 and IPv6 are two worlds; what is no address is in neither."""
    missed = Circumstances(networks=networks).misses_circumstances(asker(address=address))
    assert missed == ("" if is_met else "networks")


@pytest.mark.parametrize("network", ["10.0.0.1/8", "10.0.0.0/33", "lan", "2001:db8::1/32", "10.1"])
def test_a_bad_network_is_refused(network):
    """Bits behind the prefix are a typing error."""
    with pytest.raises(ValidationError):
        Circumstances(networks=[network])


def test_when_somebody_comes(asker):
    """One open window is enough; `now` is 2027-01-15 08:00 UTC, a Friday."""
    closed = {"from": "09:00", "to": "10:00", "zone": "UTC"}
    open_ = {"from": "08:00", "to": "08:01", "zone": "UTC", "days": ["fri"]}
    assert Circumstances(windows=[closed]).misses_circumstances(asker()) == "windows"
    assert Circumstances(windows=[closed, open_]).misses_circumstances(asker()) == ""
    assert Circumstances(windows=[open_]).misses_circumstances(asker(now=NOW + 60)) == "windows"


@pytest.mark.parametrize(
    ("keys", "evidence", "missed"),
    [
        ({"login_age_seconds": 3600}, {"authenticated_at": int(NOW) - 3600}, ""),
        ({"login_age_seconds": 3600}, {"authenticated_at": int(NOW) - 3601}, "login_age_seconds"),
        ({"login_age_seconds": 3600}, {"authenticated_at": int(NOW) + 60}, ""),
        ({"login_age_seconds": 3600}, {"authenticated_at": int(NOW) + 61}, "login_age_seconds"),
        ({"login_age_seconds": 3600}, {}, "login_age_seconds"),
        ({"login_age_seconds": 10**10}, {}, "login_age_seconds"),
        ({"acr": ["gold", "silver"]}, {"acr": "silver"}, ""),
        ({"acr": ["gold"]}, {"acr": "silver"}, "acr"),
        ({"acr": ["gold"]}, {}, "acr"),
        ({"amr": ["otp", "hwk"]}, {"amr": frozenset({"pwd", "otp"})}, ""),
        ({"amr": ["otp"]}, {"amr": frozenset({"pwd"})}, "amr"),
        ({"amr": ["otp"]}, {}, "amr"),
    ],
)
def test_how_sure_the_provider_made_itself(asker, keys, evidence, missed):
    """What the provider did not say is not met."""
    assert Assurance.model_validate(keys).misses_assurance(asker(evidence=evidence)) == missed


def test_the_age_of_a_login_counts_when_the_session_opens(asker):
    """Not when it is looked at again."""
    rule = Assurance(login_age_seconds=60)
    old = asker(evidence={"authenticated_at": int(NOW) - 600}, fresh_at=NOW - 590)
    assert rule.misses_assurance(old) == ""
