"""A process that serves leaves no core, neither in a file nor with a crash reporter."""

import sys

from tests.servers.deployment import run

ASK = """
import ctypes, resource
from bastion.serve.nocore import leave_no_core
leave_no_core()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


async def test_a_process_that_serves_cannot_be_dumped():
    """The limit is 0 for good, and the kernel takes no core of it at all."""
    said = await run(sys.executable, "-c", ASK)
    assert said.out == b"(0, 0) 0\n"
