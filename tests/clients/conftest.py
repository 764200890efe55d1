"""Real clients of all kinds; what they did is written to docs/clients.md by `make test-clients`.

Without `-m clients` none of this runs: some come from package registries.
"""

from pathlib import Path

import pytest
import pytest_asyncio

from tests.clients.file_tools import FILE_TOOLS
from tests.clients.library_clients import Libssh, Paramiko, Ssh2, install_ssh2
from tests.clients.page import Table, write
from tests.clients.site import client_site
from tests.clients.ssh_clients import Dbclient, OpenSsh, Plink
from tests.clients.tools import TOOLS
from tests.servers.selection import leave_out

HERE = Path(__file__).parent
SSH_CLIENTS = (OpenSsh, Plink, Dbclient, Paramiko, Ssh2, Libssh)
TABLES = {
    "ssh": Table("ssh", tuple(client.label for client in SSH_CLIENTS)),
    "files": Table("files", tuple(client.label for client in FILE_TOOLS)),
    "tools": Table("tools", ("result",)),
}


def pytest_configure(config):
    config.addinivalue_line("markers", "clients: with clients that have to be installed")
    config.addinivalue_line("markers", "row(name): which row of docs/clients.md a test fills")


def pytest_collection_modifyitems(config, items):
    if "clients" in config.option.markexpr:
        return
    leave_out(config, items, lambda item: HERE in item.path.parents)


def pytest_sessionfinish(exitstatus):
    if exitstatus == 0 and not any(table.missing() for table in TABLES.values()):
        everybody = (*SSH_CLIENTS, *FILE_TOOLS, *TOOLS)
        write(tuple(TABLES.values()), {client.label: client.version() for client in everybody})


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory):
    """The bastion that all clients come to."""
    async with client_site(tmp_path_factory.mktemp("clients")) as site:
        yield site


@pytest.fixture(params=SSH_CLIENTS, ids=lambda client: client.__name__.lower())
def client(request, site):
    """Each client that opens sessions."""
    if request.param is Ssh2:
        modules = request.config.cache.mkdir("npm-ssh2")
        install_ssh2(modules)
        Ssh2.modules = modules
    return request.param(site)


@pytest.fixture(params=FILE_TOOLS, ids=lambda client: client.__name__.lower())
def tool(request, site):
    """Each client that carries files."""
    return request.param(site)


@pytest.fixture
def cell(request):
    """Fills this test's cell: `cell.works(client)`; `if cell.lacks(client): return` before."""
    return _Cell(request)


class _Cell:
    def __init__(self, request):
        self._row = request.node.get_closest_marker("row").args[0]
        self._shows = " ".join(request.function.__doc__.split())
        self._table = TABLES[request.module.TABLE]

    def works(self, client):
        self.keep(client.label, "ok", client.notes.get(self._row, ""))

    def lacks(self, client):
        """Whether the client has no such thing; the cell then says why, and what to do."""
        why = client.lacks.get(self._row)
        if why is not None:
            self.keep(client.label, "no", why)
        return why is not None

    def keep(self, label, mark, note=""):
        self._table.keep(self._row, label, (mark, note), self._shows)
