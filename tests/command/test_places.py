"""Where a path leads."""

import pytest

from bastion.command.effects_flow import all_effects
from bastion.command.extract import extract
from bastion.command.knowledge import Clause, Knowledge, Program

RM = Program(names=("rm",), complete=True, effects=(Clause(effect="delete", on=("operands",)),))
REST = Program(names=("cd", "pushd", "popd", "ls", "mkdir", "make"), complete=True)
KNOWLEDGE = Knowledge([RM, REST])


def deleted(text: str) -> set[str]:
    """What *text* deletes, by all its names."""
    found = all_effects(extract(text), KNOWLEDGE)
    return {e.on.text for _, effects in found for e in effects if e.kind == "delete" and e.on}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("rm x", {"x"}),
        ("cd /; rm *", {"*", "/*"}),
        ('cd /usr; for f in *; do rm "$f"; done', {"*", "/usr/*"}),
        ("cd /usr && cd lib && rm x", {"x", "/usr/lib/x"}),
        ("cd /usr/lib; cd ..; rm x", {"x", "/usr/x"}),
        ("cd; rm x", {"x", "~/x"}),
        ("cd -P -- /usr; rm x", {"x", "/usr/x"}),
        ("pushd /usr; rm x", {"x", "/usr/x"}),
        ("pushd /usr; popd; rm x", {"x"}),
        ("cd $d; rm x", {"x"}),
        ("cd -; rm x", {"x"}),
        ("cd src; rm x", {"x", "src/x"}),
        ("cd build && make && cd .. && rm build", {"build"}),
        ("(cd / && ls); rm x", {"x"}),
        ("(cd /; rm x)", {"x", "/x"}),
        ("(cd /; (ls); rm x); rm y)", {"x", "/x", "y"}),
        ("ls $(cd / && ls); rm x", {"x"}),
        ("cd /usr; rm /etc/x ~/y", {"/etc/x", "~/y"}),
        ("rm /proc/self/root/etc/x", {"/proc/self/root/etc/x", "/etc/x"}),
        ("rm /proc/1/root", {"/proc/1/root", "/"}),
        ("rm ~/../../etc/x", {"~/../../etc/x", "/etc/x"}),
        ("rm ~/../ada/x", {"~/../ada/x", "/home/ada/x"}),
        ("rm ../../../etc/x", {"../../../etc/x", "/etc/x"}),
        ("rm ../x", {"../x"}),
        ("rm ../../runs/x", {"../../runs/x"}),
    ],
)
def test_a_path_has_every_name_that_leads_to_it(text, names):
    """The one that was written stays."""
    assert deleted(text) == names
