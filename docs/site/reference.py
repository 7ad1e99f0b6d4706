"""The pages of the reference: what users of Python may rely on, from its docstrings."""

from collections.abc import Mapping

CONTENT = {
    "cell": (
        "The cell, as a mesa.Model",
        "`from glut4sim import Cell`",
        ["cell.Cell", "cell.PopulationView", "cell.AgentView"],
    ),
    "scenario": ("Scenarios", "`from glut4sim import Scenario`", ["scenario.scenario.Scenario"]),
    "run": (
        "Runs",
        "`from glut4sim import run, resume`",
        [
            "studies.running.run",
            "studies.running.resume",
            "studies.options.RunOptions",
            "studies.run.result.RunResult",
            "studies.assays.result.AssaysResult",
            "results.series_store.open_results",
        ],
    ),
    "compare": (
        "Comparisons",
        "`from glut4sim import compare`",
        ["studies.comparison.comparison.compare", "studies.comparison.result.Comparison"],
    ),
    "studies": (
        "Sweeps, fits, sensitivity, uncertainty",
        "Each by its module, as in `from glut4sim.sim.studies.sweep.sweep import sweep`.",
        [
            "studies.sweep.sweep.sweep",
            "studies.sweep.result.SweepResult",
            "studies.sweep.curves_result.CurvesResult",
            "studies.fit.fit.fit",
            "studies.fit.problem.load_problem",
            "studies.fit.result.FitResult",
            "studies.sensitivity.sensitivity.sensitivity",
            "studies.uncertainty.uncertainty.uncertainty",
        ],
    ),
    "export": (
        "For other programs",
        "What `glut4sim export` calls.",
        ["model.sbml.export", "studies.fit.petab_export.write_petab", "studies.exporting.tables"],
    ),
}


def pages() -> Mapping[str, str]:
    """Path within the site -> the text of a page."""
    return {f"reference/{name}.md": _page(*said) for name, said in CONTENT.items()}


def _page(title: str, words: str, names: list[str]) -> str:
    blocks = "\n\n".join(f"::: glut4sim.sim.{name}" for name in names)
    return f"# {title}\n\n{words}\n\n{blocks}\n"
