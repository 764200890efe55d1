"""The rules that come with the product do what their examples say."""

from pathlib import Path

import pytest

from bastion.authorization import Channel
from bastion.command.effects_flow import all_effects
from bastion.command.extract import extract
from bastion.policy import access
from bastion.policy.command_rules import load
from bastion.policy.judge import judge
from bastion.rulepack import shipped_rules
from bastion.verdict import Verdict

RULES = load(shipped_rules() / "commands")
EXAMPLES = [
    pytest.param(example, id=f"{rule.value.id}-{number}")
    for rule in (*RULES.rules, *RULES.listed)
    for number, example in enumerate(rule.value.examples)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_holds(example):
    """The whole pack gives the command the verdict that its rule promises."""
    judgement = judge(RULES.within(example.situation), extract(example.command))
    assert judgement.verdict is example.verdict, f"by {judgement.rule or 'no rule'}"


@pytest.mark.parametrize("located", RULES.rules, ids=lambda located: located.value.id)
def test_a_rule_matches_its_own_examples(located):
    """It is this rule that matches, and not only another one with the same verdict."""
    rule = located.value
    for example in rule.examples:
        reading = extract(example.command)
        is_hit = any(
            rule.matches(command, reading, found)
            for command, found in all_effects(reading, RULES.knowledge)
        )
        assert is_hit is _stops(rule, example), example.command


@pytest.mark.parametrize("located", RULES.listed, ids=lambda located: located.value.id)
def test_an_entry_of_the_list_shows_both_sides(located):
    """One command at least that runs, and one that comes near and does not."""
    verdicts = {example.verdict for example in located.value.examples}
    assert verdicts == {Verdict.ALLOW, Verdict.BLOCK}


@pytest.mark.parametrize("located", RULES.rules, ids=lambda located: located.value.id)
def test_a_rule_shows_both_sides(located):
    """Two commands that it stops, at least, and one that comes near and passes."""
    stopped = [_stops(located.value, example) for example in located.value.examples]
    assert sum(stopped) >= 2
    assert not all(stopped)


def _stops(rule, example) -> bool:
    """Whether it is *rule* that the example is about, and not a mark that another one gives it."""
    return example.verdict >= rule.verdict


DAILY_WORK = """
python train.py --config configs/llama.yaml > train.log 2>&1 &
CUDA_VISIBLE_DEVICES=0,1 torchrun --nproc_per_node=2 train.py
for f in data/*.jsonl; do wc -l "$f"; done
nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv -l 1
watch -n 1 nvidia-smi
ls -la ~/runs && du -sh ~/runs/*
git status; git pull --rebase; git commit -m "it's done"
pip install -e '.[dev]'
conda activate research
tmux attach -t train || tmux new -s train
squeue --me -o "%i %j %T"
sbatch --gres=gpu:8 job.sh
srun -N 2 --gpus-per-node=8 python -m torch.distributed.run train.py
scancel 12345
tail -f /var/log/syslog | grep -i xid
docker run --rm --gpus all -v $PWD:/work image python eval.py
kubectl logs -f deploy/inference
kill %1
rm -rf build/ dist/ *.egg-info
find . -name __pycache__ -type d -exec rm -r {} +
export HF_HOME=/scratch/$USER/hf
python - <<'EOF'
ps aux | grep [p]ython | awk '{print $2}'
cat logs/*.txt | sort | uniq -c | sort -rn | head
if [ -f done ]; then echo yes; else echo no; fi
[[ -d out ]] || mkdir -p out
rsync -av results/ gpu-02:results/
curl -s http://127.0.0.1:8000/v1/models | python3 -m json.tool
time python bench.py
echo $(( $(nproc) / 2 ))
sudo apt-get install -y nvtop
""".strip().split("\n")


@pytest.mark.parametrize("command", [c for c in DAILY_WORK if "<<" not in c])
def test_daily_work_is_left_alone(command):
    """What people do all day on a GPU host passes; the doors of scripts only mark the line."""
    judgement = judge(RULES, extract(command))
    assert judgement.verdict is Verdict.ALLOW or judgement.marks_only, judgement.rule


def test_a_program_in_a_here_document_is_left_alone():
    """It is the interpreter's text, not the shell's."""
    text = "python - <<'EOF'\nprint('it is $(not) shell')\nEOF"
    assert judge(RULES, extract(text)).marks_only


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("unparsable", Verdict.HOLD),
        ("incomplete", Verdict.HOLD),
        ("readers-disagree", Verdict.HOLD),
        ("history-expansion", Verdict.HOLD),
        ("shell-state", Verdict.HOLD),
        ("syntax-error", Verdict.ALLOW),
        ("unclosed", Verdict.ALLOW),
        ("continued", Verdict.ALLOW),
        ("hidden-command", Verdict.HOLD),
        ("dynamic-command", Verdict.HOLD),
        ("control-characters", Verdict.HOLD),
        ("too-long", Verdict.HOLD),
        ("parser-timeout", Verdict.HOLD),
        ("parser-failed", Verdict.HOLD),
        ("parser-busy", Verdict.HOLD),
        ("parser-limit", Verdict.HOLD),
        ("*", Verdict.HOLD),
        ("full-screen", Verdict.ALLOW),
        ("in-program", Verdict.ALLOW),
        ("no-echo", Verdict.ALLOW),
    ],
)
def test_what_cannot_be_seen_into_has_an_answer(reason, verdict):
    """A command that hides is held; what is typed into a program is marked and recorded."""
    assert RULES.opaque[reason].verdict is verdict


def test_every_theme_has_a_file_that_says_so():
    """A file opens with a comment that names its theme."""
    for path in sorted(Path(shipped_rules() / "commands").glob("*.toml")):
        assert path.read_text().startswith("# "), path.name


def test_the_shipped_grants_are_a_sane_start():
    """They load, open shells, commands and files, and give root to nobody but those on call."""
    rules = access.load(shipped_rules() / "access.toml")
    assert rules.grants
    for grant in rules.grants:
        files = {Channel.SFTP_READ, Channel.SFTP_WRITE}
        assert set(grant.channels) <= {Channel.SHELL, Channel.EXEC, *files}
        assert "root" not in grant.logins or grant.groups == ("oncall",)
