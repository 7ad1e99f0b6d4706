"""The agent kinds of the cell: the one place where a kind is registered.

What a kind does stands in its file in `agents/`: `State`, `TRANSITIONS`, `TABLE`, `FIELDS`, `Parameters`,
`Environment`, `rates`, `tabulate`, and, where others read of it, `GIVES`. What drives it are the fields of its
`Environment`, by name:

    insulin, glucose_bath    of the bath
    each of signalling.SPECIES
    glut4_surface            copies in the membrane
    what kinds before it give: {name: states}, the share of agents in those states

What else the program has to know of it is one entry in KINDS. From that follow its part in the step loop, records and
checkpoints, its section of parameters, what is observed and recorded of it, its array of agents in Python, its memory,
its mean field and its SBML.

Nothing here brings the compiler along: the files of agents are imported when they are asked for.
"""

from importlib import import_module
from types import ModuleType
from typing import NamedTuple


class Kind(NamedTuple):
    """An agent kind, as all but its own file knows it."""

    name: str  # of its section of parameters, and of its arrays in checkpoints
    columns: tuple[str, ...]  # in records: agents by state, what else its stage counts, and perhaps NAME_events
    noun: str  # of one agent
    title: str  # of all
    unit: str  # in which they are counted
    size: str  # the field of [cell] that says how many there are
    streams: tuple[
        int, int
    ]  # of random numbers, for states at the start and for clocks; no others' (agents/streams.py)
    number: int = 0  # of agents where [cell] has no such field
    scratch: int = 8  # memory that goes with an agent besides its fields [bytes]
    stage: str = "Stage"  # what takes it through a step: a class in sim/model/stages.py
    before_signalling: bool = False  # whether signalling reads of it
    module: str = ""  # its file, where that is not agents/NAME.py

    @property
    def agents(self) -> ModuleType:
        """Its file."""
        return import_module(self.module or f"glut4sim.agents.{self.name}")

    @property
    def plural(self) -> str:
        """Its name in records, observables and the engine."""
        return self.columns[0]

    @property
    def events(self) -> str | None:
        """The column that counts its transitions, if there is one."""
        name = f"{self.name}_events"
        return name if name in self.columns else None


KINDS: tuple[Kind, ...] = (  # in the order of a step
    Kind(
        "receptor", ("receptors",), "receptor", "Insulin receptors", "receptors", "receptors", (0, 1),
        before_signalling=True,
    ),
    Kind(
        "vesicle", ("vesicles", "glut4_surface", "glut4_tubules", "vesicle_events"), "vesicle", "GLUT4 vesicles",
        "vesicles", "vesicles", (2, 3), scratch=136, stage="VesicleStage",
        # scratch: how long each is quiet; while they are placed
    ),
    Kind(
        "glucose", ("glucose", "glucose_events", "glucose_molecules", "net_uptake"), "glucose agent", "Glucose agents",
        "agents", "glucose_agents", (6, 7), scratch=12, stage="GlucoseStage",  # scratch: lists of who is due
    ),
)  # fmt: skip


SIGNALLING = "signalling"  # the stage between those kinds that it reads of and the others


def find(name: str) -> Kind:
    """The kind of a name."""
    return next(kind for kind in KINDS if kind.name == name)


def stages() -> tuple[str, ...]:
    """The stages of a step in their order: the names of the kinds, and signalling."""
    before = [kind.name for kind in KINDS if kind.before_signalling]
    return (*before, SIGNALLING, *(kind.name for kind in KINDS if not kind.before_signalling))


def step_columns() -> tuple[str, ...]:
    """What a record of a step holds, in the order of a step."""
    columns = [(name,) if name == SIGNALLING else find(name).columns for name in stages()]
    return ("time", "insulin", "glucose_bath", *(name for those in columns for name in those))
