"""The receptor cycle on BioNetGen's SSA or on NFsim: `python receptors_bionetgen.py TASK`; the answer is the last line.

Both programs come with the PyPI package. The time is that of the program less that of the same run of no duration:
reading its input and making the receptors do not count.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

task = json.loads(sys.argv[1])
states, n, end, rows = task["states"], task["agents"], task["duration"], task["rows"]
root = next(Path(sys.prefix).glob("lib*/python*/site-packages/bionetgen/bng-linux"))
nf = task["method"] == "nf"

rules = [f"R(s~{a}) -> R(s~{b}) {rate!r}" for a, b, rate in task["transitions"]]
action = "writeXML()" if nf else "generate_network({overwrite=>1})"
model = f"""begin model
begin molecule types
R(s~{"~".join(states)})
end molecule types
begin seed species
R(s~{states[0]}) {n}
end seed species
begin observables
{chr(10).join(f"Molecules {state} R(s~{state})" for state in states)}
end observables
begin reaction rules
{chr(10).join(rules)}
end reaction rules
end model
{action}
"""


def timed(duration, folder):
    if nf:
        command = [root / "bin/NFsim", "-xml", "model.xml", "-sim", duration, "-oSteps", rows, "-seed", task["seed"]]
        command += ["-o", "out.gdat", "-utl", 1]
    else:
        command = [
            root / "bin/run_network",
            "-o",
            "out",
            "-p",
            "ssa",
            "-h",
            task["seed"],
            "-g",
            "model.net",
            "model.net",
        ]
        command += [duration / rows, rows]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run([str(word) for word in command], cwd=folder, check=True, capture_output=True, timeout=280)
    seconds = time.perf_counter() - began
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


with tempfile.TemporaryDirectory() as folder:
    Path(folder, "model.bngl").write_text(model)
    bng = ["perl", root / "BNG2.pl", "model.bngl"]
    subprocess.run(bng, cwd=folder, check=True, capture_output=True, env=os.environ | {"BNGPATH": str(root)})
    idle, idle_cpu = timed(1e-9, folder)
    seconds, cpu = timed(end, folder)
    table = Path(folder, "out.gdat").read_text().splitlines()
names = table[0].lstrip("#").split()[1:]
last = dict(zip(names, map(float, table[-1].split()[1:])))
middle = dict(zip(names, map(float, table[1 + rows // 6].split()[1:])))
answer = {
    "seconds": seconds - idle,
    "cpu": cpu - idle_cpu,
    "early": [round(middle[state]) for state in states],
    "late": [round(last[state]) for state in states],
}
sys.stdout.write("\n" + json.dumps(answer) + "\n")
