"""Seals the keys and passwords of hosts that the store keeps: one file a kind of key."""
