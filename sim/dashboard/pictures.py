"""What the cell view of a page is shown: the cells as they are, or as they were; and a vesicle that is followed."""

from glut4sim.sim.dashboard import frames
from glut4sim.sim.dashboard.film import Film, Picture
from glut4sim.sim.dashboard.following import Following
from glut4sim.sim.dashboard.live import Live


def take(live: Live) -> Picture:
    """A picture of the cells as they are."""
    cells = [(cell.label, *frames.pack(cell.engine)) for cell in live.cells]
    return Picture(live.time, live.molecules_per_hexagon, cells)


class Pictures:
    """Pictures of what a session has on show, for its cell view. For the session's thread alone.

    Parameters
    ----------
    view : CellView, or what has its `show_cells`
    """

    def __init__(self, view):
        self._view = view
        self._engine = None  # of the cell that is filmed
        self._film: Film | None = None
        self._back: float | None = None  # time that is looked back at [s]
        self._following: Following | None = None

    def look_back(self, time: float | None) -> None:
        """Show the cells as they were at a time, and go on showing that; None: as they are."""
        self._back = time

    def follow(self, live: Live, cell: int, shown: int | None) -> None:
        """Follow a vesicle of a cell, by its number among those drawn; or none."""
        if self._following:
            self._following.end()
        self._following = None
        engines = [one.engine for one in live.cells[cell : cell + 1]]
        if engines and shown in range(len(frames.vesicles_shown(engines[0]))):
            self._following = Following(engines[0], shown)

    def steps_to_next(self, live: Live) -> int:
        """How many steps may be done before `look` is called again."""
        return self._film_of(live).steps_to_next(live.time)

    def look(self, live: Live) -> None:
        """Take up what has happened; after each piece of the run."""
        film = self._film_of(live)
        if film.is_due(live.time):
            film.add(take(live))
        if self._following and all(cell.engine is not self._following.engine for cell in live.cells):
            self._following = None  # its cell is on show no more
        if self._following:
            self._following.look()

    def show(self, live: Live) -> None:
        """Show the cells as they are, or as they were."""
        self.look(live)
        film = self._film_of(live)
        picture = take(live) if self._back is None else film.at(self._back)
        cells = [
            (label, facts | self._followed(live, k, picture), buffers)
            for k, (label, facts, buffers) in enumerate(picture.cells)
        ]
        reach = {"reach": live.time, "every": film.every, "looking_back": self._back is not None}
        self._view.show_cells(*picture._replace(cells=cells), reach)

    def _film_of(self, live: Live) -> Film:
        """The film of the run on show; a new one if that is new."""
        if self._film is None or self._engine is not live.cells[0].engine:
            self._film, self._engine, self._back = Film(live.scenario), live.cells[0].engine, None
        return self._film

    def _followed(self, live: Live, cell: int, picture: Picture) -> dict:
        """What is added to the facts of a cell in a picture if one of its vesicles is followed."""
        following = self._following
        if not following or cell >= len(live.cells) or live.cells[cell].engine is not following.engine:
            return {}
        state = int(picture.cells[cell][2][1][following.shown])
        return {"followed": following.facts(picture.time, state)}
