"""The shell on Smoldyn: `python shell_smoldyn.py TASK` with the task as JSON; the answer is the last line."""

import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import smoldyn

task = json.loads(sys.argv[1])
n, edge = task["agents"], task["radius"] + 1.0


def start(i):
    """Point i of a spiral that spreads n points evenly over a sphere."""
    height = 1.0 - (2.0 * i + 1.0) / n
    across, angle = math.sqrt(1.0 - height * height), i * math.pi * (3.0 - math.sqrt(5.0))
    return (task["start"] * c for c in (across * math.cos(angle), across * math.sin(angle), height))


with tempfile.TemporaryDirectory() as folder:
    lines = ["dim 3", f"random_seed {task['seed']}", *(f"boundaries {axis} {-edge} {edge}" for axis in "xyz")]
    lines += ["species stored mobile", *(f"difc {name} {task['diffusion']}" for name in ("stored", "mobile"))]
    lines += ["time_start 0", f"time_stop {task['step'] * task['steps']}", f"time_step {task['step']}"]
    for name in ("radius", "inner_radius"):
        panel = f"panel sphere 0 0 0 {task[name]} 20 20"
        lines += [f"start_surface {name}", "action both all reflect", panel, "end_surface"]
    lines += [f"reaction release stored -> mobile {task['release']}"]
    lines += [f"reaction recapture mobile -> stored {task['recapture']}"]
    lines += ["mol 1 stored {!r} {!r} {!r}".format(*start(i)) for i in range(n)]
    lines += ["output_files positions", "end_file"]
    os.chdir(folder)  # Smoldyn writes next to its model
    model = Path("shell.txt")
    model.write_text("\n".join(lines))
    simulation = smoldyn.Simulation.fromFile(str(model), "q")
    began, began_cpu = time.perf_counter(), time.process_time()
    simulation.runSim()
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    simulation.runCommand("listmols positions")
    del simulation
    rows = [line.split() for line in Path("positions").read_text().splitlines()]

places = [tuple(map(float, row[1:4])) for row in rows]
answer = {
    "seconds": seconds,
    "cpu": cpu,
    "mobile": sum(row[0].startswith("mobile") for row in rows),
    "radius": [sum(math.hypot(*p) ** power for p in places) / len(places) for power in (1, 2)],
    "axis": [sum(p[2] ** power for p in places) / len(places) for power in (2, 4)],
    "agents": len(places),
}
sys.stdout.write("\n" + json.dumps(answer) + "\n")
