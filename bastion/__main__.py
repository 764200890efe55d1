"""`bastion`: the command line. An error of the product becomes one sentence and exit code 1."""

import sys

from bastion.cli.app import app
from bastion.cli.output import ERR
from bastion.errors import BastionError
from bastion.printable import printable


def main() -> None:
    """Run the command that the arguments name."""
    try:
        app()
    except BastionError as error:
        ERR.print(f"[bold red]bastion:[/] {_plain(error)}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _plain(error: BastionError) -> str:
    """The sentence, safe for a terminal and for Rich's markup."""
    return printable(str(error)).replace("[", "\\[")


if __name__ == "__main__":
    main()
