"""Logins from templates: only safe names, and never one that carries power."""

import pytest

from bastion.policy.login_template import check_template, login_of


@pytest.mark.parametrize("template", ["ubuntu", "root", "DOM\\ann", "{account}", "dev-{claims.t}"])
def test_names_and_templates_are_accepted(template):
    """As they stand."""
    assert check_template(template) == template


@pytest.mark.parametrize(
    "template",
    ["", "a b", "a\n", "\x1b[2J", "{subject}", "{account", "account}", "{}", "{claims.}", "{{x}}"],
)
def test_what_is_neither_is_refused(template):
    """Also braces that mean nothing."""
    with pytest.raises(ValueError, match="no login"):
        check_template(template)


def test_an_exact_name_is_itself(asker):
    """A grant may name root."""
    assert login_of("root", asker()) == "root"


def test_a_template_takes_what_is_known(asker):
    """The account, and any claim, URLs as names too."""
    ann = asker(evidence={"claims": {"team": "ml", "https://x.example/unix": "a.b"}})
    assert login_of("{account}", ann) == "ann"
    assert login_of("dev-{claims.team}", ann) == "dev-ml"
    assert login_of("{claims.https://x.example/unix}", ann) == "a.b"
    assert login_of("{account}.{claims.team}", ann) == "ann.ml"


@pytest.mark.parametrize(
    "account",
    [
        *("", "a b", "a/b", "../x", "a\n", "a;id", "-rf", "$(id)", "ann@x", "änn", "{account}"),
        *(
            "0",
            "1000",
            ".ssh",
            "a" * 33,
            "a\x00",
            "root",
            "ROOT",
            "toor",
            "Administrator",
            "\uff41nn",
        ),
    ],
)
def test_an_unsafe_name_is_none(asker, account):
    """Who chooses their name at the provider chooses no other account by it."""
    assert login_of("{account}", asker(account=account)) is None


def test_a_missing_claim_makes_no_name(asker):
    """Nor does an empty one, with whatever stands around it."""
    for claims in ({}, {"team": ""}):
        assert login_of("dev-{claims.team}", asker(evidence={"claims": claims})) is None


def test_no_template_puts_a_powerful_name_together(asker):
    """The whole name is looked at."""
    assert login_of("ro{account}", asker(account="ot")) is None
