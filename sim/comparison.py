"""Compare conditions: the same seed for all, replicate by replicate, and what each changes relative to the first.

A condition is a scenario, or one assay of a scenario that has several. Since a draw depends only on what it is for (the
agent, its draw, the stream, the replicate), replicate r of every condition is the same cell with the same luck, up to
what the condition changes: the pairs of sim/paired.py.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from sim import comparison_report, ensemble, summary
from sim.comparison_result import Comparison, Condition
from sim.endocrine.account import say
from sim.errors import InputError
from sim.paired import PairedEffect, paired_effect
from sim.results import write_json
from sim.scenario import Scenario

FEWEST = 2


def compare(
    scenarios: Sequence[Scenario | str | os.PathLike],
    out: str | os.PathLike | None = None,
    seed: int | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    progress: Callable[[float, float], None] | None = None,
    mean_field: bool = False,
    executor: str | None = None,
) -> Comparison:
    """Run conditions with paired replicates and compare each with the first.

    Parameters
    ----------
    scenarios : Scenarios, or names or paths of them; of one with several assays each is a condition
    out : new directory for compare.json, report.md, figure.png and a directory for every run; None keeps all in memory
    seed, replicates : of all conditions, else those of the first scenario
    threads, progress, mean_field, executor : as `ensemble.run`; progress counts all runs

    Raises
    ------
    InputError
        before anything is computed: fewer than two conditions, or `out` exists
    KeyboardInterrupt
        on Ctrl-C; the runs that were done are kept
    """
    began = perf_counter()
    chosen = conditions([s if isinstance(s, Scenario) else Scenario.load(s) for s in scenarios])
    first = next(iter(chosen.values())).run
    seed = first.seed if seed is None else seed
    replicates = (1 if mean_field else first.replicates) if replicates is None else replicates
    prepared = {name: ensemble.prepare(s, seed, replicates, mean_field) for name, s in chosen.items()}
    if out is not None:
        out = Path(out)
        if out.exists():
            raise InputError("expected a new directory, got one that exists; choose another.", place=str(out))
    durations = [scenario.run.duration * scenario.run.replicates for scenario in prepared.values()]
    done = []
    for i, (name, scenario) in enumerate(prepared.items()):

        def tell(now: float, _: float, before: float = sum(durations[:i])) -> None:
            if progress:
                progress(before + now, sum(durations))

        place = None if out is None else out / f"{i}-{folder_name(name)}"
        result = ensemble.run(
            scenario, out=place, threads=threads, progress=tell, mean_field=mean_field, executor=executor
        )
        done.append(Condition(name, scenario, result))
    effects = effects_on(done, seed)
    warnings = tuple(dict.fromkeys(f"{c.name}: {text}" for c in done for text in c.result.warnings))
    status = "complete" if all(c.result.status == "complete" for c in done) else "failed"
    content = _content(done, effects, seed, ensemble.METHODS[mean_field], status)
    found = Comparison(out, tuple(done), effects, warnings, perf_counter() - began, status, seed, content)
    if out is not None:
        write_json(out / "compare.json", content)
        comparison_report.save_figure(found, out / "figure.png")
        (out / "report.md").write_text(comparison_report.markdown(found), encoding="utf-8")
    return found


def conditions(scenarios: Sequence[Scenario]) -> dict[str, Scenario]:
    """The conditions of scenarios by name, in their order; InputError if there are fewer than two."""
    named: dict[str, Scenario] = {}
    for scenario in scenarios:
        several = len(scenario.assays) > 1
        for assay in scenario.assays:
            name = f"{scenario.name} at {say(assay.assay.at[0])}" if several else scenario.name
            copies = sum(other == name or other.startswith(f"{name} (") for other in named)
            named[f"{name} ({copies + 1})" if copies else name] = assay
    if len(named) < FEWEST:
        raise InputError(f"expected at least {FEWEST} conditions to compare, got {len(named)}.", place="compare")
    return named


def folder_name(text: str) -> str:
    """A name for a directory, of what a name says: "men-trt-at-28-d"."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


def effects_on(done: Sequence[Condition], seed: int) -> dict[str, dict[str, PairedEffect]]:
    """What each condition changes relative to the first: condition -> observable -> effect."""
    reference, *others = ((condition.name, condition.numbers) for condition in done)
    found: dict[str, dict[str, PairedEffect]] = {}
    for name, numbers in others:
        effects = {
            key: paired_effect([n[key] for n in reference[1]], [n[key] for n in numbers], seed) for key in summary.UNITS
        }
        found[name] = {key: effect for key, effect in effects.items() if effect is not None}
    return found


def _content(done, effects, seed, method, status) -> dict:
    """What compare.json says."""
    return {
        "reference": done[0].name,
        "seed": seed,
        "replicates": done[0].scenario.run.replicates,
        "method": method,
        "status": status,
        "conditions": [
            {
                "name": c.name,
                "title": c.scenario.title,
                "scenario_hash": c.scenario.hash,
                "directory": None if c.result.out is None else c.result.out.name,
            }
            for c in done
        ],
        "effects": [
            {"condition": name, "observable": key, "unit": summary.UNITS[key], **_plain(effect)}
            for name, found in effects.items()
            for key, effect in found.items()
        ],
    }


def _plain(effect: PairedEffect) -> dict:
    def interval(estimate):
        return None if estimate is None else estimate._asdict()

    plain = asdict(effect)
    return plain | {"difference": interval(effect.difference), "percent": interval(effect.percent)}
