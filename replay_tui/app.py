"""The viewer's application: the catalogue, and a player on top of it.

What always holds: it holds an archive opened for reading, and nothing that signs or decides.
"""

from datetime import tzinfo

from textual.app import App

from bastion.clock import Clock
from bastion.errors import RecordingError
from bastion.printable import printable
from bastion.recording.archive import Archive
from bastion.store.rows import Session
from replay_tui.palette import THEME
from replay_tui.screens.catalogue import CatalogueScreen
from replay_tui.screens.player import PlayerScreen


class ReplayApp(App[None]):
    """Shows *archive*; begins with *session* where one is given.

    Times are shown in *zone*; None means this machine's.
    """

    TITLE = "bastion"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        archive: Archive,
        clock: Clock,
        *,
        session: Session | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self._archive, self._clock, self._zone = archive, clock, zone
        self._first = session

    async def on_mount(self) -> None:
        """Show the list, and the session that was asked for."""
        self.register_theme(THEME)
        self.theme = THEME.name
        catalogue = CatalogueScreen(self._archive, self._clock, self._zone, self.play)
        await self.push_screen(catalogue)
        if self._first:
            self.play(self._first)

    def play(self, session: Session) -> None:
        """Open the player."""
        try:
            player = PlayerScreen(self._archive, session, self._clock, self._zone)
        except RecordingError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
        else:
            self.push_screen(player)
