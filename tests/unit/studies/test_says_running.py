"""While a study is gone on with, its provenance says so: killed then, it does not look as if it had been stopped."""

import json

import pytest

from glut4sim import resume, run
from glut4sim.sim.scenario.scenario import Scenario
from glut4sim.sim.studies import executors
from glut4sim.sim.studies.sweep.sweep import sweep
from glut4sim.sim.studies.uncertainty.uncertainty import uncertainty

FEW = {"mean_field": True, "threads": 1}
THERAPY = {"hormones": {"testosterone": [["0 d", "531 ng/dL"], ["1 d", "28 ng/dL"]]}, "assay": {"at": ["0 d", "7 d"]}}


def brief(**tables):
    return Scenario.from_table({"run": {"duration": "1 min", "step": "0.5 s"}, **tables})


STUDIES = {
    "run": lambda out: run(brief(), out, **FEW),
    "run with assays": lambda out: run(brief(**THERAPY), out, **FEW),
    "bodies": lambda out: run(brief(assay={"kind": "fasting"}), out, **FEW),
    "sweep": lambda out: sweep(brief(), {"bath.insulin": "1nM..2nM/2"}, out, **FEW),
    "uncertainty": lambda out: uncertainty(brief(), out, draws=2, **FEW),
}


@pytest.mark.parametrize("study", STUDIES)
def test_a_study_that_is_gone_on_with_says_that_it_runs(tmp_path, monkeypatch, study):
    out, said = tmp_path / "out", []

    def status():
        return json.loads((out / "provenance.json").read_text())["status"]

    def stop(*_):
        said.append(status())
        raise KeyboardInterrupt

    monkeypatch.setattr(executors.Threads, "submit", stop)
    with pytest.raises(KeyboardInterrupt):
        STUDIES[study](out)
    said.append(status())
    with pytest.raises(KeyboardInterrupt):
        resume(out, threads=1)
    assert said == ["running", "interrupted", "running"]
