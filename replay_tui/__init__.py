"""The viewer: finds recorded sessions and plays them in a terminal; it only reads."""
