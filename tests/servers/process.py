"""The processes of strangers' programs that tests start."""

import asyncio


async def ended(process: asyncio.subprocess.Process | None) -> None:
    """End *process*, where it runs, and wait until it has."""
    if process is not None and process.returncode is None:
        process.terminate()
        await process.communicate()
