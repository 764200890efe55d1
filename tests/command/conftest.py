"""A parser with real processes."""

from collections.abc import AsyncIterator

import pytest

from bastion.command.parser import Parser


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    """Two processes and a deadline that a loaded machine keeps."""
    parser = Parser(workers=2, deadline_seconds=2.0, max_bytes=16384)
    await parser.start()
    yield parser
    await parser.stop()
