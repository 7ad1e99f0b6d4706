"""A fit is killed, or stopped by Ctrl-C: what it leaves is gone on with to the same numbers."""

import json
import signal
import subprocess

from glut4sim.sim.studies import running
from glut4sim.sim.studies.fit.fit import fit
from glut4sim.sim.studies.fit.posterior import Chain
from tests.extras import need
from tests.fits import table, with_values
from tests.processes import PATIENCE, start, wait_until

need("emcee", "arviz")

SURFACE = [4.3, 6.0, 12.8, 26.1, 33.2, 36.7, 39.0, 36.3]
OPTIONS = {"starts": 2, "profiles": False, "steps": 20, "draws": 24, "threads": 1}
# Its chain is written every second step, and slowly, so that there is time to stop it: it need not be long.
PROGRAM = f"""
import sys
import time
from glut4sim.sim.studies import running
from glut4sim.sim.studies.fit import posterior
from glut4sim.sim.studies.fit.fit import fit
from glut4sim.sim.studies.fit.record import Record
keep_chain = Record.keep_chain
def keep_slowly(record, chain):
    keep_chain(record, chain)
    time.sleep(0.5)
posterior.KEEP_EVERY = 2
Record.keep_chain = keep_slowly
verb, problem, out = sys.argv[1:]
if verb == "fit":
    fit(problem, out, **{OPTIONS})
else:
    running.resume(out, threads=1)
"""


def test_a_stopped_fit_can_be_read_and_gone_on_with(tmp_path):
    """Killed, and when it has gone on a little, stopped by Ctrl-C."""
    made, out = with_values(table(), surface=SURFACE), tmp_path / "out"
    (tmp_path / "problem.toml").write_text(made.to_toml())
    reached = 0
    for verb, how in (("fit", signal.SIGKILL), ("resume", signal.SIGINT)):
        with start("-c", PROGRAM, verb, tmp_path / "problem.toml", out, stderr=subprocess.PIPE, text=True) as process:
            wait_until(lambda before=reached: steps(out) > before, process)
            process.send_signal(how)
            process.wait(PATIENCE)
        status = json.loads((out / "provenance.json").read_text())["status"]
        assert status == ("running" if how == signal.SIGKILL else "interrupted")
        assert reached < steps(out) < OPTIONS["steps"]
        reached = steps(out)
    assert json.loads((out / "fit.json").read_text())["free"]
    assert "The fit is interrupted" in (out / "report.md").read_text()
    again, whole = running.resume(out, threads=1), fit(made, **OPTIONS)
    assert again.content == whole.content
    assert (again.draws.values == whole.draws.values).all()


def steps(out):
    """How far the chain has come that is kept."""
    path = out / "chain.npz"
    return Chain.from_bytes(path.read_bytes()).steps if path.exists() else 0
