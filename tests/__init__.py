"""The tests; `tests.servers` holds the real parts that they and bench/ run against."""
