"""The mean field as an SBML document whose experiments are parameters: what PEtab's condition tables need.

One document serves all experiments of a fit. Whatever they may change is a parameter of its own:

    insulin, glucose_bath               in the bath at the start; and for every change of theirs
    insulin_at_1, insulin_to_1, ..      when [s] and to what; NEVER where an experiment has fewer changes
    step_pi3k, step_pi3k_at_1, ..       what hormones multiply a step of the cell by, in the same way
    resting                             1 while the cell comes to rest before an experiment, 0 in it

The state of rest follows from the parameters: simulate with resting = 1 until nothing changes any more. It is the one
of mean_field.System.rest: agents are replaced by new ones in their first state at the rate equilibrium.SLOW, which
makes it unique, p = (1 - G / SLOW)^-1 p0, and glucose that is used comes back to the outside, so that the supply lasts.

What is counted (fusions, transient_fusions, clustered_fusions, glucose_net_influx) is a fraction of all agents and
counts from the start of the experiment. What is read at some moment, or record by record with its mean, is kept until
the end.
"""

import re
from collections.abc import Mapping, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from glut4sim.agents import receptor, vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import equilibrium
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.formulas import Formula
from glut4sim.sim.model.parameters import ParameterSet
from glut4sim.sim.model.sbml import Writer, load_libsbml

NEVER = 1e30  # s
SHAPES = ("cell_radius", "inner_radius", "capture_distance")  # of the radial bins, which are numbers in the document
STILL = 1e-8  # less drift over diffusion is taken as none, as fluxes.py does
_MOTION = {  # state -> its parameters: diffusion, and drift with its sign
    vesicle.State.STORED: ("diffusion_stored", "", 1.0),
    vesicle.State.MOBILE: ("diffusion_mobile", "drift_mobile", 1.0),
    vesicle.State.ENDOCYTOSED: ("diffusion_endocytosed", "drift_endocytosed", -1.0),
}


class Reading(NamedTuple):
    """The mean of a formula over the records of a span of time, which may be a single one.

    Attributes
    ----------
    name : of the parameter that holds it when the last record is past
    formula
        of the document's names; a counter in braces, {fusions}, is how fast it counts since the record before [1/s]
    counters : those in braces
    first, last, every : records, and the time between them [s]
    """

    name: str
    formula: str
    counters: tuple[str, ...]
    first: float
    last: float
    every: float


class FreeEffect(NamedTuple):
    """An effect of a hormone on a step of the cell whose strength is free.

    The step is multiplied by (1 + gain seen) / (1 + gain healthy) where it has a gain, by exp(power seen) where it has
    a power; `NAME_seen` and `NAME_healthy` are parameters of the document, 0 where it does not act.
    """

    name: str  # of its strength: "testosterone-pi3k.gain"
    value: float
    step: str

    @property
    def is_power(self) -> bool:
        return self.name.endswith(".power")


class Template(NamedTuple):
    """What experiments may change, and what is read of them.

    Attributes
    ----------
    parameters : of the cell as no hormone has changed them; those of an experiment that says nothing else
    changes
        quantity, such as "insulin" or "step_pi3k" -> how often it changes at most in the course of an experiment
    steps
        step of the cell on which hormones act -> parameter, such as "signalling.pi3k_reference" -> power of the step's
        factor by which it is multiplied
    varied
        parameters, such as "vesicle.diffusion_mobile", that may have other values than these
    """

    parameters: ParameterSet
    changes: Mapping[str, int]
    steps: Mapping[str, Mapping[str, float]]
    varied: Set[str]
    readings: Sequence[Reading] = ()
    effects: Sequence[FreeEffect] = ()


def identifier(name: str) -> str:
    """How the document calls something such as "vesicle.fuse" or "testosterone-pi3k.gain"."""
    return re.sub(r"\W", "_", name)


def export(scenario: CellInputs, template: Template, bins: int, capture_bins: int) -> str:
    """The document, its values and its state of rest those of a scenario.

    InputError if python-libsbml is not installed, or if what gives the radial bins their shape is to vary.
    """
    for name in SHAPES:
        if f"vesicle.{name}" in template.varied:
            raise InputError(
                "it shapes the radial bins, which SBML holds as numbers; leave it as it is.", f"vesicle.{name}"
            )
    if template.parameters.fibre:
        raise InputError("a cell with several membranes has no SBML whose experiments are parameters.", "cell.preset")
    libsbml = load_libsbml("export petab")
    return libsbml.writeSBMLToString(_TemplateWriter(libsbml, scenario, template, bins, capture_bins).document)


class _TemplateWriter(Writer):
    taken = frozenset()  # petab_quantities.py says what results have
    start = ""  # the cell comes to rest before time 0

    def __init__(self, libsbml, scenario, template, bins, capture_bins):
        self.template = template
        self.factors = {
            parameter: (self._factor(step), power)
            for step, parameters in template.steps.items()
            for parameter, power in parameters.items()
        }
        super().__init__(libsbml, scenario, bins, capture_bins)
        rates = "rate_vesicle_{}_docked_to_{}"
        self._count("fusions", f"{rates.format(vesicle.FUSION, 'fused')} * vesicle_docked")
        self._count("transient_fusions", f"{rates.format(vesicle.TRANSIENT_FUSION, 'tethered')} * vesicle_docked")
        self._count("clustered_fusions", f"{rates.format(vesicle.CLUSTERED_FUSION, 'clustered')} * vesicle_docked")
        inflow, outflow = "rate_glucose_0_outside_to_inside", "rate_glucose_1_inside_to_outside"
        self._count("glucose_net_influx", f"{inflow} * glucose_outside - {outflow} * glucose_inside")
        for reading in template.readings:
            self._read(reading)

    def _factor(self, step):
        """Formula of what a step of the cell is multiplied by."""
        factors = [f"step_{step}"]
        for effect in self.template.effects:
            name = identifier(effect.name)
            if effect.step == step and effect.is_power:
                factors.append(f"exp({name} * {name}_seen)")
            elif effect.step == step:
                factors.append(f"((1 + {name} * {name}_seen) / (1 + {name} * {name}_healthy))")
        return Formula("(" + " * ".join(factors) + ")")

    def _begin(self):
        self._quantity("resting", 0.0)
        self._quantity("vesicles", self.scenario.cell.vesicles)
        for effect in self.template.effects:
            name = identifier(effect.name)
            self._quantity(name, effect.value)
            self._quantity(f"{name}_seen", 0.0)
            if not effect.is_power:
                self._quantity(f"{name}_healthy", 0.0)
        self._assign("renewal", f"{equilibrium.SLOW!r} * resting")
        for step in self.template.steps:
            name = f"step_{step}"
            self._quantity(name, 1.0, constant=False)
            self._changes(name)

    def _given(self, name, schedule: Schedule):
        """As many changes as any experiment has; times and values are those of an experiment, not of the scenario."""
        self._changes(name)

    def _changes(self, name):
        for n in range(1, self.template.changes.get(name, 0) + 1):
            self._change(name, n, NEVER, 0.0)

    def _parameter(self, section, name):
        symbol = self._cell_parameter(section, name, getattr(getattr(self.template.parameters, section), name))
        factor, power = self.factors.get(f"{section}.{name}", (Formula(1.0), 0.0))
        if power == 0.0:
            return symbol
        return symbol * (factor if power == 1.0 else Formula(f"{factor}^{power!r}"))

    def _receptors(self, fractions):
        super()._receptors(fractions)
        self._renew("receptor", {f"receptor_{s.name.lower()}": float(s == 0) for s in receptor.State})

    def _vesicles(self, fractions, cover):
        super()._vesicles(fractions, cover)
        new = {
            f"vesicle_stored_{b}": share for b, share in enumerate(equilibrium.shares_of_volume(self.space).tolist())
        }
        names = [self.model.getSpecies(i).getId() for i in range(self.model.getNumSpecies())]
        self._renew("vesicle", {name: new.get(name, 0.0) for name in names if name.startswith("vesicle_")})

    def _renew(self, kind, shares):
        """Every agent is replaced, at the rate of renewal, by a new one in a state where so many shares are."""
        for name, share in shares.items():
            self._one_way(f"leave_{name}", "createReactant", name, f"renewal * {name}")
            if share > 0.0:
                self._one_way(f"enter_{name}", "createProduct", name, f"renewal * {share!r}")

    def _one_way(self, name, create, species, rate):
        reaction = self.model.createReaction()
        reaction.setId(name)
        reaction.setReversible(False)
        reference = getattr(reaction, create)()
        reference.setSpecies(species)
        reference.setStoichiometry(1.0)
        reference.setConstant(True)
        self._math(reaction.createKineticLaw(), rate)

    def _speed(self, state, b, to):
        diffusion, drift, sign = _MOTION.get(state, ("", "", 1.0))
        if not {f"vesicle.{diffusion}", f"vesicle.{drift}"} & self.template.varied:
            return super()._speed(state, b, to)
        edges, inner = self.space.edges.tolist(), min(b, to)
        middles = [(low + high) / 2.0 for low, high in pairwise(edges)]
        gap, area = middles[inner + 1] - middles[inner], edges[inner + 1] ** 2
        volume = (edges[b + 1] ** 3 - edges[b] ** 3) / 3.0
        velocity = Formula(f"vesicle_{drift}") * (sign * (to - b)) if drift else Formula(0.0)
        return _exchange(Formula(f"vesicle_{diffusion}"), velocity, gap) * (area / volume)

    def _count(self, name, rate):
        """What happens so often, counted from the start of the experiment."""
        self._quantity(name, 0.0, constant=False)
        rule = self.model.createRateRule()
        rule.setVariable(name)
        self._math(rule, f"(1 - resting) * ({rate})")

    def _read(self, reading):
        """An event that takes a record, and then waits for the next."""
        name, records = reading.name, round((reading.last - reading.first) / reading.every) + 1
        begin = reading.first - (reading.every if reading.counters else 0.0)
        after = f"{name}_next"
        self._quantity(name, 0.0, constant=False)
        self._quantity(after, begin, constant=False)
        speeds = {c: f"(({c} - {name}_{c}) / {reading.every!r})" for c in reading.counters}
        value = f"{name} + ({reading.formula.format(**speeds)}) / {records}"
        values = {name: value, after: f"{after} + {reading.every!r}"}
        if reading.counters:
            values[name] = f"piecewise({value}, {after} > {reading.first - reading.every / 2.0!r}, {name})"
        for counter in reading.counters:
            self._quantity(f"{name}_{counter}", 0.0, constant=False)
            values[f"{name}_{counter}"] = counter
        until = reading.last + reading.every / 2.0
        self._event(f"read_{name}", f"resting < 0.5 && time >= {after} && {after} < {until!r}", values)


def _exchange(diffusion, velocity, gap):
    """As fluxes.py: with what speed a substance passes to the middle of the next bin that way, in um/s."""
    peclet = velocity * -gap / diffusion
    falling = f"piecewise({peclet} / (exp({peclet}) - 1), abs({peclet}) > {STILL!r}, 1 - {peclet} / 2)"
    still = f"piecewise({velocity}, {velocity} > 0, 0)"
    return Formula(f"piecewise({diffusion / gap} * {falling}, {diffusion} > 0, {still})")
