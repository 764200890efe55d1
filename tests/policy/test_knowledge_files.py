"""What programs do is read from the shipped tables and from the operator's own."""

import pytest

from bastion.errors import RulesError
from bastion.policy import knowledge_files
from bastion.rulepack import shipped_rules

TOOL = """
[[program]]
names = ["fleetctl"]
effects = [{ effect = "scheduler.drain", words = ["drain"], on = "behind" }]
"""


@pytest.fixture
def own(tmp_path):
    """Writes the operator's table and loads everything."""

    def load(text: str):
        (tmp_path / "knowledge").mkdir(exist_ok=True)
        (tmp_path / "knowledge" / "own.toml").write_text(text)
        return knowledge_files.load(tmp_path)

    return load


def test_the_shipped_tables_are_always_known(tmp_path):
    """Also where the rules folder has none."""
    known = knowledge_files.load(tmp_path).of("rm")
    assert {clause.effect for clause in known.clauses} == {"delete", "delete.listed"}


def test_an_operator_teaches_a_tool(own):
    """Without code, beside all that is known."""
    knowledge = own(TOOL)
    assert knowledge.of("fleetctl").clauses[0].effect == "scheduler.drain"
    assert knowledge.of("rm").clauses


def test_what_the_operator_says_of_a_program_is_all(own):
    """The shipped table of the same program does not count; those of others do."""
    knowledge = own('[[program]]\nnames = ["rm"]\ncomplete = true')
    assert knowledge.of("rm").clauses == ()
    assert knowledge.of("unlink").clauses


def test_a_mistake_is_named_with_its_place(own):
    """File and line of the table."""
    with pytest.raises(RulesError, match=r"own\.toml:5.*is no effect"):
        own(TOOL + '[[program]]\nnames = ["x"]\neffects = [{ effect = "explode" }]')


@pytest.mark.parametrize(
    "text", ["[[tool]]", "[[program]]\ncolour = 1", "[program]\nnames = []", "x ="]
)
def test_nonsense_is_refused(own, text):
    """Nothing is left out silently."""
    with pytest.raises(RulesError, match=r"own\.toml"):
        own(text)


def test_each_shipped_file_says_its_theme():
    """It opens with a comment."""
    for path in sorted((shipped_rules() / knowledge_files.FOLDER).glob("*.toml")):
        assert path.read_text().startswith("# "), path.name
