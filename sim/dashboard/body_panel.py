"""The body of a scenario: what it is given, by a row of buttons, and what becomes of its blood."""

import solara

from glut4sim.sim.dashboard.body_run import MOST
from glut4sim.sim.dashboard.markup import Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.scenario.scenario import Scenario

HERE = "This scenario is a whole body: what it is given is set above its charts."


def has_body(scenario: Scenario | None) -> bool:
    """Whether a scenario is a test of a body, which is then shown in place of the cell."""
    return scenario is not None and scenario.assay.kind is not None


@solara.component
def BodyPanel(page: PageState):
    """Meals, drinks and clamps by hand, and the charts of the blood; nothing where the scenario has no body."""
    body = page.body
    grams, set_grams = solara.use_state(78.0)
    insulin, set_insulin = solara.use_state(40.0)
    if not has_body(page.settings.value.scenario):
        return
    with solara.Div(classes=["g4-body"]):
        Text("h2", "The body: glucose and insulin in its blood")
        with solara.Div(classes=["g4-doings"]):
            with solara.Div(attributes={"role": "group", "aria-label": "Food"}):
                Amount("Carbohydrate, g", grams, set_grams, MOST["meal"])
                solara.Button("Eat a meal", icon_name="mdi-food-apple-outline", on_click=lambda: body.do("meal", grams))
                solara.Button("Drink glucose", icon_name="mdi-cup-outline", on_click=lambda: body.do("drink", grams))
            with solara.Div(attributes={"role": "group", "aria-label": "Clamp"}):
                Amount("Insulin, mU/m²/min", insulin, set_insulin, MOST["clamp"])
                solara.Button("Clamp", icon_name="mdi-needle", on_click=lambda: body.do("clamp", insulin))
                solara.Button("End infusions", icon_name="mdi-stop-circle-outline", on_click=lambda: body.do("end"))
            if page.done_to_body.value:
                solara.Button("Undo what was done", icon_name="mdi-undo", on_click=body.undo)
        solara.Div(children=[body.charts])
        Text(
            "p",
            "Muscle and fat are cells as in the other scenarios, here the mean of very many. A clamp infuses insulin, "
            "and as much glucose as keeps plasma at its fasting level. No model of you: not medical advice.",
            "g4-hint",
        )


@solara.component
def Amount(label: str, value: float, on_value, most: float):
    """A number that is not negative; what is none, or too large, changes nothing."""

    def take(text):
        try:
            number = float(text)
        except ValueError:
            return
        if 0.0 <= number <= most:
            on_value(number)

    solara.InputText(label, value=f"{value:g}", on_value=take, dense=True)
