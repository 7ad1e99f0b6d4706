"""The mean-field twin as SBML (Level 3 Version 2), for COPASI, libRoadRunner, Tellurium and the rest.

Rate laws are not written a second time: the model's own functions, the agents' `rates` and the signalling derivative,
are called with formulas in place of numbers and hand back formulas. Needs python-libsbml (extra `sbml`).
"""

from types import FunctionType
from typing import Any

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import followers, signalling
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.equilibrium import glucose_molecules
from glut4sim.sim.model.fluxes import BINS, CAPTURE_BINS
from glut4sim.sim.model.mean_field import solve, systems
from glut4sim.sim.model.parameters import canonical_units

_SHARES = {"receptors_phosphorylated": receptor.PHOSPHORYLATED, "receptors_internal": receptor.INTERNAL}


class Formula:
    """An arithmetic expression in the making, as SBML's infix text."""

    def __init__(self, text):
        self.text = text if isinstance(text, str) else repr(float(text))

    def __repr__(self):
        return self.text

    def _with(self, sign, other, swapped=False):
        pair = (Formula(getattr(other, "text", other)).text, self.text)
        left, right = pair if swapped else pair[::-1]
        return Formula(f"({left} {sign} {right})")

    def __add__(self, other):
        return self._with("+", other)

    def __radd__(self, other):
        return self._with("+", other, swapped=True)

    def __sub__(self, other):
        return self._with("-", other)

    def __rsub__(self, other):
        return self._with("-", other, swapped=True)

    def __mul__(self, other):
        return self._with("*", other)

    def __rmul__(self, other):
        return self._with("*", other, swapped=True)

    def __truediv__(self, other):
        return self._with("/", other)

    def __rtruediv__(self, other):
        return self._with("/", other, swapped=True)

    def __neg__(self):
        return Formula(f"(-{self.text})")


def as_number(text: str) -> Any:
    """A formula where rates expect a number."""
    return Formula(text)


def _larger(a, b):
    a, b = Formula(getattr(a, "text", a)), Formula(getattr(b, "text", b))
    return Formula(f"piecewise({a}, {a} > {b}, {b})")


def symbolic(function):
    """A compiled model function as one that takes formulas: its source, with `max` and `float` that understand them."""
    code = function.py_func.__code__
    around = {
        name: symbolic(value) if hasattr(value, "py_func") else value
        for name, value in function.py_func.__globals__.items()
        if name in code.co_names
    }
    return FunctionType(code, around | {"max": _larger, "float": lambda value: value})


def export(scenario: CellInputs, bins: int = BINS, capture_bins: int = CAPTURE_BINS) -> str:
    """The mean field of a scenario's cell as an SBML document, starting at rest, with the changes of the bath, and
    of parameters that hormones change during the run, as events. Of the bath, when it first changes is the parameter
    `insulin_at_1` [s] and to what `insulin_to_1`, and so on: another dose is another value of these. Where a cell has
    several membranes (sim/model/membranes.py), what belongs to one bears its name, as in t_tubules_vesicle_fused, in
    fractions of that.

    Species are fractions of their kind (vesicles by state and radial bin), lipids percent; time counts seconds, insulin
    nM, glucose mM. InputError if python-libsbml is not installed, or the scenario has several assays.
    """
    libsbml = load_libsbml("export sbml")
    return libsbml.writeSBMLToString(Writer(libsbml, scenario, bins, capture_bins).document)


def load_libsbml(command: str) -> Any:
    """python-libsbml; InputError, which names the command that needs it, if it is not installed."""
    try:
        import libsbml
    except ImportError:
        raise InputError(f"{command}: needs python-libsbml; install it with: pip install 'glut4sim[sbml]'") from None
    return libsbml


class Writer:
    """An SBML document in the making; sim/model/sbml_template.py says more with it."""

    def __init__(self, libsbml, scenario: CellInputs, bins, capture_bins):
        self.libsbml = libsbml
        self.document = libsbml.SBMLDocument(3, 2)
        self.model = self.document.createModel()
        self.model.setId("glut4sim")
        self.model.setName(f"glut4sim mean field: {scenario.title}")
        self.scenario, self.courses = scenario, scenario.parameter_schedule
        self.parameters = self.courses.values[0]
        self.sections = {}
        parts = systems(self.parameters, bins, capture_bins)
        self.space, self.prefix = parts[0][1].space, ""  # of the membrane that is being written
        bath = scenario.bath
        self._units()
        compartment = self.model.createCompartment()
        compartment.setId("cell")
        compartment.setConstant(True)
        compartment.setSize(1.0)
        compartment.setUnits("dimensionless")
        self._begin()
        self._quantity("insulin", bath.insulin.values[0], constant=False)
        self._quantity("glucose_bath", bath.glucose.values[0], constant=False)
        self._given("insulin", bath.insulin)
        self._given("glucose_bath", bath.glucose)
        surface = 0.0
        for membrane, system in parts:
            self.space, self.prefix = system.space, f"{membrane.name}_" if len(parts) > 1 else ""
            at_start = membrane.insulin(bath).values[0]
            rest = system.start(membrane, bath)
            receptors, signals, vesicles, _ = system.split(rest)
            surface += membrane.vesicles * float(vesicles[list(vesicle.SURFACE)].sum())
            self._insulin(membrane, at_start)
            self._receptors(receptors)
            self._signalling(signals, membrane.receptors > 0.0)
            self._vesicles(vesicles, membrane.cover)
        self.prefix = ""
        if len(parts) > 1:
            self._together([membrane for membrane, _ in parts])
        p = self.parameters
        at_rest = glucose_molecules(p.glucose, surface * p.vesicle.glut4_copies, bath.glucose.values[0])
        self._glucose(at_rest / p.glucose.supply)
        for kind in followers.followers():
            self._follower(kind)

    def _units(self):
        """All is declared free of units: agents come as fractions, lipids in percent, time as a number of seconds.
        Names of parameters, and the notes, say the units."""
        model = self.model
        for setter in (model.setTimeUnits, model.setSubstanceUnits, model.setExtentUnits, model.setVolumeUnits):
            setter("dimensionless")

    def _begin(self):
        """What a document has besides; none here."""

    def _quantity(self, name, value, constant=True):
        parameter = self.model.createParameter()
        parameter.setId(name)
        parameter.setUnits("dimensionless")
        parameter.setConstant(constant)
        if value is not None:
            parameter.setValue(float(value))
        return Formula(name)

    def _math(self, element, formula):
        ast = self.libsbml.parseL3Formula(str(formula))
        assert ast is not None, formula
        element.setMath(ast)

    def _assign(self, name, formula):
        self._quantity(name, None, constant=False)
        rule = self.model.createAssignmentRule()
        rule.setVariable(name)
        self._math(rule, formula)
        return Formula(name)

    def _species(self, name, amount):
        species = self.model.createSpecies()
        species.setId(name)
        species.setCompartment("cell")
        species.setInitialAmount(float(amount))
        species.setHasOnlySubstanceUnits(True)
        species.setBoundaryCondition(False)
        species.setConstant(False)
        return Formula(name)

    def _reaction(self, name, source, target, rate):
        reaction = self.model.createReaction()
        reaction.setId(name)
        reaction.setReversible(False)
        for create, species in ((reaction.createReactant, source), (reaction.createProduct, target)):
            reference = create()
            reference.setSpecies(str(species))
            reference.setStoichiometry(1.0)
            reference.setConstant(True)
        self._math(reaction.createKineticLaw(), rate * source)

    def _section(self, section):
        """Parameters of a section; those that hormones change during the run get events."""
        if section not in self.sections:
            kind = type(getattr(self.parameters, section))
            self.sections[section] = kind(*(self._parameter(section, name) for name in kind._fields))
        return self.sections[section]

    def _parameter(self, section, name):
        course = [getattr(getattr(parameters, section), name) for parameters in self.courses.values]
        symbol = self._quantity(f"{section}_{name}", course[0], constant=len(set(course)) == 1)
        unit = canonical_units(type(getattr(self.parameters, section)))[name]
        self.model.getParameter(str(symbol)).setName(f"{section}.{name}" + (f" [{unit}]" if unit != "1" else ""))
        self._events(str(symbol), Schedule(self.courses.times, tuple(course)))
        return symbol

    def _rates(self, kind, name, environment):
        """Each transition's rate as a variable of its own, named by its number and the states it joins."""
        formulas = symbolic(kind.rates)(environment, self._section(name))
        return [
            self._assign(f"rate_{self.prefix}{name}_{j}_{source.name}_to_{target.name}".lower(), formula)
            for j, ((source, target), formula) in enumerate(zip(kind.TRANSITIONS, formulas))
        ]

    def _flow(self, kind, amounts, rates):
        for (source, target), rate in zip(kind.TRANSITIONS, rates):
            self._reaction(str(rate).removeprefix("rate_"), amounts[source], amounts[target], rate)

    def _given(self, name, schedule):
        """What an experiment gives: parameters say when it changes and to what, so that another dose is a number."""
        changes = zip(schedule.times[1:], schedule.values, schedule.values[1:])
        for n, (time, before, value) in enumerate(changes, 1):
            if value != before:
                self._change(name, n, time, value)

    def _change(self, name, n, at, to):
        """The n-th change of a quantity, `at` [s] and `to` parameters of the document."""
        when, value = self._quantity(f"{name}_at_{n}", at), self._quantity(f"{name}_to_{n}", to)
        self._event(f"{name}_{n}", f"time >= {when}", {name: value})

    def _events(self, name, schedule):
        """An event wherever a schedule changes the quantity of a name."""
        changes = zip(schedule.times[1:], schedule.values, schedule.values[1:])
        for n, (time, before, value) in enumerate(changes, 1):
            if value == before:
                continue
            self._event(f"{name}_{n}", f"time >= {time!r}", {name: repr(value)})

    def _event(self, name, condition, values):
        """An event: when a condition comes true, the quantities of some names take values."""
        event = self.model.createEvent()
        event.setId(name)
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        self._math(trigger, condition)
        for quantity, value in values.items():
            assignment = event.createEventAssignment()
            assignment.setVariable(quantity)
            self._math(assignment, value)

    def _insulin(self, membrane, value):
        """Insulin at one of several membranes; it follows the bath with the membrane's delay."""
        if not self.prefix:
            return
        around = Formula("insulin") * membrane.of_plasma if self.scenario.bath.plasma else Formula("insulin")
        if membrane.delay == 0.0:
            self._assign(f"{self.prefix}insulin", around)
            return
        delayed = self._quantity(f"{self.prefix}insulin", value, constant=False)
        self._rate_rule(delayed, (around - delayed) / membrane.delay)

    def _receptors(self, fractions):
        amounts = [self._species(f"{self.prefix}receptor_{s.name.lower()}", fractions[s]) for s in receptor.State]
        rates = self._rates(receptor, "receptor", receptor.Environment(as_number(f"{self.prefix}insulin")))
        self._flow(receptor, amounts, rates)
        for name, states in (receptor.GIVES | _SHARES).items():
            self._assign(self.prefix + name, " + ".join(str(amounts[s]) for s in states))

    def _signalling(self, values, has_receptors):
        species = [self._species(f"{self.prefix}{name}", value) for name, value in zip(signalling.SPECIES, values)]
        out: list[Any] = [None] * len(species)
        copies = self._section("receptor").copies if has_receptors else 0.0
        receptors = [Formula(f"{self.prefix}{name}") * copies for name in signalling.DRIVERS]
        symbolic(signalling.derivative)(species, *receptors, self._section("signalling"), out)
        for name, formula in zip(species, out):
            self._rate_rule(name, formula)

    def _rate_rule(self, name, formula):
        rule = self.model.createRateRule()
        rule.setVariable(str(name))
        self._math(rule, formula)

    def _together(self, membranes):
        """What the membranes hold, as fractions of the whole cell."""
        of_vesicles = [f"vesicle_{s.name.lower()}" for s in vesicle.State]
        of_receptors = list(receptor.GIVES | _SHARES)
        for name in (*of_receptors, *signalling.SPECIES, *of_vesicles):
            share = "receptors" if name in of_receptors else "vesicles"
            self._assign(name, " + ".join(f"{getattr(one, share)!r} * {one.name}_{name}" for one in membranes))
        self._surface()

    def _vesicles(self, fractions, cover):
        space, last = self.space, len(self.space.near) - 1
        bins = {s: [last] if space.at_edge[s] else range(last + 1) for s in vesicle.State}
        amounts = {
            s: {b: self._species(f"{self.prefix}vesicle_{s.name.lower()}_{b}", fractions[s, b]) for b in bins[s]}
            for s in vesicle.State
        }
        for s in vesicle.State:
            for b in bins[s]:
                for to in (b - 1, b + 1):
                    if to in amounts[s] and (speed := self._speed(s, b, to)) is not None:
                        name = f"{self.prefix}move_{s.name.lower()}_{b}_to_{to}"
                        self._reaction(name, amounts[s][b], amounts[s][to], speed)
        around = vesicle.Environment._make(as_number(f"{self.prefix}{name}") for name in vesicle.Environment._fields)
        rates = self._rates(vesicle, "vesicle", around)
        for j, ((source, target), rate) in enumerate(zip(vesicle.TRANSITIONS, rates)):
            for b in bins[source]:
                if j != vesicle.TETHERING or space.near[b]:
                    to = last if space.at_edge[target] else b
                    name = f"{str(rate).removeprefix('rate_')}_{b}"
                    at = rate * cover if j == vesicle.TETHERING and cover != 1.0 else rate
                    self._reaction(name, amounts[source][b], amounts[target][to], at)
        for s in vesicle.State:
            self._assign(f"{self.prefix}vesicle_{s.name.lower()}", " + ".join(map(str, amounts[s].values())))
        if not self.prefix:
            self._surface()

    def _surface(self):
        surface = " + ".join(f"vesicle_{s.name.lower()}" for s in vesicle.SURFACE)
        self._assign("vesicles_at_surface", surface)
        self._assign("surface_glut4_percent", "100 * vesicles_at_surface")

    def _speed(self, state, b, to):
        """Rate of motion from a bin to its neighbour, None where there is no motion."""
        speed = self.space.transport[state, to, b]
        return Formula(speed) if speed > 0.0 else None

    def _glucose(self, fractions):
        amounts = [self._species(f"glucose_{s.name.lower()}", fractions[s]) for s in glucose.State]
        p = self._section("glucose")
        molecules = tuple(amount * p.supply for amount in amounts)
        glut4 = self._assign("surface_glut4", Formula("vesicles_at_surface") * self._section("vesicle").glut4_copies)
        environment = symbolic(glucose.environment)(molecules, glut4, Formula("glucose_bath"), p)
        self._flow(glucose, amounts, self._rates(glucose, "glucose", environment))

    def _follower(self, kind):
        """A kind that the others drive, and that acts on none of them; it starts where it rests at time 0."""
        start = getattr(solve(self.scenario, [0.0]), kind.plural)[0]
        start = start / start.sum()
        amounts = [self._species(f"{kind.name}_{s.name.lower()}", start[s]) for s in kind.agents.State]
        names = ("surface_glut4" if name == "glut4_surface" else name for name in kind.agents.Environment._fields)
        environment = kind.agents.Environment(*map(Formula, names))
        self._flow(kind.agents, amounts, self._rates(kind.agents, kind.name, environment))
        for name, states in getattr(kind.agents, "GIVES", {}).items():
            self._assign(name, " + ".join(str(amounts[s]) for s in states))
