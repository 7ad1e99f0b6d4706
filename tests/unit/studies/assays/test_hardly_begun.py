"""An assay that ends before it has said what it is about is done anew, and those before it are kept."""

import errno

import pytest

from glut4sim import resume, run
from glut4sim.sim.inputs import storage
from glut4sim.sim.results.provenance import PROVENANCE
from glut4sim.sim.scenario.scenario import Scenario


@pytest.mark.usefixtures("undrawn", "unrendered")
def test_it_is_gone_on_with(tmp_path, monkeypatch):
    hormones = {"testosterone": [["0 d", "531 ng/dL"], ["1 d", "28 ng/dL"]]}
    table = {"run": {"duration": "1 min", "step": "1 s"}, "assay": {"at": ["0 d", "7 d"]}, "hormones": hormones}
    scenario, write = Scenario.from_table(table, "withdrawal"), storage.write

    def full(where, content):
        if where.name == PROVENANCE and where.parent.name == "assay-7-d":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(where, content)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write", full)
        with pytest.raises(OSError, match="No space left"):
            run(scenario, tmp_path / "out", mean_field=True)
    assert (tmp_path / "out" / "assay-7-d").exists()
    found = resume(tmp_path / "out")
    assert found.status == "complete"
    assert found.summary == run(scenario, mean_field=True).summary
