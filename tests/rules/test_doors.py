"""The doors of scripts and programs: marked in `guardrail`, held in `protected`, and exempted."""

from dataclasses import replace

import pytest

from bastion.command.extract import extract
from bastion.policy.command_rules import load
from bastion.policy.judge import judge
from bastion.policy.situation import NOWHERE
from bastion.rulepack import shipped_rules
from bastion.verdict import Profile, Verdict

EXEMPTION = """
[[rule]]
id = "known-scripts"
verdict = "allow"
message = "What stands in /srv/train was looked at, and only its owner changes it."
exempts = ["program-file", "script-file", "script-as-program"]
scope = { targets = ["*"] }
effect = "execute.file"
on = ["/srv/train/*"]
examples = [{ command = "python /srv/train/x.py", verdict = "allow", target = "gpu-01" }]
"""
LISTED = """
[[listed]]
id = "listed-scripts"
programs = ["python*"]
operands = ["/srv/train/*"]
effects = ["read", "execute.file"]
examples = [{ command = "python /srv/train/x.py", verdict = "allow" }]
"""
DOORS = """
python x.py
python3.11 -u sub/x.py --config -c
/opt/conda/bin/python x.py
python -
python -m tool.train
python -c 'import train'
pypy x.py
perl x.pl
perl -e 'do "x"'
ruby x
node server.js
php x.php
Rscript x.R
julia x.jl
java -jar x.jar
bash x
bash x -c y
bash -x -o pipefail x
sh < x
. ./x
source x
./x
../x
~/bin/x
/home/ann/x
/usr/bin/../../home/ann/x
sub/x
$HOME/bin/x
sudo ./x
nohup ./x &
env A=1 ./x
xargs ./x < list
find . -name '*.py' -exec python {} ;
timeout 5 ./x
sh -c ./x
ssh gpu-02 ./x
srun -N 2 ./x
srun python x.py
mpirun -n 4 ./x
sbatch job
sbatch --time=1 -A team job.sh
torchrun --nproc_per_node 8 x.py
torchrun -m tool.train
accelerate launch x.py
deepspeed x.py
make
make -C sub -f Other all
ninja
cmake --build .
snakemake --cores 4
npm run build
npm install
yarn build
pnpm test
tox
nox -s tests
pytest -q
cargo run
go test ./...
uv run x.py
poetry run x
docker compose up
pip install -e .
ansible-playbook site.yml
awk -f x.awk data
sed -f x.sed data
psql -f x.sql
hash -p ./x ls
PATH=.:$PATH x
export PYTHONPATH=src
PAGER=./x man ls
env $(cat .env | xargs) x
env - `cat .env` x
EDITOR=./x git commit
trap ./x EXIT
ls $(./x)
f() { ./x; }; f
docker run -v .:/w img sh /w/x
bash --rcfile x
sqlite3 runs.db '.read x.sql'
R CMD BATCH x.R
matlab -batch x
tmux source-file x
parallel < x
vllm serve ./m --trust-remote-code
jupyter lab
apptainer run x.sif
""".strip().split("\n")
NO_DOORS = """
ls -la
vllm serve org/model
parallel -j2 gzip ::: a b
sqlite3 runs.db 'select 1'
tmux attach
/usr/bin/ls
/usr/local/bin/tool
/opt/slurm/bin/squeue --me
nvidia-smi
cat x.py
vim x.py
git diff x.py
bash -c 'ls; df'
awk '{print $1}' data
sed -n 1p data
python --version
make --version
npm ls
go version
cargo tree
pip list
conda env list
docker ps
grep -rn x src/
export HF_HOME=/scratch/hf
""".strip().split("\n")


SHIPPED = load(shipped_rules() / "commands")


def rules_in(profile, rules=SHIPPED):
    """The rules as they count in *profile*."""
    return rules.within(replace(NOWHERE, profile=profile))


@pytest.mark.parametrize("line", DOORS)
def test_a_door_is_held_in_protected_and_only_marked_in_guardrail(line):
    """Whoever goes through it asks first, where the host is protected."""
    reading = extract(line)
    assert judge(rules_in(Profile.GUARDRAIL), reading).verdict is Verdict.OPAQUE
    assert judge(rules_in(Profile.PROTECTED), reading).verdict is Verdict.HOLD
    assert judge(rules_in(Profile.LOCKED), reading).verdict is Verdict.BLOCK


@pytest.mark.parametrize("line", NO_DOORS)
def test_programs_of_the_system_are_no_doors(line):
    """Nor is reading or writing a script."""
    assert judge(rules_in(Profile.PROTECTED), extract(line)).verdict is Verdict.ALLOW


@pytest.mark.parametrize("line", ["python x.py", "./x", "make", "python -c 1", "source x"])
def test_a_door_that_is_marked_leaves_the_line_as_it_was(line):
    """Nothing of it is asked for one by one, and a paste goes on."""
    assert judge(rules_in(Profile.GUARDRAIL), extract(line)).marks_only


@pytest.mark.parametrize("line", ["bash x", "python", "python x.py; bash", "make; bash x"])
def test_a_shell_is_more_than_a_mark(line):
    """Wherever in the line it stands: what was typed behind it may be for it."""
    assert not judge(rules_in(Profile.GUARDRAIL), extract(line)).marks_only


def with_own(folder, text):
    """The shipped rules with *text* of an operator's."""
    (folder / "commands").symlink_to(shipped_rules() / "commands")
    (folder / "own").mkdir()
    (folder / "own" / "scripts.toml").write_text(text)
    return load(folder / "commands")


@pytest.fixture(scope="module")
def exempting(tmp_path_factory):
    """With an exemption."""
    return with_own(tmp_path_factory.mktemp("exempting"), EXEMPTION)


@pytest.fixture(scope="module")
def listing(tmp_path_factory):
    """With an entry of the list."""
    return with_own(tmp_path_factory.mktemp("listing"), LISTED)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("python /srv/train/x.py --lr 1e-4", Verdict.ALLOW),
        ("srun -N 2 python -u /srv/train/x.py", Verdict.ALLOW),
        ("torchrun --nproc_per_node 8 /srv/train/x.py", Verdict.ALLOW),
        ("bash /srv/train/run.sh", Verdict.ALLOW),
        ("/srv/train/run.sh", Verdict.ALLOW),
        ("python x.py", Verdict.HOLD),
        ("python /srv/train/../x.py", Verdict.HOLD),
        ("python /srv/train/$x", Verdict.HOLD),
        ("python /srv/train/x.py; ./x", Verdict.HOLD),
        ("python -m pdb /srv/train/x.py", Verdict.HOLD),
        ("PYTHONPATH=. python /srv/train/x.py", Verdict.HOLD),
        ("sudo rm -rf / && python /srv/train/x.py", Verdict.BLOCK),
    ],
)
def test_an_exemption_opens_what_is_known(exempting, line, verdict):
    """Scripts of a folder that was looked at, however they are started, and no others."""
    assert judge(rules_in(Profile.PROTECTED, exempting), extract(line)).verdict is verdict


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("python3 /srv/train/x.py", Verdict.OPAQUE),
        ("python3 /srv/x.py", Verdict.BLOCK),
        ("python3 /srv/train/x.py; ./x", Verdict.BLOCK),
        ("/srv/train/x.py", Verdict.BLOCK),
        ("python3 -m pdb /srv/train/x.py", Verdict.BLOCK),
    ],
)
def test_a_script_can_be_listed(listing, line, verdict):
    """In `locked`, by an entry that says so; its mark stays."""
    assert judge(rules_in(Profile.LOCKED, listing), extract(line)).verdict is verdict
