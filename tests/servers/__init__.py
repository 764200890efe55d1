"""Real servers and clients, started on ports of their own."""
