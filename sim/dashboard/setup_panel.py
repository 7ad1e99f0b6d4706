"""How many agents, which seed, how long; and the whole scenario as text, to be changed at will."""

from collections.abc import Mapping

import solara

from glut4sim.sim.dashboard.body_panel import has_body
from glut4sim.sim.dashboard.build import Size
from glut4sim.sim.dashboard.markup import Fold, Text
from glut4sim.sim.dashboard.page_state import PageState, read_text
from glut4sim.sim.endocrine.evidence import say
from glut4sim.sim.inputs.units import whole_of
from glut4sim.sim.scenario.scenario import Scenario

COUNTS = {"vesicles": "GLUT4 vesicles", "receptors": "Insulin receptors", "glucose_agents": "Glucose agents"}


@solara.component
def SetupPanel(page: PageState):
    """Fields that take effect together, at a restart."""
    scenario = page.settings.value.scenario
    if scenario is None:
        return
    Fields(page).key(f"fields-{scenario.hash}")
    with Fold([Text("strong", "The whole scenario as text")]), solara.Div(classes=["g4-text"]):
        ScenarioText(page).key(f"text-{scenario.hash}")


@solara.component
def Fields(page: PageState):
    """Numbers of agents, seed and duration."""
    scenario = page.settings.value.scenario
    counts = {} if has_body(scenario) else COUNTS
    now = {f"cell.{key}": str(getattr(scenario.cell, key)) for key in counts}
    now |= {"run.seed": str(scenario.run.seed), "run.duration": say(scenario.run.duration)}
    labels = {f"cell.{key}": label for key, label in counts.items()} | {"run.seed": "Seed", "run.duration": "Duration"}
    texts, set_texts = solara.use_state(now)
    for path, label in labels.items():
        solara.InputText(
            label,
            value=texts[path],
            on_value=lambda text, path=path: set_texts(lambda before: before | {path: text}),
            continuous_update=True,
            dense=True,
        )

    def apply():
        changes = {path: _number(text) for path, text in texts.items() if text != now[path]}
        page.session.rebase(lambda base: base.replaced(changes))

    if counts:
        Text("p", _estimate(scenario, texts), "g4-hint")
    solara.Button("Restart with these", icon_name="mdi-restart", on_click=apply)


@solara.component
def ScenarioText(page: PageState):
    """The scenario as a file would hold it, with all that was changed."""
    scenario = page.settings.value.whole
    text, set_text = solara.use_state(scenario.to_toml())
    solara.InputTextArea("TOML", value=text, on_value=set_text, continuous_update=True, rows=18)
    solara.Button(
        "Restart with this text",
        icon_name="mdi-restart",
        on_click=lambda: page.session.load(lambda: read_text(text, scenario.name), keep_twin=True),
    )


def _estimate(scenario: Scenario, texts: Mapping[str, str]) -> str:
    """What a cell of so many agents takes; nothing where these are no numbers."""
    numbers = {key: whole_of(texts[f"cell.{key}"]) for key in COUNTS}
    if None in numbers.values():
        return ""
    cell = scenario.cell.model_copy(update=numbers)
    return f"Takes {Size(scenario.model_copy(update={'cell': cell}).memory_bytes, 0)}."


def _number(text: str) -> int | str:
    """A whole number where it is one; what is not is for the scenario to judge."""
    number = whole_of(text)
    return text if number is None else number
