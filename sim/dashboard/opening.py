"""What a first visitor reads: what this is, what will happen, and the way into the guided story."""

import solara

from glut4sim.sim.dashboard.guide import EVENTS, Guide
from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs.units import write
from glut4sim.sim.scenario.scenario import Scenario

CELLS = {"adipocyte": "fat cell", "human-adipocyte": "human fat cell", "skeletal-muscle": "muscle fibre"}
SICK = {"type-2-diabetes": "fat cell", "skeletal-muscle-t2d": "muscle fibre"}  # of someone with type 2 diabetes

TESTS = {
    "meal": "Press Play: a meal raises glucose; insulin follows, muscle and fat take it up, and both come down again.",
    "ogtt": "Press Play: a drink of glucose raises glucose; insulin follows, muscle and fat take it up, and it falls.",
    "clamp": "Press Play: insulin is infused, and as much glucose as keeps its level: so much the body takes up.",
    "fasting": "Press Play: nothing is eaten, and what the liver makes is what the body uses. Then give it a meal.",
}  # of the body


def what_this_is(scenario: Scenario) -> str:
    """One sentence, of at most 20 words."""
    if scenario.assay.kind:
        return "This is one simulated body: liver, insulin, and the cells of muscle and fat that take up glucose."
    preset = scenario.cell.preset
    kind = f"{SICK[preset]} in type 2 diabetes" if preset in SICK else CELLS.get(preset, "cell")
    return f"This is one simulated {kind}: insulin and other hormones decide whether glucose gets in."


def what_will_happen(scenario: Scenario) -> str:
    """One sentence on what Play will show."""
    if scenario.assay.kind:
        return TESTS[scenario.assay.kind]
    if scenario.bath.meal:
        when = say(scenario.bath.meal[0].at)
        return f"Press Play: a meal at {when} raises insulin and glucose; GLUT4 comes out, and glucose flows in."
    times, levels = scenario.bath.insulin
    rises = [k for k in range(1, len(levels)) if levels[k] > levels[k - 1]]
    if not rises:
        held = f"insulin stays at {amount(levels[0])}" if max(levels) > 0.0 else "no insulin comes"
        return f"Press Play: {held}; see how much GLUT4 is out, and how much glucose flows in."
    first = rises[0]
    falls = [times[k] for k in range(first + 1, len(levels)) if levels[k] < levels[first]]
    end = f", until it goes at {say(falls[0])}" if falls else ""
    return (
        f"Press Play: at {say(times[first])} {amount(levels[first])} insulin comes; GLUT4 moves out, glucose in{end}."
    )


def amount(insulin: float) -> str:
    """A concentration [nM] as people say it: "34 pM"."""
    value, unit = (1000.0 * insulin, "pM") if 0.0 < insulin < 0.1 else (insulin, "nM")
    return write(float(f"{value:.3g}"), unit)


@solara.component
def Opening(page: PageState):
    """Two sentences, or where the story has got to."""
    settings = page.settings.value
    guide = solara.use_memo(lambda: Guide(page.session), [])
    if settings.scenario is None:
        return
    if guide.step.value is not None and guide.is_of(settings.scenario):
        Story(guide)
        return
    with solara.Div(classes=["g4-opening"]):
        with solara.Div():
            Text("p", what_this_is(settings.scenario), "g4-what")
            Text("p", what_will_happen(settings.scenario), "g4-next")
        solara.Button(f"Guided story: {len(EVENTS)} steps", icon_name="mdi-book-open-variant", on_click=guide.begin)


@solara.component
def Story(guide: Guide):
    """What came of the step before, and the question of this one."""
    step, guess = guide.step.value, guide.guess.value
    with solara.Div(classes=["g4-opening", "g4-story"], attributes={"role": "region", "aria-label": "Guided story"}):
        with solara.Div(attributes={"aria-live": "polite"}):
            if guide.said.value:
                Text("p", guide.said.value)
            if step == len(EVENTS):
                Text("p", "That was the whole chain. What if there were less testosterone, or a tenth of the insulin?")
            else:
                event = EVENTS[step]
                Text("p", f"{step + 1} of {len(EVENTS)}. {event.question}", "g4-what")
                if guess is None:
                    with solara.Div(classes=["g4-answers"]):
                        for k, answer in enumerate(event.answers):
                            solara.Button(answer, on_click=lambda k=k: guide.answer(k), small=True)
                else:
                    Text("p", f"You say: {event.answers[guess]}. {event.watch}", "g4-next")
        solara.Button("Leave the story", icon_name="mdi-close", on_click=guide.end, text=True, small=True)
