"""The receptor cycle on GillesPy2's compiled SSA: `python receptors_gillespy2.py TASK`; the answer is the last line.

The solver is compiled before; its time is that of the run less that of the same run of no duration.
"""

import json
import resource
import sys
import time

import gillespy2

task = json.loads(sys.argv[1])
states, n, end, rows = task["states"], task["agents"], task["duration"], task["rows"]

model = gillespy2.Model(name="receptors")
species = {state: gillespy2.Species(name=state, initial_value=n if state == states[0] else 0) for state in states}
model.add_species(list(species.values()))
for j, (a, b, rate) in enumerate(task["transitions"]):
    model.add_parameter(gillespy2.Parameter(name=f"k{j}", expression=repr(rate)))
    model.add_reaction(gillespy2.Reaction(name=f"r{j}", reactants={a: 1}, products={b: 1}, rate=f"k{j}"))
solver = gillespy2.SSACSolver(model=model)


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(duration):
    solver.model.timespan(gillespy2.TimeSpan.linspace(t=duration, num_points=rows + 1))
    began, began_cpu = time.perf_counter(), cpu_of_children()
    result = solver.run(seed=task["seed"])
    return result, time.perf_counter() - began, cpu_of_children() - began_cpu


_, idle, idle_cpu = timed(1e-6)
result, seconds, cpu = timed(end)
answer = {
    "seconds": seconds - idle,
    "cpu": cpu - idle_cpu,
    "early": [round(result[state][rows // 6]) for state in states],
    "late": [round(result[state][-1]) for state in states],
}
sys.stdout.write("\n" + json.dumps(answer) + "\n")
