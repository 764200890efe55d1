"""The command line, put together: one file a group of commands.

What always holds: completion and `--help` come for every command; a traceback never shows values.
What it does not do: work of its own.
"""

from importlib.metadata import version

import typer

from bastion.cli import access, ca, client, hosts, keys, locks, quickstart, rules, server, sessions

app = typer.Typer(
    name="bastion",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="An SSH bastion for GPU and model hosts: identity, judged commands, approvals, a record.",
)

app.command(rich_help_panel="Engineers")(client.login)
app.command(rich_help_panel="Engineers")(client.logout)
app.command(rich_help_panel="Engineers")(client.status)
app.command("ssh-config", rich_help_panel="Engineers")(client.ssh_config_)

app.add_typer(sessions.app, name="sessions", rich_help_panel="Security")
app.command(rich_help_panel="Security")(sessions.replay)
app.command(rich_help_panel="Security")(sessions.verify)
app.command(rich_help_panel="Security")(locks.lock)
app.command(rich_help_panel="Security")(locks.unlock)
app.command(rich_help_panel="Security")(locks.locks)

app.command(rich_help_panel="Operators")(quickstart.quickstart)
app.command(rich_help_panel="Operators")(server.serve)
app.command(rich_help_panel="Operators")(server.init)
app.command(rich_help_panel="Operators")(server.health)
app.add_typer(rules.app, name="rules", rich_help_panel="Operators")
app.command(rich_help_panel="Operators")(rules.explain)
app.add_typer(access.app, name="access", rich_help_panel="Operators")
app.add_typer(hosts.app, name="hosts", rich_help_panel="Operators")
app.add_typer(keys.app, name="keys", rich_help_panel="Operators")
app.add_typer(ca.app, name="ca", rich_help_panel="Operators")
app.add_typer(server.config_app, name="config", rich_help_panel="Operators")


@app.command("version", rich_help_panel="Operators")
def show_version() -> None:
    """Print the version."""
    typer.echo(version("bastion"))
