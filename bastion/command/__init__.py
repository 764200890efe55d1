"""A command line, read: which programs it runs, with which words. Nothing here decides or runs."""
