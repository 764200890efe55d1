"""What a job's token must say: exact values and globs, all of them, as a whole."""

import pytest
from pydantic import ValidationError

from bastion.config.issuers import Workload
from bastion.errors import TokenError
from bastion.oidc.workload import is_met, matching

CI = "https://ci.test"
RULE = {
    "name": "deploy",
    "issuer": CI,
    "audience": "bastion-ci",
    "claims": {"repository": "acme/infra", "ref": "refs/heads/release-*"},
    "account": "ci",
    "groups": ("ci",),
}
TOKEN = {
    "iss": CI,
    "aud": "bastion-ci",
    "sub": "repo:acme/infra:ref:refs/heads/release-7",
    "repository": "acme/infra",
    "ref": "refs/heads/release-7",
    "run_number": 12,
    "protected": True,
}


def rule(**changes):
    return Workload(**RULE | changes)


def test_a_token_that_says_it_all_meets_the_rule():
    """Also with the audience as a list of one."""
    assert is_met(rule(), TOKEN)
    assert is_met(rule(), TOKEN | {"aud": ["bastion-ci"]})


@pytest.mark.parametrize(
    "change",
    [
        {"iss": f"{CI}/"},
        {"iss": "https://evil.test"},
        {"aud": "other"},
        {"aud": ["bastion-ci", "other"]},
        {"aud": []},
        {"aud": None},
        {"repository": "acme/infra2"},
        {"repository": "evil/acme/infra"},
        {"repository": "ACME/infra"},
        {"repository": None},
        {"ref": "refs/heads/release-7/x"},
        {"ref": "refs/heads/main"},
        {"ref": "x refs/heads/release-7"},
    ],
)
def test_one_that_does_not_meets_nothing(change):
    """Whatever else it says."""
    assert not is_met(rule(), TOKEN | change)


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("repo:acme/*:ref:refs/heads/main", "repo:acme/infra:ref:refs/heads/main", True),
        # A branch called `x:ref:refs/heads/main` must not look like the main branch.
        ("repo:acme/*:ref:refs/heads/main", "repo:acme/infra:ref:x:ref:refs/heads/main", False),
        ("repo:acme/*", "repo:acme/infra:pull_request", False),
        ("repo:acme/**", "repo:acme/infra:pull_request", True),
        ("v?.?", "v1.2", True),
        ("v?.?", "v1x2", False),
        ("v?", "v/", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("a.c", "abc", False),
        ("12", 12, True),
        ("true", True, True),
    ],
)
def test_a_star_stops_where_a_part_ends(pattern, value, fits):
    """`*` and `?` stay within `/` and `:`, `**` does not; nothing else is special."""
    token = TOKEN | {"sub": value}
    assert is_met(rule(claims={"sub": pattern}), token) is fits


def test_what_cannot_be_read_is_refused():
    """A line end would match where only the part before it should."""
    with pytest.raises(TokenError, match="cannot be used"):
        is_met(rule(claims={"ref": "main"}), TOKEN | {"ref": "main\n"})


def test_the_first_rule_that_matches_counts():
    """In the order of the file."""
    rules = [rule(name="no", audience="x"), rule(name="one"), rule(name="two")]
    assert matching(rules, TOKEN).name == "one"
    assert matching(rules[:1], TOKEN) is None


@pytest.mark.parametrize(
    "change",
    [
        {"claims": {}},
        {"claims": {"repository": "*"}},
        {"claims": {"repository": "**", "ref": "?*"}},
        {"name": "Deploy"},
        {"name": ""},
        {"account": "root,admin"},
        {"account": "-x"},
        {"issuer": "http://ci.test"},
        {"audience": ""},
        {"lifetime_seconds": 0},
        {"lifetime_seconds": 86_401},
        {"unknown": 1},
    ],
)
def test_a_rule_for_everybody_is_no_rule(change):
    """It stops the start instead of letting strangers in."""
    with pytest.raises(ValidationError):
        rule(**change)
