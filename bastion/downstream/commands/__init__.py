"""The bastion's own commands, `ssh BASTION -- NAME …`: a table, one file a command."""
