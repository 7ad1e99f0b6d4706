"""What a simulation of the cell hands out, be it of agents or their mean field: one row per step or time."""

from collections import namedtuple
from typing import NamedTuple

import numpy as np

from glut4sim.sim.model import kinds

StepRecords = namedtuple("StepRecords", kinds.step_columns())
StepRecords.__doc__ = """What happened in K steps, one row per step, as it stands at the end of the step.

Counts are whole numbers from the agents and floats from the mean field. Which columns there are follows from the agent
kinds (sim/model/kinds.py):

time              (K,) [s]
insulin           (K,) [nM]
glucose_bath      (K,) [mM]
signalling        (K, n_species) in the order of signalling.SPECIES
receptors         (K, n_state) int64, agents in each receptor.State
vesicles          (K, n_state) int64, agents in each vesicle.State
glut4_surface     (K,) int64, copies in the membrane
glut4_tubules     (K,) int64, of these, those in T-tubules
vesicle_events    (K, n_transition) int64, since time 0
glucose           (K, n_state) int64, agents in each glucose.State
glucose_events    (K, n_transition) int64, since time 0
glucose_molecules (K, n_state) float64, molecules in each glucose.State by the cell's equation
net_uptake        (K,) float64, molecules since time 0 by the same
"""


def record_type() -> type:
    """StepRecords; one with other columns where a kind has been registered since this file was imported."""
    columns = kinds.step_columns()
    return StepRecords if columns == StepRecords._fields else namedtuple("StepRecords", columns)


class Events(NamedTuple):
    """Single transitions of vesicles, one row each, in order of time."""

    time: np.ndarray  # (n,) float64, exact [s]
    agent: np.ndarray  # (n,) uint32, which vesicle
    transition: np.ndarray  # (n,) uint8, index into vesicle.TRANSITIONS
    position: np.ndarray  # (n, 3) float32, where it was when it left its state [um]
    glut4: np.ndarray  # (n,) int32, copies it carries

    @classmethod
    def none(cls):
        """No events."""
        empty = np.zeros(0)
        return cls(
            empty,
            empty.astype(np.uint32),
            empty.astype(np.uint8),
            np.zeros((0, 3), np.float32),
            empty.astype(np.int32),
        )
