"""The parts of the player."""
