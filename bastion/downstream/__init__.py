"""The engineers' side: listens, authenticates, finds the destination, opens channels."""
