"""What the cell view of a page is shown: the cells as they are, and of a vesicle that is followed what became of it."""

from glut4sim.sim.dashboard import frames
from glut4sim.sim.dashboard.following import Following
from glut4sim.sim.dashboard.live import Live


class Pictures:
    """Pictures of what a session has on show, for its cell view. For the session's thread alone.

    Parameters
    ----------
    view : CellView, or what has its `show_cells`
    """

    def __init__(self, view):
        self._view = view
        self._following: Following | None = None

    def follow(self, live: Live, cell: int, shown: int | None) -> None:
        """Follow a vesicle of a cell, by its number among those drawn; or none."""
        if self._following:
            self._following.end()
        self._following = None
        engines = [one.engine for one in live.cells[cell : cell + 1]]
        if engines and shown in range(len(frames.vesicles_shown(engines[0]))):
            self._following = Following(engines[0], shown)

    def look(self, live: Live) -> None:
        """Take up what has happened; after each piece of the run."""
        if self._following and all(cell.engine is not self._following.engine for cell in live.cells):
            self._following = None  # its cell is on show no more
        if self._following:
            self._following.look()

    def show(self, live: Live) -> None:
        """Show the cells as they are now."""
        self.look(live)
        cells = []
        for cell in live.cells:
            facts, buffers = frames.pack(cell.engine)
            if self._following and cell.engine is self._following.engine:
                facts["followed"] = self._following.facts()
            cells.append((cell.label, facts, buffers))
        self._view.show_cells(live.time, live.molecules_per_hexagon, cells)
