"""Which scenario, what it is about, what acts in it and on which evidence, and what to take home."""

import solara

from sim.dashboard import archive
from sim.dashboard.desk import Desk
from sim.endocrine import account
from sim.scenario import SCENARIOS, Scenario


@solara.component
def ScenarioPanel(desk: Desk):
    """The picker, and the scenario on show."""
    settings = desk.settings.value
    names = solara.use_memo(SCENARIOS.names, [])
    scenario = settings.scenario
    shown = None if scenario is None else scenario.name
    solara.Select(
        "Scenario",
        values=[*names, *({shown} - {*names, None})],
        value=shown,
        on_value=lambda name: name in names and desk.load(lambda: Scenario.load(name)),
    )
    if scenario is None:
        solara.HTML("p", "Getting ready: the first time, compiling takes half a minute.", classes=["g4-hint"])
        return
    solara.HTML("h2", scenario.title or scenario.name)
    solara.HTML("p", scenario.description)
    if scenario.therapy:
        Therapies(scenario)
    if scenario.has_hormones:
        Evidence(scenario)
    with solara.Div(classes=["g4-downloads"]):
        solara.FileDownload(
            scenario.to_toml(),
            filename=f"{_file_name(scenario)}.toml",
            label="Scenario as changed",
            icon_name="mdi-file-document-outline",
        )
        solara.FileDownload(
            lambda: archive.results(desk.session.taken().result()),
            filename=f"{_file_name(scenario)}.zip",
            label="Results so far",
        )


@solara.component
def Therapies(scenario: Scenario):
    """What is given, and how it stands with the authorities."""
    with solara.Div(classes=["g4-list"]):
        solara.HTML("h3", "Therapy")
        for therapy in scenario.therapy:
            solara.HTML("p", account.describe_therapy(therapy))
        solara.HTML("h3", "How these drugs stand")
        for drug, note in account.standings(scenario).items():
            solara.HTML("p", f"{drug}: {note}")
        solara.HTML("p", account.NOT_ADVICE, classes=["g4-hint"])


@solara.component
def Evidence(scenario: Scenario):
    """Who acts on what in it, and whence that is known."""
    with solara.Details("What acts, and on which evidence"):
        for effect in account.acting(scenario):
            solara.HTML("p", account.describe_effect(effect, scenario), classes=["g4-effect"])
        solara.HTML("p", account.WHOLE_BODY, classes=["g4-hint"])


def _file_name(scenario: Scenario) -> str:
    return scenario.name.replace("/", "-")
