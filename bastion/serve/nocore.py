"""Lets this process leave no core: its memory holds keys, and tokens that have been used.

What always holds: after a crash the system writes nothing and tells no crash reporter anything, and
nobody but root can look into the process (on Linux). What it does not do: wipe memory, which Python
cannot promise; root, and whoever holds the machine's memory or swap, can read it.
"""

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def leave_no_core() -> None:
    """From now on; the limit counts for the processes that are started from here, too."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Crash reporters that are started by the kernel are not held by the limit.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
