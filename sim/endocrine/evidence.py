"""What of all this a scenario uses, in words and for the record: who acts on what, and how its therapies stand."""

import hashlib
import json
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

from glut4sim.sim.endocrine import library
from glut4sim.sim.endocrine.library import Effect
from glut4sim.sim.endocrine.modulation import STEPS

if TYPE_CHECKING:
    from glut4sim.sim.endocrine.tables import EndocrineTables, TherapyTable

NOT_ADVICE = "Not medical advice."
RULES = (
    "Where a medicine is approved, for which use, and who may prescribe it differs by country. In China, to our "
    "knowledge, the National Medical Products Administration (NMPA) approves a drug for an intended use, on trials "
    "that show safety and efficacy, in the Chinese population too; licensed professionals prescribe it in accredited "
    "institutions; import takes a licence, and so does compounding, which stays within the institution. None of this "
    "is checked here drug by drug. Nothing here is medical advice."
)
WHOLE_BODY = (
    "Evidence from the whole body, such as clamps, HOMA and trials, is only consistent with what one cell does here; "
    "it does not validate it."
)
DAY = 86400.0
_UNITS = ((DAY, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))


def say(seconds: float) -> str:
    """A time as people say it.

    Parameters
    ----------
    seconds : the time [s]

    Returns
    -------
    text : in the largest of d, h, min and s that leaves a whole number: "28 d", "90 min". From two days on there are
        half days as well: "3.5 d"
    """
    if seconds >= 2 * DAY and seconds % DAY == DAY / 2:
        return f"{seconds / DAY:.1f} d"
    for size, unit in _UNITS:
        number = round(seconds / size, 9)
        if number == int(number):
            return f"{int(number)} {unit}"
    return f"{seconds!r} s"


def acting(tables: "EndocrineTables") -> tuple[Effect, ...]:
    """The effects that what a scenario sets or gives brings about, directly or through other effects.

    All others see the healthy reference person, in whom they multiply by 1, or have no strength.

    Parameters
    ----------
    tables : of a scenario

    Returns
    -------
    effects : those on the cell first, in the order of its steps
    """
    effects = _working(tables)
    moved = _set(tables)
    while True:
        found = [e for e in effects if moved & {e.driver, e.opposed_by} or e.receptor in tables.hormones.blocked]
        further = {e.target for e in found if not e.acts_on_cell} - moved
        if not further:
            break
        moved |= further
    given = {therapy.drug for therapy in tables.therapy}
    found = [e for e in found if e.driver in tables.known.levels or e.driver in given]
    order = list(STEPS)
    return tuple(sorted(found, key=lambda e: order.index(e.target) if e.acts_on_cell else len(order)))


def _working(tables: "EndocrineTables") -> list[Effect]:
    """The effects that exist in someone of this sex and have any strength."""
    known = tables.known.override(tables.effects).values()
    return [e for e in known if e.sex in ("", tables.body.sex) and (e.gain if e.power is None else e.power)]


def delays(tables: "EndocrineTables") -> dict[str, float]:
    """How long it takes until the cell feels a change of a level.

    A delay is the sum of the lags of the effects on the way and of the mean lifetimes (1 / rate) of the levels.

    Parameters
    ----------
    tables : of a scenario

    Returns
    -------
    delays : level -> delay by the fastest way [s]; levels that the cell never feels are left out
    """
    effects = [e for e in _working(tables) if e.receptor not in tables.hormones.blocked]
    levels = tables.known.levels
    found: dict[str, float] = {}
    while True:
        shorter = {}
        for e in effects:
            onward = 0.0 if e.acts_on_cell else found.get(e.target, inf)
            if e.driver in levels and levels[e.driver].rate > 0.0:
                delay = 1.0 / levels[e.driver].rate + e.lag + onward
                if delay < min(found.get(e.driver, inf), shorter.get(e.driver, inf)):
                    shorter[e.driver] = delay
        if not shorter:
            return found
        found |= shorter


def _set(tables: "EndocrineTables") -> set[str]:
    """Levels that are set or delivered, follow a rhythm or a cycle, and drugs that are given."""
    levels = tables.known.levels
    drugs = {therapy.drug for therapy in tables.therapy}
    delivered = {tables.known.drugs[name].delivers for name in drugs} - {""}
    cyclic = {name for name, level in levels.items() if tables.cycle is not None and level.rhythm == "cycle"}
    body = {name for name in library.BODY if getattr(tables.body, name) is not None}
    insulin = set() if tables.plasma_insulin is None else {library.PLASMA_INSULIN}
    return body | set(tables.hormones.levels) | set(tables.hormones.rhythms) | drugs | delivered | cyclic | insulin


def describe_effect(effect: Effect, tables: "EndocrineTables") -> str:
    """Who acts on what, how, from which source this is known, and who doubts it, in one line."""
    on, how = target_title(effect, tables), describe_action(effect, tables)
    doubt = f". Disputed: {effect.disagreement}" if effect.disagreement else ""
    return f"{effect.driver} -> {on}: {effect.title}, {how} [{effect.evidence}] {effect.source}{doubt}"


def target_title(effect: Effect, tables: "EndocrineTables") -> str:
    """What an effect acts on, in words."""
    return STEPS[effect.target].title if effect.acts_on_cell else tables.known.levels[effect.target].title


def describe_action(effect: Effect, tables: "EndocrineTables") -> str:
    """How strongly an effect acts, how late, and whether its receptor is blocked."""
    after = f", after {say(effect.lag)}" if effect.lag else ""
    blocked = f", {effect.receptor} blocked: as without it" if effect.receptor in tables.hormones.blocked else ""
    return f"{tables.known.describe_strength(effect)}{after}{blocked}"


def describe_therapy(therapy: "TherapyTable") -> str:
    """What is given and when, in words: "testosterone cypionate 100 mg every 7 d, from 0 d to 84 d"."""
    return f"{therapy.drug} {describe_regimen(therapy)}"


def describe_regimen(therapy: "TherapyTable") -> str:
    """How much of a drug is given and when, in words: "100 mg every 7 d, from 0 d to 84 d", "from 2 h for 84 d"."""
    if therapy.every is None:
        when = f"once, at {say(therapy.start)}"
    else:
        until = "to the end" if therapy.end is None else _until(therapy.start, therapy.end)
        when = f"every {say(therapy.every)}, from {say(therapy.start)} {until}"
    over = f", each over {say(therapy.over)}" if therapy.over else ""
    return f"{therapy.dose} {when}{over}"


def _until(start: float, end: float) -> str:
    """When something ends, or for how long it lasts where that takes fewer letters: "to 84 d", "for 84 d"."""
    return min(f"to {say(end)}", f"for {say(end - start)}", key=len)


def standings(tables: "EndocrineTables") -> dict[str, str]:
    """The regulatory note of each drug that is given, by the drug's name."""
    return {therapy.drug: tables.known.drugs[therapy.drug].standing for therapy in tables.therapy}


def provenance(tables: "EndocrineTables") -> dict:
    """What the provenance of a run says of its hormones, as JSON holds it."""
    notes = standings(tables)
    told = ("name", "driver", "target", "evidence", "source", "disagreement")
    return {
        "sex": tables.body.sex,
        "blocked": list(tables.hormones.blocked),
        "therapies": [_regimen(therapy) | {"standing": notes[therapy.drug]} for therapy in tables.therapy],
        "effects": [{key: getattr(effect, key) for key in told} for effect in acting(tables)],
        "effects_hash": effects_hash(tables.known.override(tables.effects)),
        "disclaimers": [WHOLE_BODY, NOT_ADVICE],
    }


def effects_hash(effects: Mapping[str, Effect]) -> str:
    """SHA-256 of everything that is said of effects, by name."""
    said = {name: vars(effect) for name, effect in effects.items()}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _regimen(therapy: "TherapyTable") -> dict[str, str]:
    times = {key: getattr(therapy, key) for key in ("start", "every", "over")} | {
        "stop": therapy.end if therapy.every else None
    }
    return {"drug": therapy.drug, "dose": therapy.dose} | {
        key: say(time) for key, time in times.items() if time is not None
    }
