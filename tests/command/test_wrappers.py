"""Programs that run another command, and how it is found."""

import pytest

from bastion.command.reading import UNKNOWN, SimpleCommand
from bastion.command.tokens import split
from bastion.command.wrappers import runs_substitution, script, wrapped


def command(text: str) -> SimpleCommand:
    (found,) = split(text)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "sudo rm x",
        "sudo -u alice -n rm x",
        "sudo -nu alice rm x",
        "sudo -ualice rm x",
        "sudo -- rm x",
        "sudo A=1 rm x",
        "sudo --us root rm x",
        "env --un A --chd / rm x",
        "nice --adj 5 rm x",
        "xargs --max-a 1 --arg-f y rm x",
        "doas -u root rm x",
        "env -i A=1 B=2 rm x",
        "nohup rm x",
        "nice -n 19 rm x",
        "nice -19 rm x",
        "ionice -c 3 rm x",
        "timeout 5 rm x",
        "timeout -k 5 --signal KILL 10 rm x",
        "setsid rm x",
        "stdbuf -o L rm x",
        "noglob rm x",
        "- rm x",
        "repeat 3 rm x",
        "xargs -0 -n 1 rm x",
        "xargs -I {} rm x",
        "xargs -0n 1 rm x",
        "parallel -j4 rm ::: x",
        "runuser -u alice -- rm x",
        "torchrun --no-python --nproc_per_node 8 rm x",
        "command rm x",
        "exec -a name rm x",
        "/usr/bin/time -f %e rm x",
        "busybox rm x",
        "taskset 0x1 rm x",
        "chroot /mnt rm x",
        "flock -w 5 /tmp/l rm x",
        "srun -N 1 --gres=gpu:1 rm x",
        "srun --ntasks 8 --gpus 8 --container-image img --pty rm x",
        "salloc --job-name y --time 5 rm x",
        "numactl --preferred 0 rm x",
        "systemd-run --uid root --working-directory / rm x",
        "runuser --user root rm x",
        "strace --output y rm x",
        "find . -name y -exec rm x ;",
        "find . -execdir rm x +",
        "docker exec -it -u root name rm x",
        "docker run --rm -v a:b --gpus all image rm x",
        "podman run image rm x",
        "kubectl exec -n a pod -c b -- rm x",
        "enroot start image rm x",
        "ip netns exec blue rm x",
        "gdb --args rm x",
        "perf stat -e cycles rm x",
        "accelerate launch --num_processes 2 rm x",
        "mpirun -np 2 --host a,b rm x",
        "start-stop-daemon -S -x rm x",
        "nix develop -c rm x",
        "env - A=1 rm x",
        "env $(cat .env) rm x",
        "oc rsh pod rm x",
        "bwrap --bind / / rm x",
        "pkexec --user root rm x",
        "setpriv --reuid 0 rm x",
    ],
)
def test_a_wrapper_is_peeled(text):
    """Its options and operands are not taken for the command."""
    found = command(text)
    assert [word.text for word in wrapped(found.words, found.program)] == ["rm", "x"]


@pytest.mark.parametrize(
    "text",
    [
        "command -v rm",
        "ls rm x",
        "sudo -l",
        "find . -name rm",
        "env",
        "docker ps rm",
        "kubectl exec pod rm",
    ],
)
def test_other_programs_run_nothing(text):
    """A query or an argument is no command."""
    found = command(text)
    assert wrapped(found.words, found.program) == ()


@pytest.mark.parametrize(
    "text",
    [
        "sh -c 'rm x'",
        "bash -lc 'rm x' name",
        "bash -x -e -c 'rm x'",
        "bash -o pipefail -c 'rm x'",
        "bash -c -e 'rm x'",
        "bash --norc -c 'rm x'",
        "eval 'rm x'",
        "eval rm x",
        "su -c 'rm x'",
        "su - alice --command 'rm x'",
        "trap 'rm x' EXIT",
    ],
)
def test_shell_text_in_a_word_is_found(text):
    """It is read like any other text."""
    found = command(text)
    word = script(found.words, found.program)
    assert word is not None
    assert word.text == "rm x"


@pytest.mark.parametrize(
    "text", ["bash run.sh -c x", "bash", "python -c 'rm x'", "su alice", "eval"]
)
def test_files_and_other_languages_are_no_shell_text(text):
    """Only what a shell runs as text is read."""
    found = command(text)
    assert script(found.words, found.program) is None


def test_a_shell_fed_by_a_substitution_is_noticed():
    """What it runs is only known when it runs."""
    for text, expected in (("bash <(curl x)", True), (". <(x)", True), ("diff <(a) <(b)", False)):
        found = command(text)
        assert runs_substitution(found.words, found.program) is expected


def found_in(text: str) -> list[str]:
    one = command(text)
    return [word.text.replace(UNKNOWN, "?") for word in wrapped(one.words, one.program)]


def test_what_find_hands_on_is_below_its_folder():
    """By the name that it looks for, where there is one."""
    assert found_in("find /a -exec rm -r {} +") == ["rm", "-r", "/a/?"]
    assert found_in("find /a/ -name '*.pt' -exec rm {} ;") == ["rm", "/a/?*.pt"]


def test_a_script_is_a_program_of_its_own():
    """`python tool.py` may be known as `tool.py`; code and modules are none."""
    assert found_in("python3.11 -u tools/scan.py -a") == ["tools/scan.py", "-a"]
    assert found_in("perl x.pl") == ["x.pl"]
    assert found_in("python -c 'x.py'") == found_in("python -m x.py") == found_in("bash run") == []


def test_an_image_that_is_not_known_hides_the_command():
    """Not even where it begins is known, and it runs in a container."""
    assert found_in("docker run image $command x") == []
    assert found_in("sudo $command x") == ["?", "x"]


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("ssh -p 22 host rm x", "rm x"),
        ("ssh host 'rm x; ls'", "rm x; ls"),
        ("tmux new -d -s a 'rm x'", "rm x"),
        ("watch -n 1 rm x", "rm x"),
        ("tmux send-keys -t a 'rm x' Enter", "rm x Enter"),
        (r"tmux new -d \; splitw -h 'rm x' \; neww htop", "rm x\nhtop"),
        ("sbatch -N 1 --wrap='rm x'", "rm x"),
        ("script -qc 'rm x' out", "rm x"),
        ("su - ann -c 'rm x'", "rm x"),
        ("ansible all -a 'rm x'", "rm x"),
        ("awk 'BEGIN {system(\"rm x\")}'", "rm x"),
        ("python3.11 -c 'import os; os.system(\"rm x\")'", "rm x"),
        ("perl -e 'system(\"rm x\")'", "rm x"),
        ("vim -c ':!rm x' y", "rm x"),
    ],
)
def test_text_that_another_program_hands_to_a_shell(text, run):
    """Is read as shell text."""
    one = command(text)
    found = script(one.words, one.program)
    assert found is not None
    assert found.text == run


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fd -e pt . /d -x rm", ["rm", f"/d/{UNKNOWN}.pt"]),
        ("fd -X rm -f {}", ["rm", "-f", f"./{UNKNOWN}"]),
        ("fd x /d --exec mv {} y ; -t f", ["mv", f"/d/{UNKNOWN}", "y"]),
        ("fd x", []),
        ("xargs sh -c", ["sh", "-c", UNKNOWN]),
        ("xargs -I{} bash -lc {}", ["bash", "-lc", UNKNOWN]),
        ("xargs sh -c id", ["sh", "-c", "id", UNKNOWN]),
        ("xargs sh -c id _", ["sh", "-c", "id", "_", "{}"]),
        ("parallel ::: id", []),
    ],
)
def test_what_comes_from_elsewhere_is_unknown(text, words):
    """Names that are found, and shell text on the input."""
    one = command(text.replace(" ; ", r" \; "))
    assert [word.text for word in wrapped(one.words, one.program)] == words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("parallel ::: id 'rm x'", "id\nrm x"),
        ("parallel -j 2 rm ::: x", None),
        ("parallel -j 2 'rm {}' ::: x", "rm {}"),
        ("parallel 'cd y;' rm x", "cd y; rm x"),
        ("ssh -o ProxyCommand='rm x' h", "rm x"),
        ("ssh -oLocalCommand='rm x' h id", "rm x\nid"),
        ("ssh -o ProxyCommand=none h id", "id"),
        ("scp -o 'ProxyCommand rm x' a h:b", "rm x"),
        ("sed '1e rm x' y", "rm x"),
        ("su --comm 'rm x'", "rm x"),
        ("env --split='rm x'", "rm x"),
        ("tar --to-comm='rm x' -xf y", "rm x"),
        ("sg docker 'rm x'", "rm x"),
        ("sg docker -c 'rm x'", "rm x"),
        ("expect -c 'spawn rm x'", "rm x"),
    ],
)
def test_text_in_a_place_of_its_own(text, found):
    """Options of ssh, lists of parallel, programs of sed and expect."""
    one = command(text)
    word = script(one.words, one.program)
    assert (word.text if word else None) == found


@pytest.mark.parametrize(
    "text",
    [
        "ssh host",
        "ssh -L 1:h:2 -N host",
        "tmux ls",
        r"tmux new \; splitw",
        "python x.py",
        "awk '{print}' f",
        "vim y",
    ],
)
def test_where_there_is_no_such_text(text):
    """Nothing is read."""
    one = command(text)
    assert script(one.words, one.program) is None


def test_what_is_unknown_in_remote_text_stays_a_variable():
    """So that the rest of it can be read; text of which nothing is known is left alone."""
    one = command('ssh host "rm -rf /data/$x"')
    assert script(one.words, one.program).text == "rm -rf /data/$__"
    two = command('ssh host "$command"')
    assert script(two.words, two.program) is None
