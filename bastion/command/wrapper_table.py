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


def _wrapper(
    valued: str = "",
    operands: int = 0,
    queries: str = "",
    verbs: str = "",
    *,
    separator: bool = False,
    only_with: str = "",
) -> Wrapper:
    return Wrapper(
        frozenset(valued.split()),
        operands,
        frozenset(queries.split()),
        frozenset(verbs.split()),
        separator,
        tuple(only_with.split()),
    )


_CONTAINER = _wrapper(
    "-v --volume -e --env --env-file -p --publish --name -u --user -w --workdir --gpus --network "
    "--net --ipc --pid --shm-size --ulimit --memory -m --cpus --entrypoint --device --mount "
    "--cap-add --cap-drop --security-opt -h --hostname -l --label --add-host --runtime --restart",
    operands=1,
    verbs="run exec",
)
_JOB = _wrapper(
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
_PROFILED = _wrapper(
    "-o --output -e --event -p --pid -c -t --trace -s", verbs="stat record profile"
)


WRAPPERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        "sudo": _wrapper(
            "-u --user -g --group -h --host -p --prompt -C --close-from -r --role -t --type -T "
            "--command-timeout -D --chdir -R --chroot -U --other-user"
        ),
        "doas": _wrapper("-u -C"),
        "env": _wrapper("-u --unset -C --chdir -a --argv0 -S --split-string"),
        "nohup": _wrapper(),
        "setsid": _wrapper(),
        "nice": _wrapper("-n --adjustment"),
        "ionice": _wrapper("-c --class -n --classdata -p --pid"),
        "chrt": _wrapper("-T --sched-runtime -P --sched-period -D --sched-deadline", operands=1),
        "taskset": _wrapper("", operands=1),
        "numactl": _wrapper(
            "-C -N -m -i -p -P -w -S -f -M --physcpubind --cpunodebind --membind --interleave "
            "--weighted-interleave --preferred --preferred-many --shm --file --length --offset"
        ),
        "timeout": _wrapper("-k --kill-after -s --signal", operands=1),
        "time": _wrapper("-f --format -o --output"),
        "stdbuf": _wrapper("-i --input -o --output -e --error"),
        "xargs": _wrapper(
            "-a --arg-file -d --delimiter -E -I -L -n --max-args -P --max-procs -s --max-chars "
            "--process-slot-var"
        ),
        "command": _wrapper(queries="-v -V"),
        "builtin": _wrapper(),
        "noglob": _wrapper(),
        "nocorrect": _wrapper(),
        "-": _wrapper(),
        "repeat": _wrapper(operands=1),
        **dict.fromkeys(("{", "do"), _wrapper()),  # behind `repeat 3`
        "exec": _wrapper("-a"),
        "strace": _wrapper(
            "-o -e -p -s -u -a -S -O -I -b -E -P -U -X --output --trace --attach --string-limit "
            "--user --columns --env --trace-path --summary-sort-by --summary-columns --signal "
            "--status --inject --fault --abbrev --verbose --raw --read --write --interruptible"
        ),
        "ltrace": _wrapper("-o -e -p -s -u -a -l -n"),
        "unbuffer": _wrapper(),
        "flock": _wrapper("-w --wait --timeout -E --conflict-exit-code", operands=1),
        "chroot": _wrapper("--groups --userspec", operands=1),
        "nsenter": _wrapper("-t --target -S --setuid -G --setgid"),
        "unshare": _wrapper(
            "-R --root -w --wd -S --setuid -G --setgid --map-user --map-group "
            "--map-users --map-groups --propagation --setgroups --monotonic --boottime"
        ),
        "systemd-run": _wrapper(
            "-u --unit -p --property -E --setenv --slice -H --host -M --machine --description "
            "--uid --gid --expand-environment --nice --working-directory --service-type "
            "--on-active --on-boot --on-startup --on-unit-active --on-unit-inactive "
            "--on-calendar --timer-property --path-property --socket-property --background"
        ),
        "srun": _JOB,
        "busybox": _wrapper(),
        "toybox": _wrapper(),
        "parallel": _wrapper(
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
        "pkexec": _wrapper("--user"),
        "runuser": _wrapper(
            "-u --user -g --group -G --supp-group -w --whitelist-environment", only_with="-u --u"
        ),
        "torchrun": _wrapper(
            "--nproc_per_node --nproc-per-node --nnodes --node_rank --node-rank --master_addr "
            "--master-addr --master_port --master-port --rdzv_id --rdzv-id --rdzv_backend "
            "--rdzv-backend --rdzv_endpoint --rdzv-endpoint --rdzv_conf --rdzv-conf --max_restarts "
            "--max-restarts --log_dir --log-dir -t --tee -r --redirects --role",
            queries="-m --module",
        ),
        "gosu": _wrapper(operands=1),
        "setpriv": _wrapper("--reuid --regid --groups --inh-caps --bounding-set --securebits"),
        "capsh": _wrapper(separator=True),
        "fakeroot": _wrapper("-l -s -i -b"),
        "faketime": _wrapper(operands=1),
        "setarch": _wrapper(operands=1),
        "linux32": _wrapper(),
        "linux64": _wrapper(),
        "prlimit": _wrapper("-p --pid"),
        "cpulimit": _wrapper("-l --limit -p --pid -e --exe", separator=True),
        "choom": _wrapper("-n --adjust -p --pid"),
        "softlimit": _wrapper("-a -c -d -f -l -m -o -p -r -s -t"),
        "runcon": _wrapper("-u -r -t -l", operands=1),
        "start-stop-daemon": _wrapper("-x --exec -p --pidfile -n -u -g -c", separator=True),
        "openvt": _wrapper("-c"),
        "logsave": _wrapper(operands=1),
        "multitime": _wrapper("-n -s -I -i -r"),
        "xvfb-run": _wrapper("-s --server-args -e -f -n -p -w"),
        "dbus-run-session": _wrapper("--config-file --dbus-daemon"),
        "ssh-agent": _wrapper("-a -t -E -P -O", queries="-k"),
        "catchsegv": _wrapper(),
        "valgrind": _wrapper("--tool --log-file"),
        "gdb": _wrapper("-ex -x -p -q", queries="-p -c"),
        "perf": _PROFILED,
        "nsys": _PROFILED,
        "ncu": _wrapper("-o -k -c -s --set --section --metrics"),
        "mpirun": _wrapper(
            "-np -n -N -H -host -hostfile -x -mca --mca --host --hostfile -bind-to -map-by -ppn "
            "-env --bind-to --map-by -machinefile"
        ),
        "mpiexec": _wrapper("-np -n -N -H -host -hostfile -x -ppn -env --host --hostfile"),
        "salloc": _JOB,
        "accelerate": _wrapper("--config_file --num_processes --num_machines", verbs="launch"),
        "docker": _CONTAINER,
        "podman": _CONTAINER,
        "nerdctl": _CONTAINER,
        "kubectl": _wrapper(
            "-n --namespace -c --container --context", verbs="exec", separator=True
        ),
        "oc": _wrapper("-n --namespace -c --container", verbs="exec", separator=True),
        "apptainer": _wrapper("-B --bind --env -H --home -W", operands=1, verbs="exec"),
        "singularity": _wrapper("-B --bind --env -H --home -W", operands=1, verbs="exec"),
        "enroot": _wrapper("-e --env -m --mount -c --conf", operands=1, verbs="start exec"),
        "ip": _wrapper(operands=2, verbs="netns"),
        "mosh": _wrapper("-p --port --ssh --predict --server", operands=1),
        "systemd-nspawn": _wrapper("-D --directory -M --machine -i --image -u --user --bind"),
        "lxc-attach": _wrapper("-n --name -u --uid -g --gid", separator=True),
        **dict.fromkeys(("lxc", "incus"), _wrapper("--env --user --cwd", 1, verbs="exec")),
        "machinectl": _wrapper("--uid --setenv", operands=1, verbs="shell"),
        "schroot": _wrapper(separator=True),
        "docker-compose": _CONTAINER,
        "podman-compose": _CONTAINER,
        "crictl": _wrapper(operands=1, verbs="exec"),
        "proot": _wrapper("-r -b -w -q -S -R"),
        "firejail": _wrapper(),
        "fakechroot": _wrapper(),
        "su-exec": _wrapper(operands=1),
        **dict.fromkeys(("setuidgid", "envuidgid", "s6-setuidgid", "envdir"), _wrapper("", 1)),
        "chpst": _wrapper("-u -U -b -e -/ -n -l -L -m -d -o -p -f -c -t -P"),
    }
)


"""Programs that run another, perhaps elsewhere, or with input and output of their own."""

_PROJECT = _wrapper(
    "--with -p --python --extra --group --env-file --project --directory --package -e --env",
    verbs="run",
    queries="-m --module",
)
_CONDA = _wrapper("-n --name -p --prefix --cwd", verbs="run")
_SECRETS = _wrapper(verbs="run exec", separator=True)

RUNNERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        **dict.fromkeys(("uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi"), _PROJECT),
        **dict.fromkeys(("conda", "mamba", "micromamba"), _CONDA),
        **dict.fromkeys(("npm", "pnpm", "yarn", "bundle"), _wrapper(verbs="exec")),
        **dict.fromkeys(("doppler", "op", "aws-vault", "chamber", "infisical"), _SECRETS),
        "direnv": _wrapper(operands=1, verbs="exec"),
        "ray": _wrapper(separator=True),
        "py-spy": _wrapper(separator=True),
        **dict.fromkeys(
            (
                *("entr", "chronic", "ifne", "rlwrap", "nq", "dumb-init", "tini", "catatonit"),
                *("caffeinate", "proxychains", "proxychains4", "tsocks", "torsocks", "torify"),
                *("prime-run", "optirun", "heaptrack", "compute-sanitizer", "cuda-memcheck"),
                *("nvprof", "ld.so", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"),
            ),
            _wrapper("-g -f -n -k"),
        ),
        **dict.fromkeys(("ts", "tsp"), _wrapper("-D -W -L -N -G -g", queries="-C -S -K -k -r")),
        "watchexec": _wrapper("-e --exts -w --watch -f --filter -i --ignore -s --signal -d"),
        "cgexec": _wrapper("-g"),
        **dict.fromkeys(("dtach", "abduco"), _wrapper("-n -c -A -N -e -r")),
        "daemonize": _wrapper("-a -e -o -p -l -u -c -E"),
    }
)
"""Programs that run another one here, and whose other verbs open no shell."""

TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "su": ("-c", "--command"),
        "runuser": ("-c", "--command"),
        "script": ("-c", "--command"),
        "flock": ("-c", "--command"),
        "sg": ("-c",),
        "sbatch": ("--wrap",),
        "rsync": ("-e", "--rsh"),
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
    }
)
"""Options whose value is shell text."""

REST: Mapping[str, Wrapper] = MappingProxyType(
    {
        "ssh": _wrapper(
            "-p -i -o -l -F -J -c -m -b -e -E -I -O -Q -S -L -R -D -W -w -B", operands=1
        ),
        "tmux": _wrapper(
            "-s -n -t -c -x -y -l -F -e -L -f -S",
            verbs="new new-session neww new-window splitw split-window respawnw respawn-window "
            "respawnp respawn-pane popup display-popup run run-shell send send-keys",
        ),
        "watch": _wrapper("-n --interval -q --equexit"),
        "autossh": _wrapper("-M -p -i -o -l -F -J -c -m -b -L -R -D", operands=1),
        **dict.fromkeys(("rsh", "xdsh", "rexec"), _wrapper("-l", operands=1)),
        **dict.fromkeys(
            ("pssh", "parallel-ssh"),
            _wrapper("-h --hosts -H --host -l --user -p --par -o -e -t --timeout -O -x -X"),
        ),
        "dsh": _wrapper("-m --machine -g --group -r -o -F -f"),
        **dict.fromkeys(
            ("salt", "salt-ssh", "salt-call"), _wrapper(verbs="cmd.run cmd.shell cmd.run_all")
        ),
        "sky": _wrapper("-c --cluster -n --name", operands=1, verbs="exec"),
        "ray": _wrapper("-n --cluster-name", operands=1, verbs="exec"),
        "hyperfine": _wrapper(
            "-w --warmup -r --runs -m --min-runs -M --max-runs -p --prepare -c --cleanup -s "
            "--setup -S --shell -n --command-name -L --export-json --export-csv -u --output"
        ),
        "sg": _wrapper("-c", operands=1, queries="--pattern -p --rewrite --lang -l"),
        "pdsh": _wrapper("-w -x -l -u -t -f -R -g -M -F -j"),
        "clush": _wrapper(
            "-w -x -l -u -t -f -g -X -o -O -m --hostfile --machinefile --user --fanout --options "
            "--option --timeout --command_timeout --connect_timeout --outdir --errdir --mode --conf"
        ),
        "screen": _wrapper("-S -t -c -h -e -p -T -s", queries="-ls -r -x -X"),
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
    }
)
"""Programs whose options are too many for a table: what they run is found by its name."""

CHAINED = frozenset({"tmux"})
"""Programs of `REST` that take several commands, with a word `;` between two."""

CODES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "python": ("python", ("-c",)),
        "pypy": ("python", ("-c",)),
        "perl": ("ruby", ("-e", "-E")),
        "ruby": ("ruby", ("-e",)),
        "julia": ("ruby", ("-e", "-E", "--eval")),
        "php": ("ruby", ("-r",)),
        "lua": ("script", ("-e",)),
        "Rscript": ("script", ("-e",)),
        "R": ("script", ("-e",)),
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
