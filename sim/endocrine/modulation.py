"""The steps of the cell on which hormones act, and the parameters that each step stands for."""

from collections.abc import Mapping
from typing import NamedTuple

from glut4sim.sim.model.parameters import ParameterSet


class Step(NamedTuple):
    """A step of the cell.

    Attributes
    ----------
    title : in words
    parameters
        name of a parameter -> power of the step's factor by which it is multiplied
    """

    title: str
    parameters: Mapping[str, float]


STEPS: Mapping[str, Step] = {
    "receptor_copies": Step("insulin receptor: number", {"receptor.copies": 1.0}),
    "receptor": Step("insulin receptor: binding", {"receptor.bind_first": 1.0, "receptor.bind_second": 1.0}),
    # phosphorylation is so fast that its rate does not matter: what does is the phosphatase against it
    "receptor_kinase": Step("insulin receptor: phosphorylation", {"receptor.dephosphorylate": -1.0}),
    "irs1": Step("IRS1: phosphorylation by the receptor", {"signalling.irs1_phosphorylate": 1.0}),
    # what half of PI3K's maximal effect takes: less of it is more gain, and basal synthesis stays as it is
    "pi3k": Step("PI3K: PIP3 made per bound PI3K", {"signalling.pi3k_reference": -1.0}),
    "akt": Step("Akt: phosphorylation", {"signalling.akt_phosphorylate_t308": 1.0}),
    "as160": Step("AS160: phosphorylation by Akt", {"signalling.as160_phosphorylate": 1.0}),
    "translocation": Step("vesicles: release from storage by Rab10", {"vesicle.release": 1.0}),
    "glut4": Step("GLUT4 expression: copies per cell", {"vesicle.glut4_copies": 1.0}),
    "use": Step(
        "use of glucose: hexokinase, glycogen synthase, PDH", {"glucose.hexokinase_rate": 1.0, "glucose.use": 1.0}
    ),
}
EXPRESSED = ("receptor_copies", "glut4")  # what is made and lost over days: in a run it stays as it is at the start


def apply(parameters: ParameterSet, factors: Mapping[str, float]) -> ParameterSet:
    """The parameters of a cell as hormones leave them: each p becomes p * factor**power.

    Parameters
    ----------
    parameters : of the cell without hormones
    factors
        step -> factor; a factor of 1 changes no bit
    """
    changes: dict[str, dict[str, float]] = {}
    for step, factor in factors.items():
        for name, power in STEPS[step].parameters.items():
            section, field = name.split(".")
            now = changes.setdefault(section, {}).get(field, getattr(getattr(parameters, section), field))
            changes[section][field] = now * factor**power
    return parameters._replace(
        **{section: getattr(parameters, section)._replace(**fields) for section, fields in changes.items()}
    )
