"""Whom a subject belongs to, by the configuration."""

import pytest

from bastion.cli.situations import Situations, issuer_of
from bastion.config import load

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3QoLpC32ZE97+scEwH9MdeDuQ9bxE0RNx298+tRIR/"


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(f"""
rules_dir = "."
[oidc]
issuer = "https://ours.example"
client_id = "bastion"
[[oidc.more]]
name = "partner"
issuer = "https://theirs.example"
client_id = "bastion"
[[workload]]
name = "ci"
issuer = "https://ci.example"
audience = "bastion"
claims = {{ repository = "acme/infra" }}
account = "deploy"
groups = ["deployers"]
[[ca.outside]]
name = "lab"
public_key = "{KEY}"
""")
    (tmp_path / "access.toml").write_text("")
    (tmp_path / "hosts.toml").write_text("")
    return load(path)


@pytest.mark.parametrize(
    ("subject", "issuer"),
    [
        ("ann", "https://ours.example"),
        ("auth0|ann:1", "https://ours.example"),
        ("partner:ann", "https://theirs.example"),
        ("ci:repo:acme/infra", "https://ci.example"),
        ("lab:ann", ""),
    ],
)
def test_a_subject_says_whose_it_is(settings, subject, issuer):
    """The name before the colon is its owner's, where the configuration gives one."""
    assert issuer_of(settings, subject) == issuer


def test_who_is_asked_for_comes_from_somewhere(settings):
    """So that rules for one provider's people count; nobody in particular comes from nowhere."""
    situations = Situations(settings, lambda _: None)
    someone = situations.asker("partner:ann", frozenset({"research"}), 0.0)
    assert someone.issuer == "https://theirs.example"
    assert situations.asker("", None, 0.0).issuer == ""
    assert situations.asker("partner:ann", None, 0.0) is None
