"""Rule files are read, and an error names file, line and rule."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from bastion.errors import RulesError
from bastion.policy.rulefile import load_tables, refuse_duplicates


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    size: int = 0


def write(folder: Path, text: str, name: str = "things.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_entries_come_with_their_places(tmp_path):
    """In the order of the file, with the lines of their headers."""
    path = write(
        tmp_path, '# a comment\n[[thing]]\nid = "a"\n\n  [[ thing ]]\nid = "b"\nsize = 2\n'
    )
    found = load_tables(path, "thing", Thing)
    assert [(t.value.id, t.value.size, t.line, t.path) for t in found] == [
        ("a", 0, 2, path),
        ("b", 2, 5, path),
    ]


@pytest.mark.parametrize(
    ("text", "line", "rule", "part"),
    [
        ('[[thing]]\nid = "a"\n[[thing]]\nid = "b"\nsiez = 1', 3, "b", "siez"),
        ("[[thing]]\nsize = 1", 1, "", "id"),
        ('\n[[thing]]\nid = "a"\nsize = "big"', 2, "a", "size"),
        ('[[thing]]\nid = "a', 2, "", "end of document"),
        ("[[thing]]\nid = a\nsize = 1", 2, "", "line 2"),
        ('[[thing]]\nid = "a"\n[[thign]]\nid = "b"', 3, "", "'thign'"),
        ("\nthing = 3", 2, "", "[[thing]]"),
        ('[thing]\nid = "a"', 1, "", "[[thing]]"),
    ],
)
def test_an_error_names_its_place(tmp_path, text, line, rule, part):
    """Whoever wrote the rule finds it at once."""
    path = write(tmp_path, text)
    with pytest.raises(RulesError) as caught:
        load_tables(path, "thing", Thing)
    assert (caught.value.path, caught.value.line, caught.value.rule) == (path, line, rule)
    assert part in str(caught.value)
    assert str(path) in str(caught.value)


def test_other_tables_may_be_left_alone(tmp_path):
    """Two kinds of entries can share a file."""
    path = write(tmp_path, '[[other]]\nx = 1\n[[thing]]\nid = "a"')
    assert len(load_tables(path, "thing", Thing, "other")) == 1


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    """Missing, a folder, or not text."""
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(RulesError, match=str(path)):
            load_tables(path, "thing", Thing)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(RulesError, match="UTF-8"):
        load_tables(binary, "thing", Thing)


def test_duplicates_name_both_places(tmp_path):
    """Also across files."""
    first = write(tmp_path, '\n[[thing]]\nid = "a"', "one.toml")
    second = write(tmp_path, '[[thing]]\nid = "a"', "two.toml")
    rules = [rule for path in (first, second) for rule in load_tables(path, "thing", Thing)]
    with pytest.raises(RulesError, match=r"two\.toml:1.*taken already, in one\.toml:2"):
        refuse_duplicates(rules)
