"""The mean-field twin as SBML (Level 3 Version 2), for COPASI, libRoadRunner, Tellurium and the rest.

Rate laws are not written a second time: the model's own functions, the agents' `rates` and the signalling derivative,
are called with formulas in place of numbers and hand back formulas. Needs python-libsbml (extra `sbml`).
"""

from typing import Any

from glut4sim.agents import glucose, receptor, vesicle
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.model import followers, sbml_words, signalling
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.sim.model.equilibrium import glucose_molecules
from glut4sim.sim.model.fluxes import BINS, CAPTURE_BINS
from glut4sim.sim.model.formulas import Formula, as_number, symbolic
from glut4sim.sim.model.mean_field import solve, systems
from glut4sim.sim.model.parameters import canonical_units

_SHARES = {"receptors_phosphorylated": receptor.PHOSPHORYLATED, "receptors_internal": receptor.INTERNAL}
TAKEN = {  # names that results have for percentages and concentrations: here the share behind one is called NAME_share
    *("receptors_active", "receptors_phosphorylated", "receptors_internal", "irs1_phosphorylated", "akt_active"),
    *("akt_t308", "akt_s473", "as160_phosphorylated", "rab10_active", "mtorc1_active", "glucose_inside"),
}


def export(scenario: CellInputs, bins: int = BINS, capture_bins: int = CAPTURE_BINS) -> str:
    """The mean field of a scenario's cell as an SBML document, starting at rest, with the changes of the bath, and
    of parameters that hormones change during the run, as events. Of the bath, when it first changes is the parameter
    `insulin_at_1` [s] and to what `insulin_to_1`, and so on: another dose is another value of these. Where a cell has
    several membranes (sim/model/membranes.py), what belongs to one bears its name, as in t_tubules_vesicle_fused, in
    fractions of that.

    Species are fractions of their kind (vesicles by state and radial bin), lipids percent. What results have bears the
    same name and has the same unit here: `akt_active` is in percent, and follows from the species `akt_active_share`.

    Who changes a parameter needs another state of rest. It has no closed form: vesicles rest in a linear flow between
    200 places, and the feedback of mTORC1 and glucose are roots of equations; as initial assignments, one after the
    other, it would be copied into each other by libRoadRunner, a hundred thousand times. So the document comes to rest
    by itself until the time `rest_until` [s], 0 here, from which all times of the experiment count: until then the bath
    is that of the start, and glucose that is used comes back to the outside.

    InputError if python-libsbml is not installed, or the scenario has several assays.
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

    taken = frozenset(TAKEN)
    start = "rest_until + "  # of the experiment, before times that count from it

    def __init__(self, libsbml, scenario: CellInputs, bins, capture_bins):
        self._open(libsbml, "glut4sim", f"glut4sim mean field: {scenario.title}")
        self.sources = getattr(scenario, "preset", None)  # a cell that is no scenario's has none
        self.model.setNotes(sbml_words.notes("" if self.sources is None else self.sources.title))
        self.scenario, self.courses = scenario, scenario.parameter_schedule
        self.parameters = self.courses.values[0]
        self.sections = {}
        parts = systems(self.parameters, bins, capture_bins)
        self.space, self.prefix = parts[0][1].space, ""  # of the membrane that is being written
        bath = scenario.bath
        compartment = self.model.createCompartment()
        compartment.setId("cell")
        compartment.setConstant(True)
        compartment.setSize(1.0)
        compartment.setSpatialDimensions(3.0)
        compartment.setUnits("dimensionless")
        self._begin()
        self._quantity("insulin", bath.insulin.values[0], constant=False, unit="nM")
        self._quantity("glucose_bath", bath.glucose.values[0], constant=False, unit="mM")
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
        if self.taken:
            self._as_in_results()

    def _open(self, libsbml, name, title):
        """Begin a document."""
        self.libsbml = libsbml
        self.document = libsbml.SBMLDocument(3, 2)
        self.model = self.document.createModel()
        self.model.setId(name)
        self.model.setName(title)
        sbml_words.declare_units(libsbml, self.model)

    def _begin(self):
        """The time at which the experiment begins, and whether the cell comes to rest before."""
        self._quantity("rest_until", 0.0, unit="s")
        self._assign("resting", "piecewise(1, time < rest_until, 0)")

    def _since(self, moment):
        """The condition that so much of the experiment is over [s]."""
        return f"time >= {self.start}{moment}"

    def _share(self, name, prefix=None):
        """What a share of 1 is called, of the membrane that is being written or of one with another prefix."""
        return f"{self.prefix if prefix is None else prefix}{name}" + ("_share" if name in self.taken else "")

    def _quantity(self, name, value, constant=True, unit="1"):
        parameter = self.model.createParameter()
        parameter.setId(name)
        parameter.setUnits(sbml_words.UNITS[unit].id)
        parameter.setConstant(constant)
        if title := sbml_words.title_of(name):
            parameter.setName(title)
        if value is not None:
            parameter.setValue(float(value))
        return Formula(name)

    def _math(self, element, formula):
        ast = self.libsbml.parseL3Formula(str(formula))
        assert ast is not None, formula
        element.setMath(ast)

    def _assign(self, name, formula, unit="1"):
        self._quantity(name, None, constant=False, unit=unit)
        self._rule(name, formula)
        return Formula(name)

    def _rule(self, name, formula):
        """What a quantity always is."""
        rule = self.model.createAssignmentRule()
        rule.setVariable(name)
        self._math(rule, formula)

    def _species(self, name, amount):
        species = self.model.createSpecies()
        species.setId(name)
        species.setName(sbml_words.title_of(name) or name.replace("_", " "))
        species.setSubstanceUnits(sbml_words.UNITS["percent" if name.endswith(sbml_words.LIPIDS) else "1"].id)
        species.setCompartment("cell")
        species.setInitialAmount(float(amount))
        species.setHasOnlySubstanceUnits(True)
        species.setBoundaryCondition(False)
        species.setConstant(False)
        return Formula(name)

    def _reaction(self, name, source, target, rate):
        """So much of the source per second becomes target; while the cell rests, its supply of glucose lasts."""
        if str(target) == "glucose_used":
            self._flow_of(f"{name}_at_rest", source, "glucose_outside", rate * Formula("resting"))
            rate = rate * (1.0 - Formula("resting"))
        self._flow_of(name, source, target, rate)

    def _flow_of(self, name, source, target, rate):
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
        symbol = self._cell_parameter(section, name, course[0], len(set(course)) == 1)
        self._events(str(symbol), Schedule(self.courses.times, tuple(course)))
        return symbol

    def _cell_parameter(self, section, name, value, constant=True):
        """A parameter of the cell, with its unit, and where its number comes from."""
        unit = canonical_units(type(getattr(self.parameters, section)))[name]
        symbol = self._quantity(f"{section}_{name}", value, constant, unit)
        written = self.model.getParameter(str(symbol))
        written.setName(f"{section}.{name}" + (f" [{unit}]" if unit != "1" else ""))
        if self.sources is not None:
            written.setNotes(sbml_words.source(self.sources.find(f"{section}.{name}")))
        return symbol

    def _rates(self, kind, name, environment):
        """Each transition's rate as a variable of its own, named by its number and the states it joins."""
        formulas = symbolic(kind.rates)(environment, self._section(name))
        return [
            self._assign(f"rate_{self.prefix}{name}_{j}_{source.name}_to_{target.name}".lower(), formula, "1/s")
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
        when = self._quantity(f"{name}_at_{n}", at, unit="s")
        value = self._quantity(f"{name}_to_{n}", to, unit=sbml_words.BATH.get(name, "1"))
        self._event(f"{name}_{n}", self._since(when), {name: value})

    def _events(self, name, schedule):
        """An event wherever a schedule changes the quantity of a name."""
        changes = zip(schedule.times[1:], schedule.values, schedule.values[1:])
        for n, (time, before, value) in enumerate(changes, 1):
            if value == before:
                continue
            self._event(f"{name}_{n}", self._since(repr(time)), {name: repr(value)})

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
            self._assign(f"{self.prefix}insulin", around, "nM")
            return
        delayed = self._quantity(f"{self.prefix}insulin", value, constant=False, unit="nM")
        self._rate_rule(delayed, (around - delayed) / membrane.delay)

    def _receptors(self, fractions):
        amounts = [self._species(f"{self.prefix}receptor_{s.name.lower()}", fractions[s]) for s in receptor.State]
        rates = self._rates(receptor, "receptor", receptor.Environment(as_number(f"{self.prefix}insulin")))
        self._flow(receptor, amounts, rates)
        for name, states in (receptor.GIVES | _SHARES).items():
            self._assign(self._share(name), " + ".join(str(amounts[s]) for s in states))

    def _signalling(self, values, has_receptors):
        species = [self._species(self._share(name), value) for name, value in zip(signalling.SPECIES, values)]
        out: list[Any] = [None] * len(species)
        copies = self._section("receptor").copies if has_receptors else 0.0
        receptors = [Formula(self._share(name)) * copies for name in signalling.DRIVERS]
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
            parts = ((getattr(one, share), self._share(name, f"{one.name}_")) for one in membranes)
            self._assign(self._share(name), " + ".join(f"{of_all!r} * {part}" for of_all, part in parts))
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
        around = vesicle.Environment._make(as_number(self._share(name)) for name in vesicle.Environment._fields)
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
        self._assign("surface_glut4_percent", "100 * vesicles_at_surface", "percent")

    def _speed(self, state, b, to):
        """Rate of motion from a bin to its neighbour, None where there is no motion."""
        speed = self.space.transport[state, to, b]
        return Formula(speed) if speed > 0.0 else None

    def _glucose(self, fractions):
        amounts = [self._species(self._share(f"glucose_{s.name.lower()}"), fractions[s]) for s in glucose.State]
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
        environment = kind.agents.Environment(*map(as_number, map(self._share, names)))
        self._flow(kind.agents, amounts, self._rates(kind.agents, kind.name, environment))
        for name, states in getattr(kind.agents, "GIVES", {}).items():
            self._assign(name, " + ".join(str(amounts[s]) for s in states))

    def _as_in_results(self):
        """What results of a run have by the same name, in the same unit."""
        share = {name: Formula(self._share(name)) for name in (*receptor.GIVES, *_SHARES, *signalling.SPECIES)}
        s, sugar = self._section("signalling"), self._section("glucose")
        irs1 = share["irs1_phosphorylated"] + s.pi3k_per_irs1 * share["pi3k_bound"]
        protected = s.irs1_protect * share["mtorc1_active"]
        of_one = {name: share[name] for name in ("receptors_active", "receptors_internal")} | {
            "receptors_phosphorylated": share["receptors_phosphorylated"] * self._section("receptor").copies,
            "irs1_phosphorylated": irs1,
            "irs1_s307": protected / (1.0 + protected) * irs1 + share["irs1_refractory"],
            "akt_t308": share["akt_t308"] + share["akt_active"],
            "akt_s473": share["akt_s473"] + share["akt_active"],
        }
        for name in ("akt_active", "as160_phosphorylated", "rab10_active", "mtorc1_active"):
            of_one[name] = share[name]
        for name, formula in of_one.items():
            self._assign(name, 100.0 * formula, "percent")
        per_mm = sugar.cytosol_volume * glucose.MOLECULES_PER_MM_PL
        for name, state in (("glucose_inside", "inside"), ("glucose_6_phosphate", "phosphorylated")):
            self._assign(name, Formula(self._share(f"glucose_{state}")) * sugar.supply / per_mm, "mM")
        inflow = Formula("rate_glucose_0_outside_to_inside") * Formula("glucose_outside")
        outflow = Formula("rate_glucose_1_inside_to_outside") * Formula(self._share("glucose_inside"))
        self._assign("glucose_uptake_rate", (inflow - outflow) * sugar.supply, "1/s")
