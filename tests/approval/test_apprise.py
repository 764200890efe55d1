"""Apprise, sending to a real receiver by its own JSON plugin."""

import logging
import logging.config

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bastion.approval.chat.apprise import AppriseMessenger, read_urls
from bastion.approval.chat.messenger import Alert, Message, body, title
from bastion.errors import ChatError, ConfigError
from bastion.serve.webserver import WebServer

# Apprise imports it while it loads its plugins.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Chat:
    """Something that takes what Apprise's json:// sends."""

    def __init__(self):
        self.status, self.bodies = 200, []

    async def receive(self, request):
        self.bodies.append(await request.json())
        return Response(status_code=self.status)


@pytest.fixture
async def chat():
    made = Chat()
    app = Starlette(routes=[Route("/{any:path}", made.receive, methods=["POST"])])
    server = WebServer(app, "127.0.0.1", 0)
    made.url = f"json://127.0.0.1:{await server.start()}/hook"
    yield made
    await server.stop()


@pytest.fixture
def message(request_row, links):
    row = request_row(text="rm -rf *_x_* @everyone")
    return Message(row, links.url(row))


async def test_a_message_arrives(chat, message):
    """Title and text as they are."""
    await AppriseMessenger([chat.url]).tell(message)
    (got,) = chat.bodies
    assert got["title"] == title(message.request)
    assert got["message"] == body(message)


async def test_an_alert_arrives(chat):
    """The same way."""
    await AppriseMessenger([chat.url]).warn(Alert("host-key-changed", "gpu-01", ("one", "two")))
    (got,) = chat.bodies
    assert (got["title"], got["message"]) == ("gpu-01", "one\ntwo")


async def test_one_of_two_that_fails_is_an_error(chat, message):
    """The other one was told all the same."""
    chat.status = 500
    with pytest.raises(ChatError, match="at least one chat"):
        await AppriseMessenger([chat.url, chat.url + "/2"]).tell(message)
    assert len(chat.bodies) >= 2


@pytest.mark.parametrize("url", ["nosuch://tokenSECRET@x", "///SECRET", "slack://SECRET", "SECRET"])
def test_a_url_it_cannot_use_stops_the_start_and_stays_secret(url, caplog):
    """Apprise itself would log the whole URL, also after a library has set logging up anew."""
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError) as error:
        AppriseMessenger([url])
    assert "SECRET" not in caplog.text
    assert "SECRET" not in str(error.value)


def test_urls_come_from_a_file(tmp_path):
    """One a line; comments and blank lines are none."""
    path = tmp_path / "urls"
    path.write_text("# chats\n\n  slack://a/b/c  \n  # indented\njson://127.0.0.1/\n")
    assert read_urls(path) == ["slack://a/b/c", "json://127.0.0.1/"]


@pytest.mark.parametrize("content", [None, b"", b"# nothing\n", b"\xff\xfe"])
def test_a_file_without_urls_stops_the_start(tmp_path, content):
    """Missing, empty, only comments, not text: the path is named."""
    path = tmp_path / "urls"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="urls"):
        read_urls(path)
