"""Real identity providers: run by `pytest -m idp`; what they did is written to docs/identity.md.

Without `-m idp` nothing here is collected: the providers come from package registries.
"""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "identity.md"
MATRIX: dict[str, dict[str, str]] = {}
"""What each flow did, by provider."""


def pytest_configure(config):
    config.addinivalue_line("markers", "idp: against identity providers that have to be installed")


def pytest_collection_modifyitems(config, items):
    if "idp" in config.option.markexpr:
        return
    ours = [item for item in items if HERE in item.path.parents]
    if ours:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


def pytest_sessionfinish(exitstatus):
    if MATRIX and exitstatus == 0:
        text = PAGE.read_text()
        PAGE.write_text(re.sub(r"(?s)(?<=<!-- matrix -->\n).*(?=<!-- end -->)", _table(), text))


def _table():
    providers = list(MATRIX)
    flows = list(dict.fromkeys(flow for told in MATRIX.values() for flow in told))
    lines = [f"| | {' | '.join(providers)} |", "|---" * (len(providers) + 1) + "|"]
    lines += [
        f"| {flow} | {' | '.join(MATRIX[name].get(flow, 'not run') for name in providers)} |"
        for flow in flows
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def result(request):
    """Keeps what the flow of this test did at its provider: `result("flow", "what happened")`."""

    def keep(flow, what):
        MATRIX.setdefault(request.node.callspec.params["name"], {})[flow] = what

    return keep
