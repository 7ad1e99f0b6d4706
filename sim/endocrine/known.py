"""What a scenario knows: the installed levels, drugs and effects, and its own.

[hormone.NAME], [drug.NAME] and [effect.NAME] are a scenario's own, or those of a library file that it names.

These are entries in the tables of the installed library, with source and evidence. They have names of their own: none
takes the place of an installed entry, so that a name in results means the same in all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.library import Drug, DrugTable, Effect, EffectTable, Level, LevelTable
from glut4sim.sim.endocrine.modulation import STEPS
from glut4sim.sim.endocrine.names import check_new, other_words, plain
from glut4sim.sim.inputs.errors import InputError, join_path, under, unknown
from glut4sim.sim.inputs.units import write

OF_SCENARIOS = ("insulin", "glucose", "blocked", "rhythms")  # words of the bath and of [hormones]
OF_RESULTS = ("time", "effect", "step", "effect_factor", "step_factor", *STEPS, *(f"{step}_factor" for step in STEPS))
ANOTHER = "give yours another name"


@dataclass(frozen=True)
class Known:
    """Levels, drugs and effects by name, as the literature and the scenario have them.

    Attributes
    ----------
    effect_tables, drug_tables : of all effects and drugs, in which `override` and `with_kinetics` change numbers
    """

    levels: Mapping[str, Level]
    drugs: Mapping[str, Drug]
    effects: Mapping[str, Effect]
    effect_tables: Mapping[str, EffectTable]
    drug_tables: Mapping[str, DrugTable]

    def substance(self, name: str) -> Level | Drug:
        """The level or drug of a name."""
        return self.levels[name] if name in self.levels else self.drugs[name]

    @property
    def hormones(self) -> Mapping[str, Level]:
        """Levels that [hormones] sets: all but those of the body."""
        return {name: level for name, level in self.levels.items() if name not in library.BODY}

    @property
    def receptors(self) -> tuple[str, ...]:
        """Hormone receptors that some effect needs, and that can be blocked."""
        return tuple(sorted({e.receptor for e in self.effects.values()} - {""}))

    def override(self, changes: Mapping[str, str]) -> Mapping[str, Effect]:
        """All effects, some of them with other numbers.

        Parameters
        ----------
        changes
            such as {"testosterone-pi3k.gain": "0.5"}

        Raises
        ------
        InputError
            naming the key
        """
        effects, changed = dict(self.effects), dict(self.effect_tables)
        for name in _change("effect", changes, changed):
            effects[name] = under(name, changed[name].effect, name, self.levels, self.drugs)
        return effects

    def with_kinetics(self, changes: Mapping[str, str]) -> Mapping[str, Drug]:
        """All drugs, some of them with other numbers.

        Parameters
        ----------
        changes
            such as {"testosterone gel.volume": "120 L"}

        Raises
        ------
        InputError
            naming the key
        """
        drugs, changed = dict(self.drugs), dict(self.drug_tables)
        for name in _change("drug", changes, changed):
            drugs[name] = under(name, changed[name].drug, name, self.levels)
        return drugs

    def describe_strength(self, effect: Effect) -> str:
        """Its form and numbers in a few words: "up to +90 %, half at 400 ng/dL"."""
        if effect.power is not None:
            return f"in proportion to the power {effect.power:g}"
        return f"up to {100.0 * effect.gain:+g} %, half at {write(effect.half, self.substance(effect.driver).unit)}"


def _change(kind: str, changes: Mapping[str, str], tables: dict[str, Any]) -> tuple[str, ...]:
    """Change numbers of entries in their tables; the names of these. InputError naming the key."""
    for path, value in changes.items():
        name, _, key = path.partition(".")
        try:
            if name not in tables:
                raise unknown(kind, name, tables, see=f"See `glut4sim {kind}s list`.")
            table = tables[name]
            if not key:
                raise InputError(f"expected one of its numbers, such as {name}.{table.numbers[0]}.")
            if key not in table.numbers:
                raise unknown(f"number of this {kind}", key, table.numbers)
            tables[name] = type(table).read(table.resolved() | {key: value})
        except InputError as error:
            raise InputError(error.sentence, path, key=error.key) from None
    return tuple(dict.fromkeys(path.partition(".")[0] for path in changes))


def installed() -> Known:
    """What every scenario knows."""
    return Known(library.levels(), library.drugs(), library.effects(), library.effect_tables(), library.drug_tables())


@lru_cache(maxsize=64)
def extended(
    hormones: tuple[tuple[str, LevelTable], ...],
    drugs: tuple[tuple[str, DrugTable], ...],
    effects: tuple[tuple[str, EffectTable], ...],
) -> Known:
    """What a scenario knows that has entries of its own; each may speak of all others.

    Raises
    ------
    InputError
        naming the entry and its key, if a name is taken, or an entry speaks of what there is not
    """
    before = installed()
    taken = {plain(word): "something in a scenario" for word in OF_SCENARIOS}
    taken |= {plain(word): "something in results" for word in OF_RESULTS}
    taken |= dict.fromkeys(map(plain, before.drugs), "an installed drug")
    taken |= dict.fromkeys(other_words(before.levels), "an installed level")
    _claim("hormone", hormones, taken, f"set its course in [hormones], or {ANOTHER}")
    for name, table in hormones:
        if table.rhythm == "cycle":
            path = join_path("hormone", name, "rhythm")
            raise InputError('expected "pulses" or "day": only installed levels follow the menstrual cycle.', path)
    levels = {**before.levels}
    for name, entry in hormones:
        levels[name] = under(join_path("hormone", name), entry.level, name)
    _claim("drug", drugs, taken | dict.fromkeys(other_words(before.drugs), "an installed drug"), ANOTHER)
    given = {**before.drugs}
    for name, entry in drugs:
        given[name] = under(join_path("drug", name), entry.drug, name, levels)
    taken = dict.fromkeys(map(plain, before.effects), "an installed effect")
    _claim("effect", effects, taken, f"change its numbers in [effects] (a gain of 0 silences it), or {ANOTHER}")
    acting = {**before.effects}
    for name, entry in effects:
        acting[name] = under(join_path("effect", name), entry.effect, name, levels, given)
    return Known(
        levels, given, acting, {**before.effect_tables, **dict(effects)}, {**before.drug_tables, **dict(drugs)}
    )


def _claim(kind: str, own: Iterable[tuple[str, object]], taken: dict[str, str], remedy: str) -> None:
    """Take the names of entries; InputError if one is taken."""
    for name, _ in own:
        under(join_path(kind, name), check_new, name, taken, remedy)
        taken[plain(name)] = f"another {kind}"
