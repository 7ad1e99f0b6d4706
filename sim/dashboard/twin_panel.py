"""One thing held at another value: in the cell itself, or in a twin beside it that is the same but for that."""

import solara
from solara.alias import rv

from glut4sim.sim.dashboard.body_panel import HERE, has_body
from glut4sim.sim.dashboard.compare_panel import Compare
from glut4sim.sim.dashboard.live import DAY, Difference, title
from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.dashboard.sliders import LevelSlider
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.endocrine.library import PLASMA_INSULIN
from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.units import SPAN
from glut4sim.sim.scenario import live_changes


@solara.component
def TwinPanel(page: PageState):
    """Choose what, choose the value, choose where."""
    settings, session = page.settings.value, page.session
    name, set_name = solara.use_state("testosterone")
    value, set_value = solara.use_state(None)
    scenario = settings.scenario
    if scenario is None:
        return
    if has_body(scenario):
        Text("p", HERE, "g4-hint")
        return
    sex, known, now = scenario.body.sex, scenario.known, dict(settings.slider_values)
    names = [*live_changes.BATH, *(level for level in known.levels if level != PLASMA_INSULIN)]  # that is the bath's
    if name not in names:  # a level of the scenario before
        name = "testosterone"

    def choose(chosen):
        set_name(chosen)
        set_value(None)

    at = now.get(name, live_changes.healthy(name, sex, known)) if value is None else value
    soon = name in now
    titles = {title(each, known): each for each in names}
    rv.Autocomplete(  # a Select has a button within a button, which screen readers cannot tell apart
        label="What",
        items=list(titles),
        v_model=title(name, known),
        on_v_model=lambda text: text in titles and choose(titles[text]),
        hide_details=True,
    )
    LevelSlider(name, at, sex, known, set_value, title(name, known)).key(name)
    if not soon:
        Text("p", f"{title(name, known)} acts over days: a run does not feel a change within it.", "g4-hint")
    with solara.Div(classes=["g4-choices"]):
        Text("h2", "In a twin: same seed, everything else the same")
        solara.Button(
            "Fork now",
            icon_name="mdi-source-branch",
            on_click=lambda: session.fork(name, at),
            disabled=not soon,
            attributes={"title": "The twin is as the cell is now, and differs from now on"},
        )
        solara.Button(
            "Both from the start",
            icon_name="mdi-content-duplicate",
            on_click=lambda: session.start_twin(Difference(name, at)),
            attributes={"title": "The twin differs all along, also in the weeks before"},
        )
        if scenario.has_hormones:
            OtherDay(page).key("other-day")
        if settings.difference is not None:
            Text("p", f"Twin: {settings.difference.label(known)}")
            solara.Button("Without the twin", icon_name="mdi-close", on_click=session.drop_twin)
    with solara.Div(classes=["g4-choices"]):
        Text("h2", "In the cell itself")
        solara.Button(
            "From the start",
            icon_name="mdi-restart",
            on_click=lambda: session.rebase(
                lambda base: live_changes.from_start(base, name, at), lambda change: change.name != name
            ),
            attributes={"title": "The cell has it all along, also in the weeks before"},
        )

    Compare(page).key("compare")


@solara.component
def OtherDay(page: PageState):
    """The same cell at another time since the start."""
    whole, now = page.settings.value.whole, page.settings.value.scenario.assay.at[0]
    others = [day for day in whole.assay.at if day != now]
    text, set_text = solara.use_state(say(others[-1]) if others else "0 d")

    def start():
        try:
            page.session.start_twin(Difference(DAY, SPAN.read(text)))
        except InputError as error:
            page.session.complain(str(error.within("time since the start")))

    solara.InputText("Time since the start", value=text, on_value=set_text, dense=True)
    solara.Button(
        "On another day",
        icon_name="mdi-calendar-range",
        on_click=start,
        attributes={"title": "The twin is the same cell, at that time of its life"},
    )
