"""Which prompts get the password, and how often anything is offered."""

import asyncssh
import pytest

from bastion.errors import UpstreamError
from bastion.upstream.login import KeyLogin, PasswordLogin, is_for_password


@pytest.mark.parametrize(
    "prompt", ["Password: ", "password:", "admin@box's password: ", "PASSCODE", "(x) Passwort:"]
)
def test_prompts_for_the_password(prompt):
    """In the ways that appliances ask; never where the answer would be shown."""
    assert is_for_password(prompt, False)
    assert not is_for_password(prompt, True)


@pytest.mark.parametrize(
    "prompt",
    [
        *("", "Login: ", "Token code: ", "New password: ", "Retype password:"),
        *("One-time password: ", "Confirm password", "Passwordless login? "),
        "Change your password",
    ],
)
def test_other_prompts(prompt):
    """Another secret, another question, or a change of the password."""
    assert not is_for_password(prompt, False)


async def test_a_key_is_looked_for_once():
    """When the host asks, not before."""
    key, found = asyncssh.generate_private_key("ssh-ed25519"), []

    async def find():
        found.append(1)
        return key

    login = KeyLogin(find)
    assert found == []
    assert await login.public_key_auth_requested() == [key]
    assert await login.public_key_auth_requested() is None
    assert found == [1]


async def test_a_password_is_given_by_one_way_only():
    """Offered as `password`, it is not offered as an answer to a prompt again."""

    async def find():
        return "x"

    login = PasswordLogin(find)
    assert login.kbdint_auth_requested() == ""
    assert await login.password_auth_requested() == "x"
    assert await login.password_auth_requested() is None
    assert login.kbdint_auth_requested() is None
    assert await login.kbdint_challenge_received("", "", "", [("Password: ", False)]) is None


@pytest.mark.parametrize("made", [KeyLogin, PasswordLogin])
async def test_what_cannot_be_found_is_kept_as_the_cause(made):
    """The library hears of no secret, the dialer of the reason."""
    failure = UpstreamError("host-credential-unusable", "there is none")

    async def find():
        raise failure

    login = made(find)
    asked = (
        login.public_key_auth_requested()
        if isinstance(login, KeyLogin)
        else login.password_auth_requested()
    )
    assert await asked is None
    assert login.failure is failure


def test_no_host_key_is_ever_accepted_here():
    """What is not pinned is refused and remembered, keys and CAs alike."""
    key = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
    login = PasswordLogin(None)
    assert not login.validate_host_public_key("h", "a", 22, key)
    assert login.presented == f"ssh-ed25519 {key.get_fingerprint()}"
    login.presented = ""
    assert not login.validate_host_ca_key("h", "a", 22, key)
    assert login.presented
