"""What is recorded of a cell: each observable's name, unit and meaning, and how it follows from the engine's trace."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.model import kinds, membranes, observables_elsewhere, signalling
from glut4sim.sim.model.cell_inputs import CellInBath
from glut4sim.sim.model.kinds import Kind
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.step_records import StepRecords

MOLECULES_PER_UMOL = 6.02214076e17
REAL_COPIES = 7.5  # GLUT4 of a real vesicle: 5 to 10, assumed
STATE_NAMES: Mapping[str, tuple[str, ...]] = {
    f"{kind.name}_state": tuple(state.name.lower() for state in kind.agents.State) for kind in kinds.KINDS
}


class Scale(NamedTuple):
    """What turns an engine's counts into amounts."""

    glut4_total: float  # GLUT4 of the cell [copies]
    molecules_per_agent: float  # glucose molecules that one agent stands for; 0 where there are no agents
    pi3k_per_irs1: float  # total PI3K over total IRS1
    molecules_per_mm: float  # glucose molecules in the cell at 1 mM
    tissue: float  # that the cell makes up [kg]
    irs1_protect: float = 0.0  # protected over unprotected IRS1, were all mTORC1 active
    receptor_copies: float = 1.0  # receptors over those of the reference cell


def mean_scale(scenario: CellInBath) -> Scale:
    """The scale of the mean field of a scenario: of a cell with just the GLUT4 that its parameters say."""
    p, agents = scenario.parameter_set, scenario.cell.glucose_agents
    return scale(p, p.vesicle.glut4_copies, p.glucose.supply / agents if agents else 0.0)


def scale(parameters: ParameterSet, glut4_total: float, molecules_per_agent: float) -> Scale:
    """The scale of a cell that has so much GLUT4."""
    per_mm = parameters.glucose.cytosol_volume * glucose.MOLECULES_PER_MM_PL
    s = parameters.signalling
    own = s.irs1_protect, parameters.receptor.copies
    return Scale(glut4_total, molecules_per_agent, s.pi3k_per_irs1, per_mm, membranes.tissue(parameters), *own)


class Records(NamedTuple):
    """Recorded rows of one replicate.

    `rows` and `previous` are traces of the engine. `previous` holds the one record before the first row, whence rates
    are taken; None at the start, where rates do not exist.
    """

    rows: StepRecords
    previous: StepRecords | None
    scale: Scale

    def per_second(self, cumulative: Callable[[StepRecords], np.ndarray]) -> np.ndarray:
        """Change of a cumulative count since the record before, per second; NaN for the very first record."""
        count, time = cumulative(self.rows).astype(float), self.rows.time
        if self.previous is None:
            count, time = np.append(np.nan, count), np.append(np.nan, time)
        else:
            count = np.append(cumulative(self.previous), count)
            time = np.append(self.previous.time, time)
        return np.diff(count) / np.diff(time)


class Observable(NamedTuple):
    name: str
    unit: str
    long_name: str
    measure: Callable[[Records], np.ndarray]  # (K,) values of K records, or (K, states)
    dim: str | None = None  # second dimension, a key of STATE_NAMES


def _percent_of_receptors(records: Records, states: Sequence[receptor.State]) -> np.ndarray:
    counts = records.rows.receptors
    return 100.0 * counts[:, list(states)].sum(axis=1) / counts.sum(axis=1)


def _percent_phosphorylated(records: Records) -> np.ndarray:
    """Of the receptors of the reference cell, as a blot of so many cells shows."""
    return records.scale.receptor_copies * _percent_of_receptors(records, receptor.PHOSPHORYLATED)


def _species(*names: str, factor: float = 100.0) -> Callable[[Records], np.ndarray]:
    """The sum of some species."""
    columns = [signalling.SPECIES.index(name) for name in names]
    return lambda records: factor * records.rows.signalling[:, columns].sum(axis=1)


def _percent_irs1(records: Records) -> np.ndarray:
    """Phosphorylated IRS1, free and bound to PI3K: a blot tells no difference."""
    species = dict(zip(signalling.SPECIES, records.rows.signalling.T))
    return 100.0 * (species["irs1_phosphorylated"] + records.scale.pi3k_per_irs1 * species["pi3k_bound"])


def _percent_s307(records: Records) -> np.ndarray:
    """IRS1 with S307, whether or not it has its phosphotyrosine."""
    species = dict(zip(signalling.SPECIES, records.rows.signalling.T))
    ratio = records.scale.irs1_protect * species["mtorc1_active"]
    return ratio / (1.0 + ratio) * _percent_irs1(records) + 100.0 * species["irs1_refractory"]


def _fusions(trace) -> np.ndarray:
    return trace.vesicle_events[:, vesicle.FUSION]


def _transient_fusions(trace) -> np.ndarray:
    return trace.vesicle_events[:, vesicle.TRANSIENT_FUSION]


def _real_fusions(records: Records) -> np.ndarray:
    """Fusions per minute, were the cell's GLUT4 in vesicles of REAL_COPIES each."""
    vesicles = records.rows.vesicles.sum(axis=1)
    return 60.0 * records.per_second(_fusions) * records.scale.glut4_total / (REAL_COPIES * vesicles)


def _taken_up(records: Records) -> Callable[[StepRecords], np.ndarray]:
    """Molecules taken up since the start: those of agents, or of the equation where there are none."""
    per_agent = records.scale.molecules_per_agent
    if not per_agent:
        return lambda trace: trace.net_uptake
    return lambda trace: per_agent * (trace.glucose_events[:, glucose.INFLUX] - trace.glucose_events[:, glucose.EFFLUX])


def _millimolar(state: glucose.State) -> Callable[[Records], np.ndarray]:
    return lambda records: records.rows.glucose_molecules[:, state] / records.scale.molecules_per_mm


def _uptake_rate(records: Records) -> np.ndarray:
    """Net glucose uptake [molecules/s]."""
    return records.per_second(_taken_up(records))


def by_state(kind: Kind) -> Observable:
    """How many agents of a kind are in each state."""
    return Observable(
        kind.plural,
        kind.unit,
        f"{kind.title} by state",
        lambda records: getattr(records.rows, kind.plural),
        f"{kind.name}_state",
    )


_OWN: tuple[Observable, ...] = (
    Observable("insulin", "nM", "Insulin in the bath", lambda r: r.rows.insulin),
    by_state(kinds.find("receptor")),
    Observable(
        "receptors_active",
        "percent",
        "Receptors phosphorylated at the surface",
        lambda r: _percent_of_receptors(r, receptor.ACTIVE),
    ),
    Observable("irs1_phosphorylated", "percent", "IRS1 phosphorylated on tyrosine", _percent_irs1),
    Observable("pip3", "percent", "PI(3,4,5)P3, share of the phosphoinositides", _species("pip3", factor=1.0)),
    Observable("akt_active", "percent", "Akt phosphorylated on T308 and S473", _species("akt_active")),
    Observable("as160_phosphorylated", "percent", "AS160 phosphorylated", _species("as160_phosphorylated")),
    Observable("rab10_active", "percent", "Rab10 in its GTP form", _species("rab10_active")),
    Observable(
        "surface_glut4_percent",
        "percent",
        "GLUT4 at the surface, share of the cell's GLUT4",
        lambda r: 100.0 * r.rows.glut4_surface / (r.scale.glut4_total or 1.0),  # of none, none is there
    ),
    Observable("surface_glut4", "copies", "GLUT4 at the surface", lambda r: r.rows.glut4_surface),
    by_state(kinds.find("vesicle")),
    by_state(kinds.find("glucose")),
    Observable(
        "glucose_uptake_rate",
        "1/s",
        "Net glucose uptake since the record before, molecules per second",
        _uptake_rate,
    ),
    Observable(
        "glucose_taken_up",
        "molecules",
        "Net glucose uptake since the start",
        lambda r: _taken_up(r)(r.rows),
    ),
    Observable(
        "fusion_rate",
        "1/min",
        "Vesicle fusions since the record before, per minute",
        lambda r: 60.0 * r.per_second(_fusions),
    ),
    Observable(
        "transient_fusion_rate",
        "1/min",
        "Vesicle fusions that set no GLUT4 free since the record before, per minute",
        lambda r: 60.0 * r.per_second(_transient_fusions),
    ),
    Observable(
        "glucose_net_uptake_rate",
        "1/s",
        "Net glucose uptake by the cell's equation since the record before, molecules per second",
        lambda r: r.per_second(lambda trace: trace.net_uptake),
    ),
    Observable("glucose_inside", "mM", "Free glucose in the cell", _millimolar(glucose.State.INSIDE)),
    Observable(
        "glucose_6_phosphate", "mM", "Glucose 6-phosphate in the cell", _millimolar(glucose.State.PHOSPHORYLATED)
    ),
    Observable(
        "surface_glut4_t_tubules", "copies", "GLUT4 in the membrane of T-tubules", lambda r: r.rows.glut4_tubules
    ),
    Observable(
        "uptake_per_kg",
        "umol/(kg*min)",
        "Net glucose uptake since the record before, per kilogram of tissue",
        lambda r: _uptake_rate(r) * 60.0 / MOLECULES_PER_UMOL / r.scale.tissue,
    ),
    # what was registered later stands at the end, so that the columns of files keep their order
    *(by_state(kind) for kind in kinds.KINDS if kind.name not in ("receptor", "vesicle", "glucose")),
    Observable(
        "receptors_phosphorylated",
        "percent",
        "Receptors phosphorylated on tyrosine, at the surface or inside, share of the reference cell's receptors",
        _percent_phosphorylated,
    ),
    Observable(
        "receptors_internal", "percent", "Receptors inside", lambda r: _percent_of_receptors(r, receptor.INTERNAL)
    ),
    Observable("irs1_s307", "percent", "IRS1 phosphorylated on S307 (312 of the human protein)", _percent_s307),
    Observable("akt_t308", "percent", "Akt phosphorylated on T308", _species("akt_t308", "akt_active")),
    Observable("akt_s473", "percent", "Akt phosphorylated on S473", _species("akt_s473", "akt_active")),
    Observable("mtorc1_active", "percent", "mTORC1 active", _species("mtorc1_active")),
    Observable(
        "real_fusion_rate",
        "1/min",
        f"Vesicle fusions since the record before, per minute, of vesicles with {REAL_COPIES:g} copies of GLUT4",
        _real_fusions,
    ),
)

ELSEWHERE = observables_elsewhere.found(tuple(o.name for o in _OWN))
OBSERVABLES: tuple[Observable, ...] = (*_OWN, *(Observable(*one[:4]) for one in ELSEWHERE))


def choose(trace, rows):
    """StepRecords of the chosen rows, given by an index array; a copy, since an engine may use its arrays again."""
    return type(trace)(*(column[rows] for column in trace))


def measure(rows, previous, scale: Scale) -> dict[str, np.ndarray]:
    """Every observable of K recorded rows of a trace.

    Parameters
    ----------
    rows : StepRecords
        K records, in the order of time
    previous : StepRecords or None
        the one record before them; None if the first row is the start
    scale : Scale

    Returns
    -------
    dict
        name -> (K,) or (K, states) float64, in the units of OBSERVABLES
    """
    records = Records(rows, previous, scale)
    return {o.name: np.asarray(o.measure(records), dtype=float) for o in OBSERVABLES}
