"""Which chats are told, and what stops the start."""

import httpx
import pytest

from bastion.approval.chat.apprise import AppriseMessenger
from bastion.approval.chat.webhook import Webhook
from bastion.config import Chat
from bastion.errors import ConfigError
from bastion.serve.messengers import messengers

# Apprise asks Python for a module that leaves the library with 3.13, if it is there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

URL = "http://127.0.0.1:1/hook"


@pytest.fixture
def make(clock):
    return lambda **settings: messengers(Chat(**settings), httpx.AsyncClient(), clock)


def test_without_settings_nobody_is_told(make):
    """The approvals page is there anyway."""
    assert make() == []


def test_every_chat_that_is_named_is_made(make, tmp_path):
    """A webhook and Apprise, in this order."""
    (tmp_path / "secret").write_text(" key \n")
    (tmp_path / "urls").write_text("# ours\njson://localhost\n")
    made = make(
        webhook_url=URL,
        webhook_secret_file=tmp_path / "secret",
        apprise_urls_file=tmp_path / "urls",
    )
    assert [type(one) for one in made] == [Webhook, AppriseMessenger]
    assert made[0]._secret == b"key"


def test_a_webhook_without_a_key_is_refused(make):
    """Messages are signed, always."""
    with pytest.raises(ConfigError, match=r"needs chat\.webhook_secret_file"):
        make(webhook_url=URL)


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_key_that_is_none_is_refused(make, tmp_path, content):
    """An empty key signs nothing; a missing one is named."""
    if content is not None:
        (tmp_path / "secret").write_text(content)
    with pytest.raises(ConfigError, match="secret: "):
        make(webhook_url=URL, webhook_secret_file=tmp_path / "secret")


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "nonsense://x:secret@y\n"])
def test_apprise_urls_that_cannot_be_used_are_refused(make, tmp_path, content):
    """The sentence does not hold the URL, which holds secrets."""
    if content is not None:
        (tmp_path / "urls").write_text(content)
    with pytest.raises(ConfigError) as refused:
        make(apprise_urls_file=tmp_path / "urls")
    assert "secret" not in str(refused.value)
