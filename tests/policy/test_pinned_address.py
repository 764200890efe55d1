"""The key `pinned_address`: hosts that only certificates for one address open."""

import pytest
from pydantic import ValidationError

from bastion.identity import Identity
from bastion.policy.access import AccessRules
from bastion.policy.authorize import authorize
from bastion.policy.grant import Grant, Require
from bastion.policy.inventory import Inventory
from bastion.policy.reasons import reason
from bastion.refusal import Code, Refusal
from bastion.target import Login, Target

GPU = Target("gpu-01", "192.0.2.1")
OPEN = Grant(id="open", groups=("eng",), targets=("gpu-*",), logins=("me",))
PINNED = Grant(
    id="pinned", groups=("eng",), targets=("gpu-*",), logins=("me",), pinned_address=True
)
DEMAND = Require(id="here-only", targets=("gpu-*",), pinned_address=True)


def ask(rules: AccessRules, *, is_pinned: bool, name: str = "gpu-01", groups=("eng",)):
    """What somebody is told who comes with a certificate like that."""
    somebody = Identity(
        "sub", "ann", frozenset(groups), 1, 2**40, "f", "192.0.2.9", is_pinned=is_pinned
    )
    return authorize(rules, Inventory({GPU.name: GPU}), somebody, name, Login("me"), now=1.8e9)


@pytest.mark.parametrize(
    "rules", [AccessRules([PINNED]), AccessRules([OPEN], (), [DEMAND])], ids=["grant", "require"]
)
def test_only_a_certificate_for_this_address_opens(rules):
    """Also where another key of the rule is met; the sentence says what to do."""
    refused = ask(rules, is_pinned=False)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.PINNED_LOGIN_NEEDED
    assert "bastion login --pin" in refused.text()
    assert not isinstance(ask(rules, is_pinned=True), Refusal)


def test_a_grant_beside_it_opens_all_the_same():
    """Two grants are an "or"; who wants it for a host whichever grant opens it writes a demand."""
    assert not isinstance(ask(AccessRules([PINNED, OPEN]), is_pinned=False), Refusal)


def test_a_missing_host_sounds_like_one_that_is_there():
    """The rules are looked at for the name alone."""
    rules = AccessRules([PINNED])
    there, gone = (ask(rules, is_pinned=False, name=name) for name in ("gpu-01", "gpu-77"))
    assert (there.text(), there.code) == (gone.text(), gone.code)


def test_who_has_no_grant_learns_nothing_of_it():
    """It is plainly denied."""
    refused = ask(AccessRules([OPEN], (), [DEMAND]), is_pinned=False, groups=("other",))
    assert refused.code is Code.ACCESS_DENIED


def test_a_second_factor_is_asked_for_before_the_address():
    """Who lacks both is told of the stronger login; the code names the one that is missing."""
    both = Require(id="r", targets=("*",), amr=("otp",), pinned_address=True)
    assert ask(AccessRules([OPEN], (), [both]), is_pinned=True).code is Code.STEP_UP_NEEDED
    two = AccessRules([OPEN], (), [DEMAND, Require(id="r", targets=("*",), acr=("gold",))])
    assert ask(two, is_pinned=False).code is Code.STEP_UP_NEEDED


def test_it_is_true_or_left_out():
    """`false` would read as if it switched the demand of another rule off."""
    with pytest.raises(ValidationError, match="pinned_address"):
        Require(id="r", targets=("*",), pinned_address=False)


def test_the_reason_says_what_the_certificate_is(asker):
    """For `bastion access explain`."""
    assert "good from everywhere" in reason(DEMAND, "pinned_address", asker("eng"), GPU)
