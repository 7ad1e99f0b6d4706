"""The shell on Mesa: `python shell_mesa.py TASK` with the task as JSON; the answer is the last line.

One agent object per vesicle, as Mesa means it, in plain Python floats, which are the fastest that one object can use.
"""

import json
import math
import sys
import time

import mesa

task = json.loads(sys.argv[1])
n = task["agents"]


class Vesicle(mesa.Agent):
    """Moves in the shell and switches between two states."""

    def __init__(self, model, x, y, z):
        super().__init__(model)
        self.x, self.y, self.z, self.mobile = x, y, z, False

    def step(self):
        """Brownian displacement, reflection at the two spheres, then perhaps a switch."""
        model = self.model
        gauss, spread = model.gauss, model.spread
        x, y, z = self.x + gauss(0.0, spread), self.y + gauss(0.0, spread), self.z + gauss(0.0, spread)
        r = math.sqrt(x * x + y * y + z * z)
        if r > model.high:
            scale = (2.0 * model.high - r) / r
            x, y, z = x * scale, y * scale, z * scale
        elif r < model.low:
            scale = (2.0 * model.low - r) / r
            x, y, z = x * scale, y * scale, z * scale
        self.x, self.y, self.z = x, y, z
        if model.uniform() < (model.recapture if self.mobile else model.release):
            self.mobile = not self.mobile


class Shell(mesa.Model):
    """Vesicles that start on a sphere."""

    def __init__(self):
        super().__init__(seed=task["seed"])
        self.gauss, self.uniform = self.random.gauss, self.random.random
        self.spread = math.sqrt(2.0 * task["diffusion"] * task["step"])
        self.low, self.high = task["inner_radius"], task["radius"]
        self.release, self.recapture = (1.0 - math.exp(-task[k] * task["step"]) for k in ("release", "recapture"))
        for i in range(n):  # a spiral that spreads points evenly over a sphere
            height = 1.0 - (2.0 * i + 1.0) / n
            across, angle = math.sqrt(1.0 - height * height), i * math.pi * (3.0 - math.sqrt(5.0))
            Vesicle(self, *(task["start"] * c for c in (across * math.cos(angle), across * math.sin(angle), height)))

    def step(self):
        """All vesicles, one after the other."""
        self.agents.do("step")


model = Shell()
began, began_cpu = time.perf_counter(), time.process_time()
for _ in range(task["steps"]):
    model.step()
seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
places = [(a.x, a.y, a.z) for a in model.agents]
answer = {
    "seconds": seconds,
    "cpu": cpu,
    "mobile": sum(a.mobile for a in model.agents),
    "radius": [sum(math.hypot(*p) ** power for p in places) / n for power in (1, 2)],
    "axis": [sum(p[2] ** power for p in places) / n for power in (2, 4)],
    "agents": n,
}
sys.stdout.write("\n" + json.dumps(answer) + "\n")
