"""Recordings: written before anything is forwarded, chained, signed, sealed and read again."""
