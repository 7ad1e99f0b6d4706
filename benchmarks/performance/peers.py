"""The same work on glut4sim and on what else one could use, in one run on one machine: `make bench-peers`.

Each program gets an environment of its own, in build/peers/. All are run in turn, each run a process of its own that
loads and compiles before its clock starts. In the first round the results must agree: with the exact law where there is
one, otherwise with glut4sim's, within four standard errors of what so many agents can tell. A program that is not
installable, fails or disagrees is named with the reason, and its time is not compared.

    python -m glut4sim.benchmarks.performance.peers [--rounds 5] [--quick]     writes docs/performance.md and its figure
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from scipy.linalg import expm

from glut4sim.agents import receptor
from glut4sim.benchmarks.performance import limits
from glut4sim.sim.model.parameters import load_preset

ROOT = Path(__file__).parents[2]
CONTENDERS = Path(__file__).with_name("contenders")
ENVIRONMENTS = ROOT / "build" / "peers"
DOCUMENT, FIGURE = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.png"
ALLOWED = 4.0  # standard errors
TIMEOUT = 900  # s, of one run


class Contender(NamedTuple):
    """A program and how to run it."""

    name: str
    script: str
    package: str | None = None  # on PyPI; None for our own
    python: str | None = None  # version it has wheels for; None for the one that runs this
    options: dict = {}  # noqa: RUF012 - a constant, never written to


OURS = (
    Contender("glut4sim, 1 thread", "ours.py", options={"threads": 1}),
    Contender("glut4sim, 2 threads", "ours.py", options={"threads": 2}),
)
WORK = {
    "shell": (
        *OURS,
        Contender("Smoldyn", "shell_smoldyn.py", "smoldyn", "3.10"),
        Contender("Mesa", "shell_mesa.py", "mesa"),
        Contender("ReaDDy", "shell_readdy.py", "readdy", options={"agents": 20_000}),  # more take minutes
    ),
    "receptors": (
        *OURS,
        Contender("NFsim", "receptors_bionetgen.py", "bionetgen", options={"method": "nf"}),
        Contender("BioNetGen SSA", "receptors_bionetgen.py", "bionetgen", options={"method": "ssa"}),
        Contender("GillesPy2 SSA", "receptors_gillespy2.py", "gillespy2"),
    ),
}
TARGETS = {  # times faster than a peer, with 1 and 2 threads
    ("shell", "Smoldyn"): (60, 100),
    ("shell", "Mesa"): (400, 700),
    ("receptors", "NFsim"): (80, 150),
    ("receptors", "BioNetGen SSA"): (None, 8),
}
TITLES = {
    "shell": "{agents:,} vesicles diffuse in the shell and switch between two states, {steps} steps of {step} s",
    "receptors": "Receptor cycle, {agents:,} receptors, {duration:.0f} s at {insulin:.0f} nM insulin",
}


def tasks(quick):
    """What every program is given, by kind of work."""
    rates = receptor.rates(receptor.Environment(100.0), load_preset("adipocyte").build().receptor)
    agents = 10_000 if quick else 100_000
    return {
        "shell": {
            "agents": agents, "radius": 15.0, "inner_radius": 12.0, "start": 14.5, "diffusion": 0.05, "step": 0.1,
            "steps": 100, "release": 0.05, "recapture": 0.1,
        },
        "receptors": {
            "agents": agents, "duration": 360.0, "step": 1.0, "rows": 360, "insulin": 100.0,
            "states": [state.name for state in receptor.State],
            "transitions": [
                (receptor.State(a).name, receptor.State(b).name, rate)
                for (a, b), rate in zip(receptor.TRANSITIONS, rates, strict=True)
            ],
        },
    }  # fmt: skip


# ---- environments ----


def interpreter(version):
    """A Python of a version, found where such things are kept; None if there is none."""
    found = [Path.home() / ".pyenv" / "versions"]
    for folder in found:
        for path in sorted(folder.glob(f"{version}.*/bin/python")):
            return path
    for name in os.environ["PATH"].split(os.pathsep):
        if (path := Path(name, f"python{version}")).exists():
            return path
    return None


def environment(contender):
    """The Python of a contender's own environment, made if need be; or a sentence saying why there is none."""
    if contender.package is None:
        return Path(sys.executable)
    folder = ENVIRONMENTS / contender.package
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    base = Path(sys.executable) if contender.python is None else interpreter(contender.python)
    if base is None:
        return f"needs Python {contender.python}, which this machine lacks"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = {"check": True, "capture_output": True, "text": True}
    try:
        subprocess.run([base, "-m", "venv", "--clear", folder], **quiet)
        subprocess.run([python, "-m", "pip", "install", "--quiet", contender.package], timeout=TIMEOUT, **quiet)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return f"could not be installed: {lines[-1] if lines else error}"
    (folder / "ready").touch()
    return python


def version(contender, python):
    """The installed version of a contender's package."""
    if contender.package is None:
        from glut4sim.version import __version__

        return f"glut4sim {__version__}"
    ask = f"from importlib.metadata import version; print(version({contender.package!r}))"
    number = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    return f"{contender.package} {number}"


def run(contender, python, task):
    """A contender's answer to a task; or a sentence saying why there is none."""
    path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])
    command = [python, CONTENDERS / contender.script, json.dumps(task | contender.options)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
            env=os.environ | {"PATH": path, "OPENBLAS_NUM_THREADS": "1"},
        )
        return json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return f"took more than {TIMEOUT} s"
    except subprocess.CalledProcessError as error:
        return f"failed: {error.stderr.strip().splitlines()[-1]}"


# ---- agreement ----


def disagreement(kind, task, answer, ours):
    """What is wrong with a contender's results, in words; "" if nothing is."""
    n = answer.get("agents", task["agents"])
    if kind == "receptors":
        states = task["states"]
        generator = np.zeros((len(states),) * 2)
        for a, b, rate in task["transitions"]:
            generator[states.index(b), states.index(a)] += rate
            generator[states.index(a), states.index(a)] -= rate
        for name, time in (("early", task["duration"] / 6.0), ("late", task["duration"])):
            p = expm(generator * time)[:, 0]
            far = np.abs(np.array(answer[name]) - n * p) / np.sqrt(n * p * (1.0 - p) + 1.0)
            if far.max() > ALLOWED:
                return f"{states[far.argmax()]} after {time:.0f} s is {far.max():.0f} standard errors off the law"
        return ""
    total = task["release"] + task["recapture"]
    p = task["release"] / total * (1.0 - np.exp(-total * task["step"] * task["steps"]))
    far = abs(answer["mobile"] - n * p) / np.sqrt(n * p * (1.0 - p))
    if far > ALLOWED:
        return f"the share of mobile vesicles is {far:.0f} standard errors off the law"
    (mean, square), (theirs, _) = ours["radius"], answer["radius"]
    both = 1.0 / n + 1.0 / ours["agents"]
    far = abs(theirs - mean) / np.sqrt((square - mean**2) * both)
    if far > ALLOWED:
        return f"the mean radius, {theirs:.4f} um, is {far:.0f} standard errors from ours, {mean:.4f} um"
    (square, fourth), (theirs, _) = ours["axis"], answer["axis"]
    far = abs(theirs - square) / np.sqrt((fourth - square**2) * both)
    return f"the mean square of z is {far:.0f} standard errors from ours" if far > ALLOWED else ""


def compare(kind, task, rounds, say):
    """Run all contenders of a kind of work in turn. Returns {name: (answers, version)} and {name: why not}."""
    answers, versions, out = {}, {}, {}
    pythons = {contender.name: environment(contender) for contender in WORK[kind]}
    for name, python in pythons.items():
        if isinstance(python, str):
            out[name] = python
    for round_ in range(rounds):
        for contender in WORK[kind]:
            name = contender.name
            if name in out:
                continue
            answer = run(contender, pythons[name], task | {"seed": 1 + round_})
            if isinstance(answer, str):
                out[name] = answer
            elif wrong := disagreement(kind, task, answer, answers.get(OURS[0].name, [answer])[0]):
                some = (
                    "" if answer.get("agents", task["agents"]) == task["agents"] else f" ({answer['agents']:,} agents)"
                )
                out[name] = f"does not agree: {wrong}{some}"
            else:
                answers.setdefault(name, []).append(answer)
                versions[name] = version(contender, pythons[name])
            say(f"{kind}: round {round_ + 1}: {name}: {out[name] if name in out else answer['seconds']}")
    return {name: (found, versions[name]) for name, found in answers.items() if name not in out}, out


# ---- the document ----


def spread(values, unit=""):
    """Median and range in words."""
    return f"{np.median(values):.3g}{unit} ({min(values):.3g} .. {max(values):.3g})"


def machine():
    """The processor and its cores, and nothing else of the machine."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line.split(":")[1].strip() for line in information.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores"


def ratios(found, peer, ours, clock):
    """How much faster ours is than a peer, round by round."""
    return [a[clock] / b[clock] for a, b in zip(found[peer][0], found[ours][0], strict=False)]


def table_of(kind, found, out):
    """The lines of one comparison."""
    one, two = (contender.name for contender in OURS)
    head = ["program", "version", "wall time [s]", "processor time [s]", "1 thread is faster, by wall time"]
    head += ["by processor time", "2 threads are faster, by wall time", "goal"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for contender in WORK[kind]:
        name = contender.name
        if name in out:
            lines.append(f"| {name} | | {out[name]} | | | | | |")
            continue
        answers, its_version = found[name]
        row = [name, its_version, *(spread([a[clock] for a in answers]) for clock in ("seconds", "cpu"))]
        if contender in OURS:
            row += ["", "", "", ""]
        else:
            row += [spread(ratios(found, name, one, clock)) for clock in ("seconds", "cpu")]
            row += [spread(ratios(found, name, two, "seconds"))]
            goals = TARGETS.get((kind, name), ())
            row += ["; ".join(f"{g} x on {t}" for t, g in enumerate(goals, 1) if g)]
        lines.append("| " + " | ".join(row) + " |")
    return lines


def draw(results, tasks_):
    """The ratios as a figure."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
    for panel, (kind, (found, _)) in zip(panels, results.items(), strict=True):
        peers = [name for name in found if not name.startswith("glut4sim")]
        for offset, contender, clock in ((0.2, OURS[0], "cpu"), (-0.2, OURS[1], "seconds")):
            values = [ratios(found, peer, contender.name, clock) for peer in peers]
            middle = np.array([np.median(v) for v in values])
            ends = [middle - [min(v) for v in values], [max(v) for v in values] - middle]
            panel.barh(np.arange(len(peers)) + offset, middle, 0.38, xerr=ends, capsize=3, label=contender.name)
        panel.set_yticks(np.arange(len(peers)), peers)
        panel.set_xscale("log")
        panel.set_xlim(1.0)
        panel.grid(axis="x", which="both", alpha=0.3)
        panel.set_title(TITLES[kind].format(**tasks_[kind]).replace(", ", ",\n", 1), fontsize=9)
        panel.set_xlabel("times faster")
    panels[0].legend(fontsize=8)
    figure.savefig(FIGURE, dpi=120)


def write(results, tasks_, own, rounds):
    """docs/performance.md and its figure."""
    draw(results, tasks_)
    lines = ["# Performance", "", "Written by `make bench-peers`; do not edit.", ""]
    lines += [f"Measured on {datetime.now(UTC):%d %B %Y} on {machine()}, which other programs used at the same time:"]
    lines += ["absolute times are worth little and ratios taken within a round more. Each figure is the median of"]
    lines += [
        f"{rounds} rounds in which all programs ran in turn, with the least and the most. A ratio is taken within"
    ]
    lines += ["each round. Processor time is what a program with one thread would have taken on a core of its own, or"]
    lines += [
        "nearly; two threads can only be judged by wall time. Reading input, compiling and loading do not count.",
        "",
    ]
    lines += ["![How many times faster than each peer](performance.png)", ""]
    for kind, (found, out) in results.items():
        lines += [f"## {TITLES[kind].format(**tasks_[kind])}", ""]
        if kind == "receptors" and (events := [a["events"] for a in found[OURS[0].name][0]]):
            lines += [
                f"{np.mean(events):,.0f} events; glut4sim and NFsim track every receptor, the two SSA nobody.",
                "",
            ]
        lines += [*table_of(kind, found, out), ""]
    lines += [
        "Every program whose time is compared agrees with the exact law of the states, and in the shell with the mean"
    ]
    lines += [
        f"radius and square displacement of glut4sim's vesicles, within {ALLOWED:.0f} standard errors, in every round.",
        "",
    ]
    lines += ["## glut4sim against the machine", "", "| what | median (least .. most) | goal |", "|---|---|---|"]

    def row(name, key, unit, goal=""):
        middle, low, high = own[key]
        lines.append(f"| {name} | {middle:.3g}{unit} ({low:.3g} .. {high:.3g}) | {goal} |")

    row("motion, 100,000 vesicles, 1 thread, per vesicle and step", "motion_ns", " ns")
    row("its normal random numbers alone", "normals_ns", " ns")
    row("the words behind them alone (Philox)", "words_ns", " ns")
    row("motion over its random numbers", "motion_over_normals", "", "at most 3")
    row("motion over the words alone", "motion_over_words", "")
    row("looking for whom to fire, 10,000,000 quiet agents", "scan_ns", " ns per agent")
    row("the same, read", "scan_read_GB_s", " GB/s")
    row("memory copy beside it, read and written", "copy_read_and_written_GB_s", " GB/s")
    row("scan over copy", "scan_over_copy", "", "at least 0.5")
    row("10,400,000 agents, step 0.1 s, 2 threads, faster than real time", "times_real_time", " x", "at least 20 x")
    lines.append(f"| memory of that process | {own['memory_MB']:.0f} MB | under 1000 MB |")
    row("`glut4sim run insulin-challenge --replicates 1`, warm, all in all", "challenge_s", " s", "under 5 s")
    lines += ["", "## Growth with the number of agents", ""]
    lines += ["1 % vesicles, 3 % receptors, 96 % glucose at 100 nM insulin, one thread.", ""]
    lines += ["| agents | processor time per simulated second [ms] |", "|---|---|"]
    for agents, (middle, low, high) in zip(own["agents"], own["ms_per_simulated_s"], strict=True):
        lines.append(f"| {agents:,} | {middle:.3g} ({low:.3g} .. {high:.3g}) |")
    lines += [
        "",
        f"Exponent over the whole range {own['exponent']:.2f}, and {own['steepest']:.2f} over its steepest tenfold",
    ]
    lines += ["growth; the goal is at most 1.05.", ""]
    DOCUMENT.write_text("\n".join(lines))


def main():
    """Run everything and write the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the agents: to try it out, not to publish")
    arguments = parser.parse_args()

    def say(text):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    tasks_ = tasks(arguments.quick)
    results = {kind: compare(kind, task, arguments.rounds, say) for kind, task in tasks_.items()}
    own = {}
    for part in limits.PARTS:  # each in a process of its own, so that memory is its own
        command = [sys.executable, "-m", "glut4sim.benchmarks.performance.limits", part]
        answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        own |= json.loads(answer.strip().splitlines()[-1])
        say(f"glut4sim alone: {part}")
    write(results, tasks_, own, arguments.rounds)
    say(f"wrote {DOCUMENT.relative_to(ROOT)} and {FIGURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
