"""Sliders for what can be changed while the cell runs: insulin, glucose, and the hormones that act soon enough."""

from collections.abc import Callable

import solara
from solara.alias import rv

from sim.dashboard import stops
from sim.dashboard.desk import Desk
from sim.dashboard.live import title
from sim.edits import BATH
from sim.endocrine import library


@solara.component
def Knobs(desk: Desk):
    """A slider for each of them; what it is set to holds from now on."""
    settings = desk.settings.value
    if settings.scenario is None:
        return
    sex = settings.scenario.body.sex
    for name, value in settings.knobs:
        Knob(name, value, sex, lambda chosen, name=name: desk.session.change(name, chosen)).key(name)
    solara.HTML(
        "p",
        "Insulin and glucose change at once, hormones at the next whole minute. Those that take longer than the run "
        "to be felt are under “What if”. In a twin, that in which it differs stays as it is.",
        classes=["g4-hint"],
    )


@solara.component
def Knob(name: str, value: float, sex: str, on_value: Callable[[float], None]):
    """A slider over the stops of something, and what it is set to; `on_value` is called when it is let go."""
    values = stops.stops(name, sex, value)
    dragged, set_dragged = solara.use_state(None)
    index = values.index(value)
    solara.use_effect(lambda: set_dragged(None), [value])

    def let_go(chosen: int):
        if values[chosen] != value:
            on_value(values[chosen])

    said = stops.say(name, values[index if dragged is None else min(dragged, len(values) - 1)], sex)
    where = "in the bath" if name in BATH else library.levels()[name].title
    with solara.Div(classes=["g4-knob"], attributes={"title": where}):
        with solara.Div(classes=["g4-knob-head"]):
            solara.HTML("span", title(name))
            solara.HTML("strong", said)
        slider = rv.Slider(
            v_model=index if dragged is None else dragged,
            on_v_model=set_dragged,
            min=0,
            max=len(values) - 1,
            step=1,
            hide_details=True,
            dense=True,
            attributes={"aria-label": f"{title(name)}, {said}", "data-knob": name},
        )
        rv.use_event(slider, "change", lambda _widget, _event, chosen: let_go(int(chosen)))
