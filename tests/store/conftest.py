"""Stores in a file of their own."""

import pytest

from bastion.store.sqlite.database import open_store


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    opened = open_store(tmp_path / "bastion.db")
    yield opened
    opened.close()
