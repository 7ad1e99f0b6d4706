"""The shell on ReaDDy: `python shell_readdy.py TASK` with the task as JSON; the answer is the last line.

ReaDDy has soft walls only: a harmonic force beyond the two spheres, so strong that a step undoes what one oversteps. It
has no run without a file of its own format; nothing but the last positions is read from it.
"""

import json
import math
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import readdy

task = json.loads(sys.argv[1])
n, box = task["agents"], 2.0 * task["radius"] + 4.0
system = readdy.ReactionDiffusionSystem([box] * 3, unit_system=None, periodic_boundary_conditions=[False] * 3)
force = system.kbt / (task["diffusion"] * task["step"])
for name in ("stored", "mobile"):
    system.add_species(name, task["diffusion"])
    system.potentials.add_box(name, 10.0, [0.1 - box / 2.0] * 3, [box - 0.2] * 3)
    system.potentials.add_sphere(name, force, [0.0] * 3, task["radius"], inclusion=True)
    system.potentials.add_sphere(name, force, [0.0] * 3, task["inner_radius"], inclusion=False)
system.reactions.add_conversion("release", "stored", "mobile", task["release"])
system.reactions.add_conversion("recapture", "mobile", "stored", task["recapture"])

i = np.arange(n)
height = 1.0 - (2.0 * i + 1.0) / n  # a spiral that spreads points evenly over a sphere
across, angle = np.sqrt(1.0 - height**2), i * math.pi * (3.0 - math.sqrt(5.0))
start = task["start"] * np.column_stack([across * np.cos(angle), across * np.sin(angle), height])

with tempfile.TemporaryDirectory() as folder:
    simulation = system.simulation(kernel="SingleCPU")
    simulation.output_file = str(Path(folder, "out.h5"))
    simulation.show_progress = False
    simulation.add_particles("stored", start)
    simulation.observe.particle_positions(stride=task["steps"])
    simulation.observe.number_of_particles(stride=task["steps"], types=["mobile"])
    began, began_cpu = time.perf_counter(), time.process_time()
    simulation.run(task["steps"], timestep=task["step"], show_summary=False)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    trajectory = readdy.Trajectory(str(Path(folder, "out.h5")))
    places = np.array(trajectory.read_observable_particle_positions()[1][-1].tolist())
    mobile = int(trajectory.read_observable_number_of_particles()[1][-1][0])
radius = np.linalg.norm(places, axis=1)
answer = {
    "seconds": seconds,
    "cpu": cpu,
    "mobile": mobile,
    "radius": [float((radius**power).mean()) for power in (1, 2)],
    "axis": [float((places[:, 2] ** power).mean()) for power in (2, 4)],
    "agents": len(places),
}
sys.stdout.write("\n" + json.dumps(answer) + "\n")
