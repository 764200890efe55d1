"""`bastion`: the command line. An error of the product becomes one sentence and exit code 1."""

import sys

from bastion.cli.app import app
from bastion.cli.output import complain
from bastion.errors import BastionError, UpstreamError
from bastion.refusal import Code, Refusal


def main() -> None:
    """Run the command that the arguments name."""
    try:
        app()
    except UpstreamError as error:
        refusal = Refusal(Code(error.code), str(error))
        complain(refusal.text().removeprefix("bastion: "))
        sys.exit(1)
    except BastionError as error:
        complain(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
