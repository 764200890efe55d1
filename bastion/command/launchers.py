"""Launchers: programs that run another one here, and whose other verbs open no shell. A table.

What always holds: it is data; `bastion.command.wrappers` reads it. What it does not do: say what a
command means.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bastion.command.wrapper_table import Wrapper, wrapper

_PROJECT = wrapper(
    "--with -p --python --extra --group --env-file --project --directory --package -e --env",
    verbs="run",
    queries="-m --module",
)
_CONDA = wrapper("-n --name -p --prefix --cwd", verbs="run")
_SECRETS = wrapper(verbs="run exec", separator=True)

RUNNERS: Mapping[str, Wrapper] = MappingProxyType(
    {
        **dict.fromkeys(("uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi"), _PROJECT),
        **dict.fromkeys(("conda", "mamba", "micromamba"), _CONDA),
        **dict.fromkeys(("npm", "pnpm", "yarn", "bundle"), wrapper(verbs="exec")),
        **dict.fromkeys(("doppler", "op", "aws-vault", "chamber", "infisical"), _SECRETS),
        "direnv": wrapper(operands=1, verbs="exec"),
        "ray": wrapper(separator=True),
        "py-spy": wrapper(separator=True),
        **dict.fromkeys(
            (
                *("entr", "chronic", "ifne", "rlwrap", "nq", "dumb-init", "tini", "catatonit"),
                *("caffeinate", "proxychains", "proxychains4", "tsocks", "torsocks", "torify"),
                *("prime-run", "optirun", "heaptrack", "compute-sanitizer", "cuda-memcheck"),
                *("nvprof", "ld.so", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"),
                *("daemon", "run-one", "run-one-constantly", "keep-one-running", "retry"),
                *("with-contenv", "eatmydata", "nocache", "vglrun", "dockerize"),
            ),
            wrapper("-g -f -n -k"),
        ),
        **dict.fromkeys(("x86_64", "i386", "i686", "aarch64", "uname26", "qemu-x86_64"), wrapper()),
        **dict.fromkeys(("qemu-aarch64", "qemu-x86_64-static", "qemu-aarch64-static"), wrapper()),
        "systemd-inhibit": wrapper("--what --who --why --mode"),
        "systemd-cat": wrapper("-t --identifier -p --priority --stderr-priority"),
        "aa-exec": wrapper("-p --profile -n --namespace"),
        **dict.fromkeys(("lckdo", "setlock"), wrapper("-W -E", operands=1)),
        "likwid-pin": wrapper("-c -m -s"),
        "horovodrun": wrapper("-np --num-proc -H --hosts -hostfile --hostfile -p --ssh-port"),
        **dict.fromkeys(("wait-for-it", "wait-for-it.sh", "wait-for"), wrapper(separator=True)),
        **dict.fromkeys(("mise", "asdf", "pyenv", "rbenv", "nodenv"), wrapper(verbs="exec x")),
        **dict.fromkeys(("foreman", "honcho"), wrapper("-e --env -f -d", verbs="run")),
        "zellij": wrapper("-d -n --name --cwd --direction --height --width", verbs="run"),
        "multipass": wrapper("-d --working-directory", operands=1, verbs="exec"),
        "wsl": wrapper("-d --distribution -u --user --cd"),
        "cmake": wrapper(verbs="-E"),
        **dict.fromkeys(("ts", "tsp"), wrapper("-D -W -L -N -G -g", queries="-C -S -K -k -r")),
        "watchexec": wrapper("-e --exts -w --watch -f --filter -i --ignore -s --signal -d"),
        "cgexec": wrapper("-g"),
        **dict.fromkeys(("dtach", "abduco"), wrapper("-n -c -A -N -e -r")),
        "daemonize": wrapper("-a -e -o -p -l -u -c -E"),
    }
)
"""Programs that run another one here, and whose other verbs open no shell."""
