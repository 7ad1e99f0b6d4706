"""A fit is killed, or stopped by Ctrl-C: what it leaves is gone on with to the same numbers."""

import json
import signal
import subprocess

import pytest

from glut4sim.sim.studies import running
from glut4sim.sim.studies.fit.fit import fit
from glut4sim.sim.studies.fit.posterior import Chain
from tests.extras import need
from tests.fits import table, with_values
from tests.processes import PATIENCE, start, wait_until

need("emcee", "arviz")
pytestmark = pytest.mark.usefixtures("all_unrendered")

SURFACE = [4.3, 6.0, 12.8, 26.1, 33.2, 36.7, 39.0, 36.3]
OPTIONS = {"starts": 2, "profiles": False, "steps": 20, "draws": 24, "threads": 1}
# Its chain is written every second step, and slowly, so that there is time to stop it: it need not be long.
PROGRAM = f"""
import sys
import time
from glut4sim.sim.studies.fit import posterior
from glut4sim.sim.studies.fit.fit import fit
from glut4sim.sim.studies.fit.record import Record
keep_chain = Record.keep_chain
def keep_slowly(record, chain):
    keep_chain(record, chain)
    time.sleep(0.5)
posterior.KEEP_EVERY = 2
Record.keep_chain = keep_slowly
fit(sys.argv[1], sys.argv[2], **{OPTIONS})
"""


@pytest.fixture(scope="module")
def made():
    return with_values(table(), surface=SURFACE)


@pytest.fixture(scope="module")
def whole(made):
    return fit(made, **OPTIONS)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_fit_can_be_read_and_gone_on_with(made, whole, tmp_path, how):
    out = tmp_path / "out"
    (tmp_path / "problem.toml").write_text(made.to_toml())
    process = start("-c", PROGRAM, tmp_path / "problem.toml", out, stderr=subprocess.PIPE, text=True)
    with process:
        wait_until((out / "chain.npz").exists, process)
        process.send_signal(how)
        process.wait(PATIENCE)
    reached = Chain.from_bytes((out / "chain.npz").read_bytes()).steps
    status = json.loads((out / "provenance.json").read_text())["status"]
    assert status == ("running" if how == signal.SIGKILL else "interrupted")
    if how == signal.SIGINT:
        assert json.loads((out / "fit.json").read_text())["free"]
        assert "The fit is interrupted" in (out / "report.md").read_text()
    again = running.resume(out, threads=1)
    assert 0 < reached < OPTIONS["steps"]
    assert again.content == whole.content
    assert (again.draws.values == whole.draws.values).all()
