"""The documentation says what the code does: generated pages are current, links lead somewhere."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def generated() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


@pytest.mark.parametrize("name", ["map.md", "config.md", "codes.md", "families.md"])
def test_a_generated_page_is_current(name):
    """`make docs` would change nothing."""
    assert (ROOT / "docs" / name).read_text() == generated()[name], "run `make docs`"


def test_the_configuration_is_told_in_whole():
    """Every kind of table has its own, a row is a row, and what is not set is no value."""
    page = generated()["config.md"]
    for custody in ("file", "agent", "pkcs11", "openbao"):
        assert f'### [ca.user], [ca.host], [ca.access]: custody = "{custody}"' in page
    for array in ("workload", "ca.outside"):
        assert f"# [[{array}]]" in page
    assert "None" not in page
    table = [line for line in page.splitlines() if "|" in line]
    assert all(re.fullmatch(r"\|(?:[^|]|\\\|)+\|(?:[^|]|\\\|)+\|[^|]+\|", row) for row in table)


PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("docs/PROTOCOL.*")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """A relative link in a page names a file that exists."""
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_target_of_the_makefile_is_explained():
    """`make` alone tells what there is."""
    text = (ROOT / "Makefile").read_text()
    declared = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE).group(1).split())
    explained = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert declared == explained


def test_every_dependency_has_its_reason():
    """docs/decisions.md says in a line why each dependency is the one."""
    project = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL).group(1)
    names = re.findall(r'"([a-z0-9-]+)', block)
    decisions = (ROOT / "docs" / "decisions.md").read_text().lower()
    missing = [name for name in names if f"**{name}**" not in decisions]
    assert not missing, f"no reason for {missing}"
