"""The command line: one file a group of commands, composed in `bastion.cli.app`."""
