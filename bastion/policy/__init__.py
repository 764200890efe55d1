"""Rules: who may reach what, and which commands may run. Values in, values out."""
