"""Compare conditions: the same seed for all, replicate by replicate, and what each changes relative to the first.

A condition is a scenario, or one assay of a scenario that has several. Where they test bodies, see body/comparison.py.
Since a draw depends only on what it is for (the agent, its draw, the stream, the replicate), replicate r of every
condition is the same cell with the same luck, up to what the condition changes: the pairs of
sim/analysis/paired_effects.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import accumulate
from time import perf_counter
from typing import Any, Unpack

from glut4sim.sim.analysis import summary
from glut4sim.sim.analysis.paired_effects import PairedEffect, paired_effect
from glut4sim.sim.analysis.resolution import finest
from glut4sim.sim.inputs import storage
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.storage import Place, PlaceLike
from glut4sim.sim.results.provenance import read_run
from glut4sim.sim.results.writer import Writer
from glut4sim.sim.scenario import dosing
from glut4sim.sim.scenario.labels import Several, folder_names, labelled, rows_of
from glut4sim.sim.scenario.sampling import COUNT, sample
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies.body import comparison as of_bodies
from glut4sim.sim.studies.body.comparison import BodiesComparison
from glut4sim.sim.studies.body.doubt import how_many
from glut4sim.sim.studies.comparison import pairing
from glut4sim.sim.studies.comparison.account import Account, account
from glut4sim.sim.studies.comparison.condition import Condition
from glut4sim.sim.studies.comparison.doubt import Doubt, Effects, plain
from glut4sim.sim.studies.comparison.result import Comparison
from glut4sim.sim.studies.options import RunKeywords, RunOptions
from glut4sim.sim.studies.run import ensemble

FEWEST = 2
CONTENT = "compare.json"
FOUND = ("pairing", "effects")  # what compare.json says of what came out


def compare(
    scenarios: Several,
    out: PlaceLike | None = None,
    *,
    uncertain: bool = False,
    draws: int | PlaceLike | None = None,
    ranges: bool = False,
    **keywords: Unpack[RunKeywords],
) -> Comparison | BodiesComparison:
    """Run conditions with paired replicates and compare each with the first.

    Parameters
    ----------
    scenarios
        {label: scenario}; or in a row, each alone or with its label, None for its title; names or paths of them do as
        well. The first is the reference. Of one with several assays, each is a condition: "LABEL at 14 d"
    out
        new directory for compare.json, report.md, figure.png and a directory for every run; None keeps all in memory
    uncertain
        whether to say how wide what nobody knows of the cells leaves each effect (doubt.py), from `draws` of it: how
        many, or a file of them; with `ranges` also where a preset has a posterior. Of bodies only their number
    keywords
        as RunOptions. Seed and replicates are by default those of the first scenario; progress counts all runs

    Raises
    ------
    InputError
        before anything is computed: fewer than two conditions, labels that do not tell them apart, or `out` exists
    KeyboardInterrupt
        on Ctrl-C; what was reached is kept, and `resume` goes on with it
    """
    options = RunOptions(**keywords)
    wanted = rows_of(scenarios)
    chosen = conditions(wanted)
    options = options.shared(next(iter(chosen.values())))
    prepared = {name: options.prepare(scenario) for name, scenario in chosen.items()}
    run = next(iter(prepared.values())).run
    options.check_out(out)
    options.workers(run.replicates, prepared.values()).shutdown()  # any fault in what is asked for
    for scenario in prepared.values():
        _ = scenario.parameter_set  # and in what it does
    folders = folder_names(prepared)
    place = None if out is None else storage.place(out)
    doses = dosing.warnings_of(wanted)
    if any(scenario.assay.kind for scenario in prepared.values()):
        count = how_many(draws, ranges) if uncertain else None
        return of_bodies.compare(prepared, place, folders, count, options, doses)
    doubt = None
    if uncertain:
        doubt = Doubt.of(prepared, sample(list(prepared.values()), COUNT if draws is None else draws, run.seed, ranges))
    plan = _Plan(place, prepared, folders, run.seed, options.method, doubt, said=doses)
    if plan.out is not None:
        storage.make_directory(plan.out)
        try:
            if doubt is not None:
                doubt.save(plan.out, folders)
            for name, scenario in prepared.items():  # all begun, so that `resume` finds them
                Writer(scenario, plan.out / folders[name], {"method": plan.method}, options.checkpoint_every)
        except BaseException:
            storage.remove(plan.out)  # `resume` could not go on with half of them
            raise
    return _run(plan, options)


def resume(out: PlaceLike, options: RunOptions) -> Comparison | BodiesComparison:
    """Run what is missing in a comparison, and compare again; as `running.resume`."""
    out = storage.place(out)
    doubt = None
    with storage.whole(out, f"expected the directory of a comparison, found no whole {CONTENT} in it."):
        before = storage.read_json(out / CONTENT)
        if of_bodies.KIND in before:
            return of_bodies.resume(out, before, options)
        folders = {condition["name"]: condition["directory"] for condition in before["conditions"]}
        seed, method = before["seed"], before["method"]
        found = {key: before[key] for key in FOUND if key in before}
        said = tuple(map(str, before.get("warnings", ())))
        if len(folders) < FEWEST or "effects" not in found:
            raise LookupError
        scenarios = {name: read_run(out / folder)[0] for name, folder in folders.items()}
        if before.get("doubt") is not None:
            doubt = Doubt.again(scenarios, out, folders, before["doubt"])
    plan = _Plan(out, scenarios, folders, seed, method, doubt, found, said)
    return _run(plan, options)


@dataclass(frozen=True)
class _Plan:
    """What is to be compared, and where the results go."""

    out: Place | None
    scenarios: Mapping[str, Scenario]  # by the names of the conditions, the reference first
    folders: Mapping[str, str]  # of their runs, in `out`
    seed: int
    method: str
    doubt: Doubt | None = None
    found: Mapping[str, Any] = field(default_factory=lambda: {"effects": []})  # as compare.json says it
    said: tuple[str, ...] = ()  # warnings of whole scenarios, before their assays were taken apart

    @cached_property
    def account(self) -> Account:
        """What is known before any condition is run."""
        return account(self.scenarios)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know before any condition is run."""
        return tuple(dict.fromkeys(self.said + self.account.warnings))

    def content(self, status: str, found: Mapping[str, Any]) -> dict:
        """What compare.json says."""
        names = list(self.scenarios)
        return {
            "reference": names[0],
            "seed": self.seed,
            "replicates": self.scenarios[names[0]].run.replicates,
            "method": self.method,
            "status": status,
            "conditions": [
                {
                    "name": name,
                    "scenario": scenario.name,
                    "title": scenario.title,
                    "scenario_hash": scenario.hash,
                    "directory": None if self.out is None else self.folders[name],
                }
                for name, scenario in self.scenarios.items()
            ],
            **self.account.content,
            **({} if self.doubt is None else {"doubt": self.doubt.about}),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
            **found,
        }

    def write(self, content: dict) -> None:
        """Write compare.json, where there is a directory."""
        if self.out is not None:
            storage.write_json(self.out / CONTENT, content)


def _run(plan: _Plan, options: RunOptions) -> Comparison:
    """Run what is missing of every condition, one after the other, and compare."""
    began, out = perf_counter(), plan.out
    durations = [scenario.run.duration * scenario.run.replicates for scenario in plan.scenarios.values()]
    doubt, first = plan.doubt, 0.0 if plan.doubt is None else plan.doubt.total
    before = [*accumulate(durations, initial=first)]
    done, found, status = [], plan.found, "failed"
    with storage.held(out):
        plan.write(plan.content("running", found))
        try:
            if doubt is not None:
                doubt.run(options, before[-1])
                if out is not None:
                    doubt.write(out)
            for i, (name, scenario) in enumerate(plan.scenarios.items()):
                part = options.as_part(before[i], before[-1])
                if out is None:
                    result = ensemble.run(scenario, None, part)
                else:
                    result = ensemble.resume(out / plan.folders[name], part)
                done.append(Condition(name, scenario, result))
            effects = effects_on(done, plan.seed)
            saved = pairing.pairing(done)
            entries = _entries(effects, {} if doubt is None else doubt.effects)
            found = ({"pairing": pairing.content(saved)} if saved else {}) | {"effects": entries}
            status = "complete" if all(c.result.status == "complete" for c in done) else "failed"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            content = plan.content(status, found)
            plan.write(content)
        warnings = plan.warnings + tuple(dict.fromkeys(f"{c.name}: {text}" for c in done for text in c.result.warnings))
        warnings += () if doubt is None else doubt.warnings
        result = Comparison(
            out, tuple(done), effects, warnings, perf_counter() - began, status, plan.seed, content,
            {} if doubt is None else doubt.effects, plan.account.differences, dict(plan.account.steps), saved,
        )  # fmt: skip
        if out is not None:
            from glut4sim.sim.studies.comparison import figure, report

            pairing.write(saved, out)
            with storage.folder(out) as folder:
                figure.save_figure(result, folder / "figure.png")
            storage.write(out / "report.md", report.markdown(result))
    return result


def conditions(scenarios: Several) -> dict[str, Scenario]:
    """The conditions of scenarios by label, in their order.

    Raises
    ------
    InputError
        if there are fewer than two conditions, or labels do not tell them apart
    """
    try:
        named = labelled(rows_of(scenarios))
    except InputError as error:
        raise error.within(place="compare") from None
    if len(named) < FEWEST:
        raise InputError(f"expected at least {FEWEST} conditions to compare, got {len(named)}.", place="compare")
    return named


def effects_on(done: Sequence[Condition], seed: int) -> dict[str, dict[str, PairedEffect]]:
    """What each condition changes relative to the first: condition -> observable -> effect."""
    reference, *others = ((condition.name, condition.numbers) for condition in done)
    found: dict[str, dict[str, PairedEffect]] = {}
    for name, numbers in others:
        effects = {
            key: paired_effect(
                [n[key] for n in reference[1]], [n[key] for n in numbers], seed, finest(key, [*reference[1], *numbers])
            )
            for key in summary.UNITS
        }
        found[name] = {key: effect for key, effect in effects.items() if effect is not None}
    return found


def _entries(effects: Mapping[str, Mapping[str, PairedEffect]], doubt: Effects) -> list[dict]:
    """What compare.json says of effects."""
    entries = []
    for name, found in effects.items():
        for key, effect in found.items():
            entry = {"condition": name, "observable": key, "unit": summary.UNITS[key], **_plain(effect)}
            entries.append(entry | ({"doubt": plain(doubt[name].get(key))} if doubt else {}))
    return entries


def _plain(effect: PairedEffect) -> dict:
    def interval(estimate):
        return None if estimate is None else estimate._asdict()

    plain = asdict(effect)
    return plain | {"difference": interval(effect.difference), "percent": interval(effect.percent)}
