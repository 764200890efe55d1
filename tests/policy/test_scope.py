"""A scope says for whom, where and when a rule counts."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from bastion.policy.scope import Scope
from bastion.policy.situation import NOWHERE, Situation, situation_of
from bastion.target import Login, Target
from bastion.verdict import Profile
from tests.upstream.conftest import authorized

NIGHT = {"from": "22:00", "to": "06:00", "zone": "UTC"}
MORNING = {"from": "07:00", "to": "12:00", "zone": "UTC"}  # it is Friday, 08:00 UTC


@pytest.fixture
def somewhere(asker):
    """An intern as root on a host of the research pool."""
    target = Target("gpu-01", "192.0.2.1", labels={"pool": "research", "site": "a"})
    return Situation(asker("interns", "all"), target, Login("root"))


@pytest.mark.parametrize(
    ("keys", "missed"),
    [
        ({"groups": ["sre", "interns"]}, ""),
        ({"groups": ["sre"]}, "groups"),
        ({"subjects": ["sub"]}, ""),
        ({"subjects": ["ann"]}, "subjects"),
        ({"targets": ["web-1", "GPU-*"]}, ""),
        ({"targets": ["gpu-02"]}, "targets"),
        ({"labels": {"pool": "research"}}, ""),
        ({"labels": {"pool": "research", "site": "b"}}, "labels"),
        ({"logins": ["root"]}, ""),
        ({"logins": ["u*"]}, "logins"),
        ({"windows": [NIGHT, MORNING]}, ""),
        ({"windows": [NIGHT]}, "windows"),
        ({"networks": ["192.0.2.0/24"]}, ""),
        ({"networks": ["198.51.100.0/24"]}, "networks"),
        ({"groups": ["interns"], "logins": ["root"], "targets": ["x"]}, "targets"),
    ],
)
def test_every_key_must_be_met(somewhere, keys, missed):
    """One entry of a list is enough; of labels all must fit."""
    assert Scope(**keys).miss(somewhere) == missed


def test_nobody_in_particular_is_in_no_scope():
    """What is judged without a person and a host meets rules for everybody only."""
    for keys in ({"groups": ["a"]}, {"targets": ["*-*"]}, {"logins": ["root"]}):
        assert Scope(**keys).miss(NOWHERE)


@pytest.mark.parametrize("keys", [{}, {"groups": []}, {"hosts": ["x"]}, {"windows": [{}]}])
def test_a_scope_names_something_that_there_is(keys):
    """Else it would be for everybody, unnoticed."""
    with pytest.raises(ValidationError):
        Scope(**keys)


def test_a_situation_is_that_of_an_authorization():
    """The person, the host, the account, the profile, and now."""
    held = replace(authorized(Target("gpu-01", "192.0.2.1")), profile=Profile.LOCKED)
    found = situation_of(held, 5.0)
    assert (found.asker.subject, found.asker.now) == (held.identity.subject, 5.0)
    assert (found.target, found.login, found.profile) == (held.target, held.login, Profile.LOCKED)


def test_a_scope_is_shown_in_words():
    """For `bastion rules show`."""
    scope = Scope(groups=["a", "b"], labels={"pool": "x"}, windows=[NIGHT])
    assert (
        str(scope)
        == "groups a b, labels pool=x, windows mon,tue,wed,thu,fri,sat,sun 22:00-06:00 UTC"
    )
