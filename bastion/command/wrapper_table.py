"""The programs that run others, as a table: how each takes the command that it runs.

What always holds: it is data; `bastion.command.wrappers` reads it. What it does not do: say what a
command means.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Wrapper:
    """How a program takes the command that it runs.

    Attributes:
        valued: options that take a value in the next word.
        operands: words between the options and the command (`timeout 5 CMD`).
        queries: options with which it runs nothing (`command -v`).
        verbs: one of these must be the first operand (`docker run`).
        separator: whether the command stands behind `--` only.
        only_with: beginnings of options, without one of which it runs nothing so.
    """

    valued: frozenset[str] = frozenset()
    operands: int = 0
    queries: frozenset[str] = frozenset()
    verbs: frozenset[str] = frozenset()
    separator: bool = False
    only_with: tuple[str, ...] = ()


def wrapper(
    valued: str = "",
    operands: int = 0,
    queries: str = "",
    verbs: str = "",
    *,
    separator: bool = False,
    only_with: str = "",
) -> Wrapper:
    """How a program takes its command, with the words of each kind as one text."""
    return Wrapper(
        frozenset(valued.split()),
        operands,
        frozenset(queries.split()),
        frozenset(verbs.split()),
        separator,
        tuple(only_with.split()),
    )


_CONTAINER = wrapper(
    "-v --volume -e --env --env-file -p --publish --name -u --user -w --workdir --gpus --network "
    "--net --ipc --pid --shm-size --ulimit --memory -m --cpus --entrypoint --device --mount "
    "--cap-add --cap-drop --security-opt -h --hostname -l --label --add-host --runtime --restart",
    operands=1,
    verbs="run exec",
)
_JOB = wrapper(
    "-A -B -C -D -F -G -J -L -M -N -S -T -W -b -c -d -e -i -m -n -o -p -q -r -t -w -x --account "
    "--acctg-freq --bb --bbf --begin --chdir --cluster-constraint --clusters --comment "
    "--constraint --container --container-id --container-image --container-mounts --container-name "
    "--container-save --container-workdir --core-spec --cores-per-socket --cpu-bind --cpu-freq "
    "--cpus-per-gpu --cpus-per-task --deadline --delay-boot --dependency --distribution --epilog "
    "--error --exclude --export --extra --extra-node-info --gid --gpu-bind --gpu-freq --gpus "
    "--gpus-per-node --gpus-per-socket --gpus-per-task --gres --gres-flags --hint --input --jobid "
    "--job-name --licenses --mail-type --mail-user --mcs-label --mem --mem-bind --mem-per-cpu "
    "--mem-per-gpu --mincpus --mpi --msg-timeout --network --nodefile --nodelist --nodes --ntasks "
    "--ntasks-per-core --ntasks-per-gpu --ntasks-per-node --ntasks-per-socket --open-mode --output "
    "--partition --power --prefer --priority --profile --prolog --qos --relative --reservation "
    "--segment --signal --slurmd-debug --sockets-per-node --switches --task-epilog --task-prolog "
    "--thread-spec --threads --threads-per-core --time --time-min --tmp --tres-bind --tres-per-job "
    "--tres-per-task --treewidth --uid --wait --wait-all-nodes --wckey",
)
_PROFILED = wrapper(
    "-o --output -e --event -p --pid -c -t --trace -s", verbs="stat record profile trace"
)


WRAPPERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        "sudo": wrapper(
            "-u --user -g --group -h --host -p --prompt -C --close-from -r --role -t --type -T "
            "--command-timeout -D --chdir -R --chroot -U --other-user"
        ),
        "doas": wrapper("-u -C"),
        "env": wrapper("-u --unset -C --chdir -a --argv0 -S --split-string"),
        "nohup": wrapper(),
        "setsid": wrapper(),
        "nice": wrapper("-n --adjustment"),
        "ionice": wrapper("-c --class -n --classdata -p --pid"),
        "chrt": wrapper("-T --sched-runtime -P --sched-period -D --sched-deadline", operands=1),
        "taskset": wrapper("", operands=1),
        "numactl": wrapper(
            "-C -N -m -i -p -P -w -S -f -M --physcpubind --cpunodebind --membind --interleave "
            "--weighted-interleave --preferred --preferred-many --shm --file --length --offset"
        ),
        "timeout": wrapper("-k --kill-after -s --signal", operands=1),
        "time": wrapper("-f --format -o --output"),
        "stdbuf": wrapper("-i --input -o --output -e --error"),
        "xargs": wrapper(
            "-a --arg-file -d --delimiter -E -I -L -n --max-args -P --max-procs -s --max-chars "
            "--process-slot-var"
        ),
        "command": wrapper(queries="-v -V"),
        "builtin": wrapper(),
        "noglob": wrapper(),
        "nocorrect": wrapper(),
        "-": wrapper(),
        "repeat": wrapper(operands=1),
        **dict.fromkeys(("{", "do"), wrapper()),  # behind `repeat 3`
        "exec": wrapper("-a"),
        "sched": wrapper(operands=1),
        "strace": wrapper(
            "-o -e -p -s -u -a -S -O -I -b -E -P -U -X --output --trace --attach --string-limit "
            "--user --columns --env --trace-path --summary-sort-by --summary-columns --signal "
            "--status --inject --fault --abbrev --verbose --raw --read --write --interruptible"
        ),
        "ltrace": wrapper("-o -e -p -s -u -a -l -n"),
        "unbuffer": wrapper(),
        "flock": wrapper("-w --wait --timeout -E --conflict-exit-code", operands=1),
        "chroot": wrapper("--groups --userspec", operands=1),
        "nsenter": wrapper("-t --target -S --setuid -G --setgid"),
        "unshare": wrapper(
            "-R --root -w --wd -S --setuid -G --setgid --map-user --map-group "
            "--map-users --map-groups --propagation --setgroups --monotonic --boottime"
        ),
        "systemd-run": wrapper(
            "-u --unit -p --property -E --setenv --slice -H --host -M --machine --description "
            "--uid --gid --expand-environment --nice --working-directory --service-type "
            "--on-active --on-boot --on-startup --on-unit-active --on-unit-inactive "
            "--on-calendar --timer-property --path-property --socket-property --background"
        ),
        "srun": _JOB,
        "busybox": wrapper(),
        "toybox": wrapper(),
        "parallel": wrapper(
            "-j --jobs -P --max-procs -a --arg-file --delay --retries --timeout --joblog --tmpdir "
            "--load --memfree --nice --results -S --sshlogin --sshloginfile --slf -n -N "
            "--max-args -L --max-lines -s --max-chars -I --colsep -C --delimiter -d --env --halt "
            "--workdir --wd --transferfile --tf --return --basefile --bf --block --recstart "
            "--recend --arg-sep --arg-file-sep --tagstring --rpl --profile -J --trim --header"
        ),
    }
)
"""Programs that hand on their input and output as they are, and change only how another runs."""

CARRIERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        "pkexec": wrapper("--user"),
        "runuser": wrapper(
            "-u --user -g --group -G --supp-group -w --whitelist-environment", only_with="-u --u"
        ),
        "torchrun": wrapper(
            "--nproc_per_node --nproc-per-node --nnodes --node_rank --node-rank --master_addr "
            "--master-addr --master_port --master-port --rdzv_id --rdzv-id --rdzv_backend "
            "--rdzv-backend --rdzv_endpoint --rdzv-endpoint --rdzv_conf --rdzv-conf --max_restarts "
            "--max-restarts --log_dir --log-dir -t --tee -r --redirects --role",
            queries="-m --module",
        ),
        "gosu": wrapper(operands=1),
        "setpriv": wrapper("--reuid --regid --groups --inh-caps --bounding-set --securebits"),
        "capsh": wrapper(separator=True),
        "fakeroot": wrapper("-l -s -i -b"),
        "faketime": wrapper(operands=1),
        "setarch": wrapper(operands=1),
        "linux32": wrapper(),
        "linux64": wrapper(),
        "prlimit": wrapper("-p --pid"),
        "cpulimit": wrapper("-l --limit -p --pid -e --exe", separator=True),
        "choom": wrapper("-n --adjust -p --pid"),
        "softlimit": wrapper("-a -c -d -f -l -m -o -p -r -s -t"),
        "runcon": wrapper("-u -r -t -l", operands=1),
        "start-stop-daemon": wrapper("-x --exec -p --pidfile -n -u -g -c", separator=True),
        "openvt": wrapper("-c"),
        "logsave": wrapper(operands=1),
        "multitime": wrapper("-n -s -I -i -r"),
        "xvfb-run": wrapper("-s --server-args -e -f -n -p -w"),
        "dbus-run-session": wrapper("--config-file --dbus-daemon"),
        "ssh-agent": wrapper("-a -t -E -P -O", queries="-k"),
        "catchsegv": wrapper(),
        "valgrind": wrapper("--tool --log-file"),
        "gdb": wrapper("-ex -x -p -q", queries="-p -c"),
        "perf": _PROFILED,
        "nsys": _PROFILED,
        "ncu": wrapper("-o -k -c -s --set --section --metrics"),
        "mpirun": wrapper(
            "-np -n -N -H -host -hostfile -x -mca --mca --host --hostfile -bind-to -map-by -ppn "
            "-env --bind-to --map-by -machinefile"
        ),
        "mpiexec": wrapper("-np -n -N -H -host -hostfile -x -ppn -env --host --hostfile"),
        "salloc": _JOB,
        "accelerate": wrapper("--config_file --num_processes --num_machines", verbs="launch"),
        "docker": _CONTAINER,
        "podman": _CONTAINER,
        "nerdctl": _CONTAINER,
        "kubectl": wrapper("-n --namespace -c --container --context", verbs="exec", separator=True),
        "oc": wrapper("-n --namespace -c --container", verbs="exec", separator=True),
        "apptainer": wrapper("-B --bind --env -H --home -W", operands=1, verbs="exec"),
        "singularity": wrapper("-B --bind --env -H --home -W", operands=1, verbs="exec"),
        "enroot": wrapper("-e --env -m --mount -c --conf", operands=1, verbs="start exec"),
        "ip": wrapper(operands=2, verbs="netns vrf"),
        "mosh": wrapper("-p --port --ssh --predict --server", operands=1),
        "systemd-nspawn": wrapper("-D --directory -M --machine -i --image -u --user --bind"),
        "lxc-attach": wrapper("-n --name -u --uid -g --gid", separator=True),
        **dict.fromkeys(("lxc", "incus"), wrapper("--env --user --cwd", 1, verbs="exec")),
        "machinectl": wrapper("--uid --setenv", operands=1, verbs="shell"),
        "schroot": wrapper(separator=True),
        "docker-compose": _CONTAINER,
        "podman-compose": _CONTAINER,
        "crictl": wrapper(operands=1, verbs="exec"),
        "proot": wrapper("-r -b -w -q -S -R"),
        "firejail": wrapper(),
        "fakechroot": wrapper(),
        "su-exec": wrapper(operands=1),
        **dict.fromkeys(("setuidgid", "envuidgid", "s6-setuidgid", "envdir"), wrapper("", 1)),
        "chpst": wrapper("-u -U -b -e -/ -n -l -L -m -d -o -p -f -c -t -P"),
    }
)
"""Programs that run another, perhaps elsewhere, or with input and output of their own."""

TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "su": ("-c", "--command"),
        "runuser": ("-c", "--command"),
        "script": ("-c", "--command"),
        "flock": ("-c", "--command"),
        "sg": ("-c",),
        "sbatch": ("--wrap",),
        "rsync": ("-e", "--rsh", "--rsync-path"),
        "tcsh": ("-c",),
        "csh": ("-c",),
        "fish": ("-c", "--command", "-C", "--init-command"),
        "xterm": ("-e",),
        "ansible": ("-a", "--args"),
        "env": ("-S", "--split-string"),
        "screen": ("stuff",),
        "scp": ("-S",),
        "sftp": ("-S", "-D"),
        **dict.fromkeys(
            ("tar", "bsdtar"),
            (
                *("-I", "--use-compress-program", "--to-command", "--rsh-command", "-F"),
                *("--info-script", "--new-volume-script"),
            ),
        ),
        "rg": ("--pre", "--hostname-bin"),
        "man": ("-P", "--pager", "-H", "--html"),
        "split": ("--filter",),
        "sort": ("--compress-program",),
        "zip": ("-TT", "--unzip-command"),
        "make": ("--eval",),
        "vagrant": ("-c", "--command"),
        "az": ("--scripts",),
        "gcloud": ("--command",),
        "nix-shell": ("--run", "--command"),
        "nix": ("-c", "--command"),
        "npx": ("-c", "--call"),
        "npm": ("-c", "--call"),
        "nodemon": ("-x", "--exec"),
        "hyperfine": ("-p", "--prepare", "-c", "--cleanup", "-s", "--setup"),
        "complete": ("-C",),
        "compgen": ("-C",),
        **dict.fromkeys(("mapfile", "readarray"), ("-C",)),
        "fc": ("-e",),
        "mosh": ("--ssh", "--server"),
        "srun": ("--prolog", "--epilog", "--task-prolog", "--task-epilog"),
        "et": ("-c", "--command"),
        "nano": ("-s", "--speller"),
        "fzf": ("--preview",),
        **dict.fromkeys(("bat", "batcat", "ag"), ("--pager",)),
        "rpm": ("--pipe",),
    }
)
"""Options whose value is shell text."""

REST: Mapping[str, Wrapper] = MappingProxyType(
    {
        "ssh": wrapper(
            "-p -i -o -l -F -J -c -m -b -e -E -I -O -Q -S -L -R -D -W -w -B", operands=1
        ),
        "tmux": wrapper(
            "-s -n -t -c -x -y -l -F -e -L -f -S",
            verbs="new new-session neww new-window splitw split-window respawnw respawn-window "
            "respawnp respawn-pane popup display-popup run run-shell send send-keys pipep "
            "pipe-pane",
        ),
        "watch": wrapper("-n --interval -q --equexit"),
        "autossh": wrapper("-M -p -i -o -l -F -J -c -m -b -L -R -D", operands=1),
        **dict.fromkeys(("rsh", "xdsh", "rexec"), wrapper("-l", operands=1)),
        **dict.fromkeys(
            ("pssh", "parallel-ssh"),
            wrapper("-h --hosts -H --host -l --user -p --par -o -e -t --timeout -O -x -X"),
        ),
        "dsh": wrapper("-m --machine -g --group -r -o -F -f"),
        **dict.fromkeys(
            ("salt", "salt-ssh", "salt-call"), wrapper(verbs="cmd.run cmd.shell cmd.run_all")
        ),
        "sky": wrapper("-c --cluster -n --name", operands=1, verbs="exec"),
        "ray": wrapper("-n --cluster-name", operands=1, verbs="exec"),
        "hyperfine": wrapper(
            "-w --warmup -r --runs -m --min-runs -M --max-runs -p --prepare -c --cleanup -s "
            "--setup -S --shell -n --command-name -L --export-json --export-csv -u --output"
        ),
        "sg": wrapper("-c", operands=1, queries="--pattern -p --rewrite --lang -l"),
        "pdsh": wrapper("-w -x -l -u -t -f -R -g -M -F -j"),
        "clush": wrapper(
            "-w -x -l -u -t -f -g -X -o -O -m --hostfile --machinefile --user --fanout --options "
            "--option --timeout --command_timeout --connect_timeout --outdir --errdir --mode --conf"
        ),
        "screen": wrapper("-S -t -c -h -e -p -T -s", queries="-ls -r -x -X"),
        **dict.fromkeys(("pee", "concurrently"), wrapper("-n --names -c --prefix-colors")),
    }
)
"""Programs that hand all words behind their own operands, joined, to a shell."""

SEARCHED = frozenset(
    {"bwrap", "nix", "guix", "oc", "kubectl", "ctr", "toolbox", "distrobox", "flatpak-spawn"}
    | {
        "start-stop-daemon",
        "docker",
        "podman",
        "singularity",
        "apptainer",
        "az",
        "aws",
        "deepspeed",
        "screen",
        "tmux",
    }
)
"""Programs whose options are too many for a table: what they run is found by its name."""

CHAINED = frozenset({"tmux"})
"""Programs of `REST` that take several commands, with a word `;` between two."""

CODES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "python": ("python", ("-c",)),
        "ipython": ("notebook", ("-c",)),
        "pypy": ("python", ("-c",)),
        "perl": ("ruby", ("-e", "-E")),
        "ruby": ("ruby", ("-e",)),
        "julia": ("ruby", ("-e", "-E", "--eval")),
        "php": ("ruby", ("-r",)),
        "lua": ("script", ("-e",)),
        **dict.fromkeys(("Rscript", "R", "gnuplot"), ("script", ("-e",))),
        "octave": ("script", ("--eval",)),
        "dc": ("bang", ("-e", "--expression")),
        **dict.fromkeys(("node", "nodejs", "bun"), ("script", ("-e", "--eval", "-p", "--print"))),
        "deno": ("script", ("eval",)),
        **dict.fromkeys(
            ("vim", "vi", "nvim", "view", "gvim", "ex", "vimdiff"), ("editor", ("-c", "--cmd", "+"))
        ),
        **dict.fromkeys(("less", "more"), ("editor", ("+",))),
        "emacs": ("lisp", ("--eval", "-eval", "--execute")),
        "gdb": ("debugger", ("-ex", "-iex", "--eval-command", "--init-eval-command")),
        "lldb": ("debugger", ("-o", "--one-line", "-O")),
        "expect": ("expect", ("-c",)),
        "tclsh": ("expect", ()),
        **dict.fromkeys(("ed", "ftp", "sftp"), ("bang", ())),
        **dict.fromkeys(("sed", "gsed"), ("sed", ("-e", "--expression", ""))),
        **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), ("awk", ("",))),
    }
)
"""The language of a program's text, and the options it is the value of; `""`: else an operand."""
