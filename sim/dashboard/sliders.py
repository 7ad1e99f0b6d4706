"""Sliders for what can be changed while the cell runs: insulin, glucose, and the hormones that act soon enough."""

from collections.abc import Callable

import solara
from solara.alias import rv

from glut4sim.sim.dashboard import slider_values
from glut4sim.sim.dashboard.body_panel import HERE, has_body
from glut4sim.sim.dashboard.live import title
from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.endocrine.known import Known
from glut4sim.sim.scenario.live_changes import BATH


@solara.component
def Sliders(page: PageState):
    """A slider for each of them; what it is set to holds from now on."""
    settings = page.settings.value
    if settings.scenario is None:
        return
    if has_body(settings.scenario):
        Text("p", HERE, "g4-hint")
        return
    sex, known = settings.scenario.body.sex, settings.scenario.known
    delivered = {known.drugs[therapy.drug].delivers for therapy in settings.scenario.therapy}
    planned, overruled = dict(settings.planned), dict(settings.overruled)
    for name, value in settings.slider_values:
        label = f"{title(name, known)}, without drugs" if name in delivered else title(name, known)
        LevelSlider(name, value, sex, known, lambda chosen, name=name: page.session.change(name, chosen), label).key(
            name
        )
        if name in overruled:
            Text("p", f"Held since you set it, instead of the plan: {overruled[name]}.", "g4-hint")
            solara.Button(
                f"{title(name, known)}: back to the plan",
                icon_name="mdi-calendar-clock",
                on_click=lambda name=name: page.session.resume(name),
            ).key(f"resume-{name}")
        elif name in planned:
            Text("p", f"Planned: {planned[name]}. What you set takes the place of this.", "g4-hint")
    if settings.is_changed:
        solara.Button("Undo all changes", icon_name="mdi-undo", on_click=page.session.undo)
    hint = "Insulin and glucose change at once, hormones at the next whole minute; slower ones are under “What if”."
    if settings.difference is not None:
        hint += f" The twin keeps its {title(settings.difference.name, known).lower()}."
    Text("p", hint, "g4-hint")


@solara.component
def LevelSlider(name: str, value: float, sex: str, known: Known, on_value: Callable[[float], None], label: str):
    """A slider over the stops of something, and what it is set to; `on_value` is called when it is let go."""
    values = slider_values.values(name, sex, value, known)
    dragged, set_dragged = solara.use_state(None)  # a value; holds until it is that of the cell
    shown = value if dragged not in values else dragged
    solara.use_effect(lambda: set_dragged(lambda at: None if at == value else at), [value])

    def let_go(chosen: int):
        wanted = values[min(chosen, len(values) - 1)]  # the browser may have had a stop more
        if wanted != value:
            on_value(wanted)
        else:
            set_dragged(None)

    said = slider_values.say(name, shown, sex, known)
    where = "in the bath" if name in BATH else known.levels[name].title
    with solara.Div(classes=["g4-slider"], attributes={"title": where}):
        with solara.Div(classes=["g4-slider-head"]):
            Text("span", label)
            Text("strong", said)
        slider = rv.Slider(
            v_model=values.index(shown),
            on_v_model=lambda index: set_dragged(values[min(index, len(values) - 1)]),
            min=0,
            max=len(values) - 1,
            step=1,
            hide_details=True,
            dense=True,
            attributes={"aria-label": label, "aria-valuetext": said, "data-slider": name},
        )
        rv.use_event(slider, "change", lambda _widget, _event, chosen: let_go(int(chosen)))
