"""Runs one bastion in this process until a signal says otherwise.

What always holds: one line on stdout says that it serves, and where; SIGTERM and SIGINT end it in
order, SIGHUP reads rules and CA keys again. What it does not do: read the configuration.
"""

import asyncio
import gc
import signal
from collections.abc import Callable

from bastion.clock import SystemClock
from bastion.config import Config
from bastion.serve.bastion import Bastion
from bastion.serve.nocore import leave_no_core


async def serve(config: Config, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; raises ConfigError, RulesError, StoreError at start."""
    leave_no_core()
    bastion = Bastion(config, SystemClock())
    ports = await bastion.start()
    # What is there now stays; to look through it again takes 80 ms, in which no key is echoed.
    gc.collect()
    gc.freeze()
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    reloads: set[asyncio.Task[None]] = set()

    def reload() -> None:
        task = asyncio.create_task(bastion.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, reload)
    say(f"bastion: serving SSH on port {ports.ssh}, web pages at {config.web.url}")
    try:
        await stopping.wait()
    finally:
        await bastion.stop()
