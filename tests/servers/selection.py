"""Leaves tests out that need what not every machine has; a marker asks for them."""

from collections.abc import Callable

import pytest


def leave_out(
    config: pytest.Config, items: list[pytest.Item], is_left: Callable[[pytest.Item], bool]
) -> None:
    """Take those of *items* out of which *is_left* is true; the summary counts them."""
    left = [item for item in items if is_left(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not is_left(item)]
