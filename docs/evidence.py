"""docs/evidence.md, made from the register of evidence (benchmarks/evidence.csv) and from the suites that use it.

python docs/evidence.py
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from glut4sim.sim.reporting.markdown import table
from glut4sim.sim.reporting.numbers import NONE, rounded
from glut4sim.sim.studies.benchmark import clinical, conditions
from glut4sim.sim.studies.benchmark.register import HELD_OUT, Datum, load_register
from glut4sim.sim.studies.benchmark.suite import load_suite

HEAD = ("id", "experiment", "quantity", "in", "condition", "value", "band", "unit", "grade", "fits", "checks", "source")
PAGE = Path(__file__).with_suffix(".md")
WORDS = """# Register of evidence

Made by `docs/evidence.py` from `benchmarks/evidence.csv`; not edited by hand.

Every published number or curve that a check or a fit uses stands here once, with its source and how well it is known:
A, read in its source or in a file of its data; B, well known; C, recalled. `fits` says what used it: `adipocyte`,
`human-adipocyte`, `skeletal-muscle` and `type-2-diabetes` are the problems of `benchmarks/fits`; `by-hand` says that
values of presets, of drugs or of effects were chosen by hand, outside the program, with this number in view; `body`
that values of the body, of its tissues, blood, liver and pancreas, were; `held-out` that none was. Whether a check of
`glut4sim bench validation` or `glut4sim bench levels`, or a clinical number, had a part in a fit follows from this.

What is held out was held out before the fit. What was measured together, in one experiment, is one datum: it goes into
a fit as a whole, or is held out as a whole. Of human adipocytes an experiment is one readout of one group of people by
one protocol, with its own blots; readouts of one protocol may come from the same cells, so that they are not as
independent as two laboratories would be. The courses of receptor, IRS1 and AS160 and the doses of T308 were held out
from the fit of the first version, which failed on them. They tell of the steps that it lacked, and the published rates
of these steps came from them: now they are fitted, and data that had no part in any fit took their place. The curves of
an ODE (Sedaghat 2002) are no measurements, but what a published model says of measurements; a protocol is an
experiment there. Of clinical numbers it is one group of people by one protocol; the rule of their bands and of what was
held out is in `benchmarks/clinical.toml`.

{experiments} experiments with {data} data, {held} experiments of them held out.

"""


def page() -> str:
    """The text of the page."""
    register = load_register()
    checks = _used()
    groups: dict[str, list[Datum]] = {}
    for datum in register.values():
        groups.setdefault(datum.experiment, []).append(datum)
    held = sum(all(datum.held_out for datum in data) for data in groups.values())
    rows = [_row(datum, checks.get(datum.id, ())) for datum in register.values()]
    words = WORDS.format(experiments=len(groups), data=len(register), held=held)
    return words + table(HEAD, rows, "l" * len(HEAD)) + "\n"


def _used() -> Mapping[str, list[str]]:
    """Id of a datum -> the checks, conditions of `bench hormones` and clinical numbers that it is behind."""
    found: dict[str, list[str]] = {}
    for check in (check for name in ("validation", "levels") for check in load_suite(name).checks):
        for datum in check.evidence:
            found.setdefault(datum.id, []).append(check.id)
    for condition in conditions.load("hormones").conditions:
        for datum in condition.expected.evidence if condition.expected else ():
            found.setdefault(datum.id, []).append(condition.name)
    for number in clinical.load().numbers:
        found.setdefault(number.datum.id, []).append("clinical")
    return found


def _row(datum: Datum, checks: Sequence[str]) -> tuple[str, ...]:
    value = datum.data or rounded(datum.value)
    band = NONE if datum.low is None else f"{rounded(datum.low)} to {rounded(datum.high)}"
    fits = " ".join(datum.fits) or HELD_OUT
    return (
        datum.id, datum.experiment, datum.quantity, datum.system, datum.condition or NONE, value, band, datum.unit,
        datum.grade, fits, ", ".join(checks) or NONE, datum.source,
    )  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
