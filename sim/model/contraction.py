"""Contraction, which brings GLUT4 to the surface of muscle without insulin.

AMPK phosphorylates TBC1D1 and AS160, so that less of the GAP of the Rab is at work, and GLUT4 leaves the surface more
slowly: AICAR, which activates AMPK, raises surface GLUT4 of human muscle and hardly its exocytosis (Karlsson et al.,
Diabetes 58:847, 2009). At a contraction c, a share of the maximal, both take effect at once:

    signalling.rab10_hydrolyse  (1 - fibre.contraction_gap c)
    vesicle.endocytose          (1 - fibre.contraction_endocytosis c)
    vesicle.endocytose_clustered      likewise: both ways in which GLUT4 leaves the surface

What it does is the same at both membranes (Lauritzen, Exerc Sport Sci Rev 41:77, 2013). Left out: calcium, stretch, the
use of glucose by work, and that exercise makes muscle more sensitive to insulin afterwards.
"""

from functools import lru_cache

from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model.parameters import ParameterSet


@lru_cache(maxsize=256)
def contracted(parameters: ParameterSet, contraction: float) -> ParameterSet:
    """The parameters of a fibre that contracts, at a share of the maximal; at 0 they are the same object."""
    if contraction == 0.0:
        return parameters
    p, fibre = parameters, parameters.fibre
    hydrolyse = p.signalling.rab10_hydrolyse * (1.0 - fibre.contraction_gap * contraction)
    left = 1.0 - fibre.contraction_endocytosis * contraction
    ways = {name: left * getattr(p.vesicle, name) for name in ("endocytose", "endocytose_clustered")}
    return p._replace(signalling=p.signalling._replace(rab10_hydrolyse=hydrolyse), vesicle=p.vesicle._replace(**ways))


def over_time(parameters: Schedule[ParameterSet], contraction: Schedule[float]) -> Schedule[ParameterSet]:
    """The parameters over time, as contraction leaves them."""
    if contraction.values == (0.0,):
        return parameters
    times = tuple(sorted({*parameters.times, *contraction.times}))
    return Schedule(times, tuple(contracted(parameters.at(time), contraction.at(time)) for time in times))
