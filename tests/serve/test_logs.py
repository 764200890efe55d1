"""The log: JSON lines, causes, and no chatter of libraries."""

import asyncio
import io
import json
import logging

import pytest
import structlog

from bastion.serve import logs


@pytest.fixture
def stream():
    """What is logged; the logging of the tests comes back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    captured = io.StringIO()
    logs.configure(captured)
    yield captured
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_lines_and_those_of_libraries_look_alike(stream):
    """One JSON object a line, with level and time in UTC."""
    structlog.get_logger().info("rules loaded", count=3)
    logging.getLogger("some.library").warning("odd %s", "thing")
    ours, theirs = lines(stream)
    assert (ours["event"], ours["count"], ours["level"]) == ("rules loaded", 3, "info")
    assert (theirs["event"], theirs["level"]) == ("odd thing", "warning")
    assert ours["timestamp"].endswith("Z")
    assert theirs["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", ["asyncssh", "httpx", "httpcore", "uvicorn", "apprise"])
def test_libraries_that_would_tell_commands_and_urls_are_quiet(stream, name):
    """Their information lines hold commands, links and tokens; warnings pass."""
    logging.getLogger(f"{name}.part").info("GET https://x/?token=secret")
    assert stream.getvalue() == ""
    logging.getLogger(f"{name}.part").warning("trouble")
    assert lines(stream)[0]["event"] == "trouble"


def test_a_flood_of_asyncio_is_dropped(stream):
    """A client that vanishes in a burst does not fill the disk."""
    logging.getLogger("asyncio").warning("socket.send() raised exception.")
    logging.getLogger("asyncio").warning("something else")
    assert [line["event"] for line in lines(stream)] == ["something else"]


def test_a_line_cannot_be_forged(stream):
    """A newline in a value stays in its line."""
    structlog.get_logger().warning("refused", cause='x\n{"event": "forged"}')
    assert len(lines(stream)) == 1


async def test_a_traceback_is_data(stream):
    """It is in the line, without the values of variables."""
    password = "hunter2"
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0 if password else 1)
    except TimeoutError:
        logging.getLogger("x").exception("failed")
    (line,) = lines(stream)
    assert line["event"] == "failed"
    assert line["exception"][0]["exc_type"] == "TimeoutError"
    assert "hunter2" not in stream.getvalue()
