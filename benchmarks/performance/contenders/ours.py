"""Both pieces of work on glut4sim: `python ours.py TASK` with the task as JSON; the answer is the last line.

Kernels are loaded by a cell of one agent before; then one cell is made and its run is timed.
"""

import json
import math
import sys
import time

import numpy as np

from glut4sim.agents import receptor, vesicle
from glut4sim.sim.model.engine import Engine
from glut4sim.sim.scenario.scenario import Scenario

task = json.loads(sys.argv[1])
n, threads = task["agents"], task["threads"]


def engine(cell, step, parameters, insulin="0 nM"):
    table = {
        "cell": {"vesicles": 1, "receptors": 1, "glucose_agents": 1} | cell,
        "bath": {"insulin": insulin},
        "run": {"duration": "1 h", "step": f"{step} s", "record_every": f"{step} s"},
        "parameters": parameters,
    }
    return Engine(Scenario.from_table(table, "benchmark"), seed=task["seed"], threads=threads)


def shell(n):
    parameters = {
        "vesicle.cell_radius": f"{task['radius']} um",
        "vesicle.inner_radius": f"{task['inner_radius']} um",
        "vesicle.diffusion_stored": f"{task['diffusion']} um**2/s",
        "vesicle.diffusion_mobile": f"{task['diffusion']} um**2/s",
        "vesicle.drift_mobile": "1e-60 um/s",  # a scenario wants more than nothing; this is nothing in float32
        "vesicle.tether": "1e-60 1/s",
        "vesicle.recapture": f"{task['recapture']} 1/s",
    }
    resting = engine({}, task["step"], parameters)
    rab10 = float(resting.snapshot().signalling[0, -1])
    cell = engine({"vesicles": n}, task["step"], parameters | {"vesicle.release": f"{task['release'] / rab10!r} 1/s"})
    i = np.arange(n)
    height = 1.0 - (2.0 * i + 1.0) / n  # a spiral that spreads points evenly over a sphere
    across, angle = np.sqrt(1.0 - height**2), i * math.pi * (3.0 - math.sqrt(5.0))
    v = cell.vesicles
    v.x[:], v.y[:], v.z[:] = (
        task["start"] * across * np.cos(angle),
        task["start"] * across * np.sin(angle),
        task["start"] * height,
    )
    v.state[:] = vesicle.State.STORED
    cell.stages["vesicle"].arm()
    return cell, task["steps"]


def receptors(n):
    cell = engine({"receptors": n}, task["step"], {}, insulin=f"{task['insulin']} nM")
    cell.receptors.state[:] = receptor.State.FREE
    cell.stages["receptor"].arm()
    return cell, task["rows"]


make = shell if "radius" in task else receptors
small, steps = make(1)
small.advance(steps)
cell, steps = make(n)
began, began_cpu = time.perf_counter(), time.process_time()
trace = cell.advance(steps)
seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
answer = {"seconds": seconds, "cpu": cpu, "agents": n}
if make is shell:
    v = cell.vesicles
    radius = np.sqrt(v.x.astype(float) ** 2 + v.y.astype(float) ** 2 + v.z.astype(float) ** 2)
    answer |= {
        "mobile": int((v.state == vesicle.State.MOBILE).sum()),
        "radius": [float((radius**power).mean()) for power in (1, 2)],
        "axis": [float((v.z.astype(float) ** power).mean()) for power in (2, 4)],
    }
else:
    answer |= {
        "early": trace.receptors[steps // 6 - 1].tolist(),
        "late": trace.receptors[-1].tolist(),
        "events": int(cell.receptors.draws.sum() - 2 * n),
    }
sys.stdout.write("\n" + json.dumps(answer) + "\n")
