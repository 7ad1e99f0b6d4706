"""Cell-to-cell variability: each replicate is a cell of its own, with more or fewer receptors and GLUT4, larger or
smaller than the mean cell.

Factors are log-normal with mean 1 and the coefficients of variation (cv) that a scenario gives: Z normal,
s^2 = ln(1 + cv^2), factor = exp(s Z - s^2 / 2). They depend on seed and replicate alone, so replicate r is the same
cell in every scenario. The mean field is that of the mean cell.
"""

from typing import NamedTuple

import numpy as np

from glut4sim.agents import streams
from glut4sim.agents.streams import Stream
from glut4sim.sim.model.cell_inputs import CellSize
from glut4sim.sim.model.geometry import SHELL
from glut4sim.sim.model.kinds import Kind
from glut4sim.sim.model.parameters import ParameterSet, Preset


class Individual(NamedTuple):
    """A cell relative to the mean cell."""

    receptors: float = 1.0
    glut4: float = 1.0
    volume: float = 1.0


def draw(cell: CellSize, seed: int, replicate: int) -> Individual:
    """The cell of a replicate, for a scenario's [cell] table."""
    variation = np.array([cell.receptors_cv, cell.glut4_cv, cell.volume_cv])
    if not variation.any():
        return Individual()
    from scipy.special import ndtri  # takes a while to import

    uniforms = streams.uniforms(2, 0, streams.source(Stream.CELL, seed, replicate)).ravel()[:3]
    return Individual(*log_normal(variation, ndtri(uniforms)).tolist())


def log_normal(variation: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Factors (n,) with mean 1 and these coefficients of variation (n,), from standard normals (n,)."""
    spread = np.sqrt(np.log1p(variation**2))
    return np.exp(spread * normals - spread**2 / 2.0)


def overrides(preset: Preset, individual: Individual) -> dict[str, str]:
    """The parameters by which the mean field of a preset's cell becomes that of another, as `apply` and `sizes`."""
    radius = individual.volume ** (1.0 / (3 if preset.geometry == SHELL else 2))
    factors = {} if preset.geometry == SHELL else {"fibre.tubule_area": individual.volume}
    factors |= {
        "vesicle.glut4_copies": individual.glut4,
        "vesicle.cell_radius": radius,
        "vesicle.inner_radius": radius,
        "glucose.cytosol_volume": individual.volume,
        "receptor.copies": individual.receptors,
    }
    return preset.multiplied(factors)


def sizes(kind: Kind, cell: CellSize, individual: Individual, parameters: ParameterSet) -> tuple[int, int]:
    """How many agents of a kind the reference cell has, and this one, which may be of a kind that has fewer."""
    mean = getattr(cell, kind.size, kind.number)
    factor = individual.receptors * parameters.receptor.copies if kind.name == "receptor" else 1.0
    return mean, max(min(mean, 1), round(mean * factor))


def apply(parameters: ParameterSet, individual: Individual) -> ParameterSet:
    """The parameters of a cell. Its inner body grows with it, and its T-tubules, as dense as in the mean cell, with its
    cross-section; its membrane's reach (capture distance) does not."""
    if individual == Individual():
        return parameters  # to the bit
    vesicle, glucose, fibre = parameters.vesicle, parameters.glucose, parameters.fibre
    radius = individual.volume ** (1.0 / (3 if not fibre else 2))  # a slice keeps its thickness
    return parameters._replace(
        vesicle=vesicle._replace(
            glut4_copies=vesicle.glut4_copies * individual.glut4,
            cell_radius=vesicle.cell_radius * radius,
            inner_radius=vesicle.inner_radius * radius,
        ),
        glucose=glucose._replace(cytosol_volume=glucose.cytosol_volume * individual.volume),
        fibre=fibre._replace(tubule_area=fibre.tubule_area * individual.volume) if fibre else fibre,
    )
