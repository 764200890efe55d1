"""The audit log: who did what, linked and signed."""
