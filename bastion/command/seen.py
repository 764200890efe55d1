"""What a reader of shell grammar saw: where simple commands stand, and under which conditions.

What always holds: it is about places in one text; nothing is dequoted or expanded. What it does not
do: read.
"""

from dataclasses import dataclass
from enum import StrEnum

from bastion.command.scan import Piece


class Way(StrEnum):
    """How the commands of a part of the text come to run."""

    BRANCH = "branch"  # perhaps, in the same shell
    LOOP = "loop"  # several times, or never
    STAGE = "stage"  # in a pipeline: in a shell of its own, or not, as the shell likes
    SUBSHELL = "subshell"  # in a shell of its own, which is waited for
    BESIDE = "beside"  # in a shell of its own, which is not
    FUNCTION = "function"  # when it is called


@dataclass(frozen=True)
class Scope:
    """A part of the text, by its kind and the place where it begins."""

    way: Way
    place: int
    text: str = ""


@dataclass(frozen=True)
class Seen:
    """A simple command, the header of a loop, or a function.

    Attributes:
        raws: its words as written, redirections and assignments among them; of a loop the values.
        whole: where it stands.
        pipeline: the number of its pipeline.
        stage: its place in that.
        scopes: the parts of the text it stands in, the outermost first.
        variable: of a loop's header: what is given the values.
        function: of a function: its name; `whole` is its body.
    """

    raws: tuple[Piece, ...]
    whole: Piece
    pipeline: int = 0
    stage: int = 0
    scopes: tuple[Scope, ...] = ()
    variable: str = ""
    function: str = ""

    def moved(self, offset: int, pipeline: int) -> "Seen":
        """The same in a text in which its own stands at *offset*, behind *pipeline* pipelines."""
        raws, whole = self.raws, self.whole
        if offset:
            raws = tuple(Piece(raw.text, raw.start + offset) for raw in raws)
            whole = Piece(whole.text, whole.start + offset)
        number = pipeline + self.pipeline
        return Seen(raws, whole, number, self.stage, self.scopes, self.variable, self.function)

    @property
    def is_command(self) -> bool:
        """Whether it is a simple command."""
        return not self.variable and not self.function
