"""The shapes that a preset's cell may have, and what a shape needs to be told besides.

spherical shell     vesicles between an inner body and one membrane around it
cylindrical slice   a slice of a muscle fibre with two membranes: the sarcolemma around it and its T-tubules within

Nothing here brings the compiler along; what the shapes mean is in sim/model/membranes.py.
"""

from typing import Annotated, NamedTuple

SHELL, SLICE = "spherical shell", "cylindrical slice"
GEOMETRIES = (SHELL, SLICE)
LENGTHS = ("vesicle.cell_radius", "vesicle.inner_radius")  # that all shapes have, each of its own body


class NoFibre(NamedTuple):
    """What a spherical shell is told in its place: nothing."""


class Fibre(NamedTuple):
    """What a slice of a muscle fibre is told besides the parameters that all cells have: its section `fibre`."""

    thickness: Annotated[float, "um"]  # of the slice, along the fibre: one sarcomere
    tubule_share: Annotated[float, "1"]  # of the vesicles, those that go to T-tubules
    tubule_depth: Annotated[float, "um"]  # farthest that a vesicle is from a plane of T-tubules
    tubule_area: Annotated[float, "um**2"]  # membrane of T-tubules in the slice; 0: there are none to go to
    tubule_delay: Annotated[float, "s"]  # with which insulin follows the bath into them: a time constant
    interstitial_insulin: Annotated[float, "1"]  # between fibres, over that in plasma
    contraction_gap: Annotated[float, "1"]  # share of the GAP that maximal contraction takes away
    contraction_endocytosis: Annotated[float, "1"]  # and of endocytosis


SECTIONS: dict[str, dict[str, type]] = {SHELL: {"fibre": NoFibre}, SLICE: {"fibre": Fibre}}  # of a preset
