"""What one dose of a drug comes to: peak, area and half-life, as studies of pharmacokinetics report them."""

import math
from typing import NamedTuple

import numpy as np

from glut4sim.sim.endocrine.pharmacokinetics import Dose, Kinetics, concentration

POINTS = 4000
LONGEST = 30.0  # of the slowest lifetimes


class Exposure(NamedTuple):
    """What one dose comes to, in the unit of the drug's concentration."""

    peak: float
    peak_time: float  # after the dose [s]
    area: float  # under the curve, to infinity [unit s]
    half_life: float  # at the end, when all else is over [s]


def exposure(kinetics: Kinetics, amount: float) -> Exposure:
    """What an amount given at once comes to.

    The area is that of each phase, amount scale / rate, whatever the absorption is like (Gibaldi & Perrier,
    Pharmacokinetics, 2nd ed., Marcel Dekker, 1982, ch. 1); the half-life is that of the slowest step.
    """
    rates = [rate for rate, _ in kinetics.phases]
    slowest = min(kinetics.absorption_rate, *rates)
    area = sum(amount * scale / rate for rate, scale in kinetics.phases)
    times = np.append(0.0, np.geomspace(1e-4, LONGEST, POINTS) / slowest)
    values = concentration(kinetics, [Dose(0.0, amount)], times)
    highest = int(np.argmax(values))
    return Exposure(float(values[highest]), float(times[highest]), area, math.log(2.0) / slowest)
