"""A body of mean fields in a test as one SBML document, for COPASI, libRoadRunner and the rest.

The equations are not written a second time: the cells of each tissue are the document of sim/model/sbml.py, whose
names get the tissue's in front (muscle_cell_vesicle_fused), and those of the blood are the functions of blood.py and
organs.py, called with formulas in place of numbers. Uptake acts at every moment, not from exchange to exchange. Time
counts seconds, rates of the blood are per minute. What the body swallows is in the stomach at the start; what is
infused changes by events. Hormones stay as they are when the test begins. Needs python-libsbml (extra `sbml`).
"""

import re
from math import isnan
from typing import Any

from glut4sim.agents import glucose as molecules
from glut4sim.sim.body import blood, cells
from glut4sim.sim.body.blood import INTEGRAL, PROPORTIONAL, Given, Rest
from glut4sim.sim.body.body import Body
from glut4sim.sim.body.cells import MG_PER_MOLECULE, PM_PER_NM, Around, CellSize, Inputs, Timing
from glut4sim.sim.body.engine import BodyEngine
from glut4sim.sim.body.organs import TISSUES
from glut4sim.sim.body.protocols import Clamp, Protocol
from glut4sim.sim.endocrine.meal import MG_PER_DL, MealState
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model.formulas import Formula, symbolic
from glut4sim.sim.model.sbml import Writer, load_libsbml

MINUTE = 60.0  # s
_NAMED = re.compile(r'(\b(?:id|species|variable|compartment)="|<ci> )(\w+)')  # where a document says a name


def export(body: Body, protocol: Protocol) -> str:
    """A test of a body of mean fields, from rest.

    Raises
    ------
    InputError
        if python-libsbml is not installed, or the body does not come to rest
    """
    libsbml = load_libsbml("export sbml")
    return libsbml.writeSBMLToString(BodyWriter(libsbml, body, protocol).document)


class CellWriter(Writer):
    """The document of a cell of a tissue, in the making: without what results have besides."""

    taken = frozenset()


class BodyWriter(Writer):
    """The document of a test of a body, in the making."""

    start = ""  # it is at rest at time 0

    def __init__(self, libsbml, body: Body, protocol: Protocol):
        self._open(libsbml, "glut4sim_body", f"glut4sim body of mean fields: {protocol.kind}")
        self.body = body
        engine = BodyEngine(body)
        for _, carbohydrate, drunk in protocol.swallowed():
            engine.swallow(carbohydrate, drunk)
        for tissue in TISSUES:
            self._cells(tissue, engine)
        self._blood(engine, self._infused(protocol, engine.fasting))

    def _cells(self, tissue: str, engine: BodyEngine):
        """The document of a cell, under the tissue's name, in what is between the cells."""
        insulin, glucose = engine.blood.interstitial(tissue) / PM_PER_NM, engine.blood.tissue_glucose
        around = Around(Schedule((0.0,), (insulin,)), Schedule((0.0,), (glucose,)))
        parameters = Schedule((0.0,), (engine.parameters[tissue],))
        inputs = Inputs(CellSize(1, 1, 0.0, 0.0, 0.0), around, Timing(1.0, 1.0), parameters)
        cell = CellWriter(self.libsbml, inputs, cells.BINS, cells.CAPTURE_BINS)
        text = _NAMED.sub(rf"\1{tissue}_cell_\2", self.libsbml.writeSBMLToString(cell.document))
        own = self.libsbml.readSBMLFromString(text).getModel()
        for kind in ("Compartments", "Parameters", "Species", "Reactions", "Rules", "Events"):
            getattr(self.model, f"getListOf{kind}")().appendFrom(getattr(own, f"getListOf{kind}")())

    def _infused(self, protocol: Protocol, fasting: float) -> Given:
        """What is infused, and its changes as events."""
        times = [0.0]
        if isinstance(protocol, Clamp):
            begin = (0.0, *(time for time, _ in protocol.later))
            changes = {time for began in begin for time in (began, began + protocol.primed)}
            times += sorted(time for time in changes if 0.0 < time < protocol.duration)
        course = [protocol.given(time, self.body.person, fasting) for time in times]
        rate: Any = self._quantity("insulin_infusion", course[0].insulin, constant=False)
        self._given("insulin_infusion", Schedule(tuple(times), tuple(given.insulin for given in course)))
        target = course[0].target
        held: Any = None if target is None else self._quantity("clamp_target", target)
        return Given(rate, target=held)

    def _blood(self, engine: BodyEngine, given: Given):
        """The states of the blood, and how fast they change."""
        kinds: tuple[Any, Any] = MealState, Rest
        states: list[Any] = [
            kind(*(self._quantity(name, value, constant=False) for name, value in zip(kind._fields, now)))
            for kind, now in zip(kinds, engine.blood.states)
        ]
        s, rest = states
        p = self._named("meal", engine.blood.subject)
        named = {
            name: self._named(name, getattr(engine.blood.organs, name)) for name in ("liver", "splanchnic", *TISSUES)
        }
        organs: Any = engine.blood.organs._replace(**named)
        glucose = self._assign("glucose", s.glucose_plasma / p.glucose_volume)
        self._assign("insulin", s.insulin_plasma / p.insulin_volume)
        outside = self._assign("tissue_glucose", s.glucose_tissue * p.k2 / p.k1 / p.glucose_volume / MG_PER_DL)
        uptakes = []
        for tissue in TISSUES:
            between = getattr(rest, f"{tissue}_insulin")
            self._rule(f"{tissue}_cell_insulin", between / PM_PER_NM)
            self._rule(f"{tissue}_cell_glucose_bath", outside)
            uptakes.append(self._assign(f"{tissue}_uptake", self._uptake(tissue, getattr(organs, tissue), between)))
        slopes = symbolic(blood.slopes, {"_infusion": _infusion})(organs, p, engine.blood.full, s, rest, given, uptakes)
        for variable, slope in zip((*s, *rest), (*slopes[0], *slopes[1])):
            self._rate_rule(variable, Formula(getattr(slope, "text", slope)) / MINUTE)
        self._assign("production", symbolic(blood.production)(organs.liver, s, rest))
        self._assign("infusion", _infusion(given, glucose, rest.feedback)[0])

    def _uptake(self, tissue: str, numbers: Any, between: Formula) -> Formula:
        """Of a tissue [mg/kg/min]."""
        net = self._flux(tissue, molecules.INFLUX) - self._flux(tissue, molecules.EFFLUX)
        of_mass = MINUTE * MG_PER_MOLECULE * self.body.mass(tissue) / self.body.person.mass
        per_molecule = of_mass * numbers.cells_per_kg * Formula(f"{tissue}_cell_glucose_supply")
        return per_molecule * numbers.gain(between) * net

    def _flux(self, tissue: str, transition: int) -> Formula:
        """Of glucose in a cell [1/s], as a fraction of its supply."""
        source, target = (state.name.lower() for state in molecules.TRANSITIONS[transition])
        rate = Formula(f"{tissue}_cell_rate_glucose_{transition}_{source}_to_{target}")
        return rate * Formula(f"{tissue}_cell_glucose_{source}")

    def _named(self, section: str, values: Any) -> Any:
        """Numbers of a section as parameters of the document; what is not used stays."""
        return values._make(
            value if isnan(value) else self._quantity(f"{section}_{name}", value)
            for name, value in zip(values._fields, values)
        )


def _infusion(given: Any, glucose: Any, feedback: Any) -> tuple[Any, Any]:
    """As that of blood.py, in formulas."""
    if given.target is None:
        return Formula(given.glucose), Formula(0.0)
    missing = given.target - glucose
    wanted = PROPORTIONAL * missing + feedback
    learning = Formula(f"piecewise({INTEGRAL * missing}, or({wanted} > 0, {missing} > 0), 0)")
    return given.glucose + Formula(f"piecewise({wanted}, {wanted} > 0, 0)"), learning
