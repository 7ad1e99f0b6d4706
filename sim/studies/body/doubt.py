"""What is not known of bodies, as joint draws: what the fit of the body left open, and the posteriors of its cells.

The fit of the body (benchmarks/fits/body.py) holds for its cells as they are. With a fibre of other rates it would have
found another number of cells and another gain: those with which muscle takes up as much fasting, and in a clamp, as it
was fitted to. So these two are set anew in each draw; of fat, which has no gain, the number, by the clamp alone.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from glut4sim.sim.body.body import CELLS, Body
from glut4sim.sim.body.cells import PM_PER_NM, CellKind
from glut4sim.sim.body.organs import BODIES, TISSUES, Tissue, build, organs_preset
from glut4sim.sim.inputs.errors import InputError, describe
from glut4sim.sim.inputs.storage import PlaceLike
from glut4sim.sim.inputs.units import write
from glut4sim.sim.model import resting_uptake
from glut4sim.sim.model.parameters import ParameterSet, Preset, load_preset
from glut4sim.sim.scenario.body_tables import HEALTHY
from glut4sim.sim.scenario.draws import Draws, posterior, read_draws

Values = tuple[tuple[str, str], ...]  # of the numbers of a body, by name
FEWEST = 2
DRAWS = 8  # each takes half a minute of a processor
FASTING, CLAMPED, GLUCOSE = 45.0, 480.0, 4.7  # pM and pM in plasma, mM between cells: of the fitted body


class Drawn(NamedTuple):
    """Other numbers of bodies than the installed: of organs and tissues, and of the cells of each tissue."""

    organs: Values = ()
    muscle: Values = ()
    fat: Values = ()


AS_INSTALLED = Drawn()


def at(body: Body, drawn: Drawn) -> Body:
    """A body with other numbers; what its kind, or its scenario, has of its own, such as a diabetic liver, stays.

    Raises
    ------
    InputError
        if the numbers do not fit
    """
    others = _shared(drawn.organs, organs_preset(body.preset, body.values), organs_preset(HEALTHY))
    cells = {tissue: _drawn(kind, tissue, getattr(drawn, tissue)) for tissue, kind in body.cells.items()}
    return replace(body.replaced(others), cells=cells)


def _drawn(kind: CellKind, tissue: str, values: Values) -> CellKind:
    preset = load_preset(kind.preset)
    others = _shared(values, preset, load_preset(CELLS[HEALTHY][tissue].preset))
    return replace(kind, parameters=preset.override(others).build()) if others else kind


def _shared(values: Values, own: Preset, usual: Preset) -> dict[str, str]:
    """Those of which a preset has nothing of its own."""
    return {name: value for name, value in values if own.find(name).value == usual.find(name).value}


def draws(count: int) -> list[Drawn]:
    """Joint draws of the healthy body and its cells, spread evenly over those that there are."""
    found = _chosen(read_draws(BODIES.folder / f"{HEALTHY}.posterior.csv"), count)
    kinds = {tissue: CELLS[HEALTHY][tissue].preset for tissue in TISSUES}
    cells = {tissue: _chosen(posterior(preset), count) for tissue, preset in kinds.items()}
    return [
        Drawn(
            _as_fitted(organs, {tissue: dict(cells[tissue][k]) for tissue in TISSUES}),
            **{tissue: cells[tissue][k] for tissue in TISSUES},
        )
        for k, organs in enumerate(found)
    ]


def how_many(asked: int | PlaceLike | None, ranges: bool) -> int:
    """How many draws of a body are asked for; InputError if that is a file of them, or their plausible ranges."""
    if ranges:
        raise InputError("of a body only what its fit left open is drawn; leave it out.", place="--ranges")
    if asked is None:
        return DRAWS
    if not isinstance(asked, int) or asked < FEWEST:
        raise InputError(f"expected a number of draws of {FEWEST} or more, got {describe(asked)}.", place="--draws")
    return asked


def _chosen(known: Draws | None, count: int) -> list[Values]:
    """So many draws, as overrides are written; of what has none, nothing."""
    if known is None:
        return [()] * count
    rows = known.values[np.linspace(0, len(known) - 1, count).round().astype(int)]
    return [tuple((c.name, write(value, c.unit)) for c, value in zip(known.columns, row.tolist())) for row in rows]


def _as_fitted(organs: Values, cells: dict[str, dict[str, str]]) -> Values:
    """The numbers of organs and tissues with which cells of other rates take up what the fit found."""
    values = dict(organs)
    numbers = build(HEALTHY, values)
    for tissue, others in cells.items():
        preset = load_preset(CELLS[HEALTHY][tissue].preset)
        new = refitted(getattr(numbers, tissue), preset.build(), preset.override(others).build())
        values |= {f"{tissue}.cells_per_kg": f"{float(new.cells_per_kg)!r} 1/kg"}
        values |= {f"{tissue}.in_vivo_gain": f"{float(new.in_vivo_gain)!r} 1"}
    return tuple(values.items())


def refitted(tissue: Tissue, usual: ParameterSet, other: ParameterSet) -> Tissue:
    """A tissue of other cells that takes up as much as one of the usual, at rest in fasting and in clamped insulin.

    Without a gain, in clamped insulin alone. Where it would take a gain below 1, it is 1.
    """
    between = [tissue.interstitial_ratio * insulin for insulin in (FASTING, CLAMPED)]
    old, new = (
        [resting_uptake.per_second(one, insulin / PM_PER_NM, GLUCOSE) for insulin in between] for one in (usual, other)
    )
    wanted = [uptake * tissue.gain(insulin) for uptake, insulin in zip(old, between)]
    there = [tissue._replace(in_vivo_gain=2.0).gain(insulin) - 1.0 for insulin in between]  # of the gain
    more = 0.0
    if tissue.in_vivo_gain > 1.0:
        rise, own = wanted[1] / wanted[0], new[1] / new[0]
        # own (1 + more there1) = rise (1 + more there0)
        more = max((rise - own) / (own * there[1] - rise * there[0]), 0.0)
    cells = tissue.cells_per_kg * wanted[1] / (new[1] * (1.0 + more * there[1]))
    return tissue._replace(cells_per_kg=cells, in_vivo_gain=1.0 + more)
