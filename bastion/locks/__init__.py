"""Locks: what security has shut at once, whatever the rules grant; docs/locks.md."""
