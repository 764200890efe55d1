"""The shape of the tree, checked: imports flow down, files stay small, names say what.

Reads the source with `ast` and imports nothing, so it needs no dependency and
sees imports inside functions and under TYPE_CHECKING as well.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*ROOT.glob("bastion/**/*.py"), *ROOT.glob("replay_tui/**/*.py")])

# High to low. A package may import only from rows below its own; names that
# share a row never import each other.
LAYERS = [
    {"replay_tui", "bastion.cli"},
    {"bastion.demo"},
    {"bastion.serve"},
    {"bastion.downstream", "bastion.web", "bastion.client"},
    {"bastion.relay"},
    {
        "bastion.upstream",
        "bastion.policy",
        "bastion.locks",
        "bastion.approval",
        "bastion.recording",
        "bastion.ca",
        "bastion.oidc",
    },
    {"bastion.command", "bastion.audit", "bastion.sftp"},
    {"bastion.store"},
    {"bastion.screen", "bastion.chain", "bastion.guards", "bastion.sealing"},
    {"bastion.openbao"},
    {"bastion.authorization", "bastion.given", "bastion.hsm"},
    {
        "bastion.config",
        "bastion.events",
        "bastion.files",
        "bastion.identity",
        "bastion.ids",
        "bastion.rulepack",
        "bastion.state",
        "bastion.target",
        "bastion.verdict",
    },
    {
        "bastion.address",
        "bastion.errors",
        "bastion.refusal",
        "bastion.clock",
        "bastion.looking",
        "bastion.duration",
        "bastion.printable",
        "bastion.private_file",
    },
]
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}

# Each dependency has its doors; nobody else may import it.
DOORS = {
    "asyncssh": {
        "bastion.downstream",
        "bastion.upstream",
        "bastion.relay",
        "bastion.ca",
        "bastion.guards",
        "bastion.client",
        "bastion.demo",
    },
    "bashlex": {"bastion.command"},
    "sqlglot": {"bastion.command"},
    "tree_sitter": {"bastion.command"},
    "tree_sitter_bash": {"bastion.command"},
    "jwt": {"bastion.oidc", "bastion.approval", "bastion.demo"},
    "sqlite3": {"bastion.store"},
    "sqlite_utils": {"bastion.store"},
    "avt": {"bastion.screen"},
    "pkcs11": {"bastion.ca", "bastion.hsm", "bastion.sealing"},
    "textual": {"replay_tui"},
    "starlette": {"bastion.web", "bastion.demo"},
    "uvicorn": {"bastion.serve", "bastion.demo"},
    "apprise": {"bastion.approval"},
    "cryptography": {"bastion.chain", "bastion.sealing", "bastion.demo"},
}
# The viewer only reads: it can never reach a key, a live session or a decision.
REPLAY_MAY_IMPORT = {
    "replay_tui",
    "bastion",
    "bastion.recording",
    "bastion.audit",
    "bastion.store",
    "bastion.screen",
    "bastion.chain",
    *LAYERS[-2],
    *LAYERS[-1],
}

# Proofs: holding one means the check was made, so only the checker may make one.
MADE_ONLY_IN = {
    "Authorization": "bastion.policy.authorize",
    "Identity": "bastion.downstream.authentication",
    "Person": "bastion.oidc.id_token",
}

MAX_LINES = 400
EMPTY_NAMES = {
    "manager",
    "handler",
    "helper",
    "helpers",
    "util",
    "utils",
    "common",
    "misc",
    "core",
    "base",
    "types",
}


def area(module: str) -> str:
    """The layer name a module belongs to: its package, or itself if it is a lone file."""
    parts = module.split(".")
    return parts[0] if parts[0] == "replay_tui" else ".".join(parts[:2])


def imported(path: Path) -> set[str]:
    """Every absolute module name *path* imports, at any depth."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} uses a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_flow_down(path):
    """A module imports its own package or a lower layer, never a sibling or a higher one."""
    here = area(module_name(path))
    for name in imported(path):
        there = area(name)
        if there != here and {here, there} <= RANK.keys():
            assert RANK[here] < RANK[there], f"{here} may not import {name}"


def test_modules_form_no_cycle():
    """Inside a package too, no two modules need each other."""
    ours = {module_name(path) for path in SOURCES}
    graph = {}
    for path in SOURCES:
        names = imported(path)
        needed = ours & (names | {name.rpartition(".")[0] for name in names})
        graph[module_name(path)] = needed - {module_name(path)}  # a package names its own modules
    TopologicalSorter(graph).prepare()  # raises CycleError, naming the cycle


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_dependencies_enter_by_their_doors(path):
    """A third-party package is imported only where DOORS says."""
    here = area(module_name(path))
    for name in imported(path):
        doors = DOORS.get(name.split(".")[0])
        assert doors is None or here in doors, f"{here} may not import {name}"


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_replay_only_reads(path):
    """replay_tui imports the stored record and its own widgets, nothing that acts."""
    if area(module_name(path)) == "replay_tui":
        ours = {area(n) for n in imported(path) if n.startswith(("bastion", "replay_tui"))}
        assert ours <= REPLAY_MAY_IMPORT


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_proofs_are_made_by_their_checker(path):
    """A class in MADE_ONLY_IN is constructed in the one module that performs its check."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", None))
            assert MADE_ONLY_IN.get(called, module_name(path)) == module_name(path)


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_files_are_small_named_and_introduced(path):
    """A file is at most MAX_LINES, has a telling name, and opens by saying what it is for."""
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    assert path.stem not in EMPTY_NAMES
    assert ast.get_docstring(ast.parse(text))


def test_every_package_has_a_layer():
    """A new package or lone file in bastion/ is placed in LAYERS before it is merged."""
    areas = {area(module_name(p)) for p in SOURCES} - {"bastion", "bastion.__main__"}
    assert areas <= set(RANK)
