"""A shell that asks before it runs anything: what is sent to the host, and how it is understood.

What always holds: nothing here does I/O; the scripts are data files, and no policy is known. What
it does not do: open channels or judge (`bastion.relay` does).
"""
