"""What a simulation of the cell hands out, be it of agents or their mean field: one row per step or time."""

from typing import NamedTuple

import numpy as np


class StepRecords(NamedTuple):
    """What happened in K steps, one row per step, as it stands at the end of the step.

    Counts are whole numbers from the agents and floats from the mean field.
    """

    time: np.ndarray  # (K,) [s]
    insulin: np.ndarray  # (K,) [nM]
    glucose_bath: np.ndarray  # (K,) [mM]
    receptors: np.ndarray  # (K, n_state) int64, agents in each receptor.State
    signalling: np.ndarray  # (K, n_species) in the order of signalling.SPECIES
    vesicles: np.ndarray  # (K, n_state) int64, agents in each vesicle.State
    glut4_surface: np.ndarray  # (K,) int64, copies in the membrane
    vesicle_events: np.ndarray  # (K, n_transition) int64, since time 0
    glucose: np.ndarray  # (K, n_state) int64, agents in each glucose.State
    glucose_events: np.ndarray  # (K, n_transition) int64, since time 0


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
