"""Which scenario, what it is about, what acts in it and on which evidence, and what to take home."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import solara
from solara.alias import rv

from glut4sim.sim.dashboard.body_panel import has_body
from glut4sim.sim.dashboard.markup import Fold, Text
from glut4sim.sim.dashboard.page_state import PageState
from glut4sim.sim.dashboard.scenario_cards import Cards
from glut4sim.sim.endocrine import evidence
from glut4sim.sim.endocrine.known import installed as known_substances
from glut4sim.sim.endocrine.library import Effect
from glut4sim.sim.inputs.files import merge
from glut4sim.sim.scenario import dosing
from glut4sim.sim.scenario.scenario import SCENARIOS, Scenario

TO_TAKE_HOME = {
    "Download results so far (zip)": "zip",
    "Download charts as a table (CSV)": "csv",
    "Download charts as a drawing (SVG)": "svg",
    "Download charts as a picture (PNG)": "png",
}  # label -> what


@solara.component
def ScenarioPanel(page: PageState):
    """The picker, and the scenario on show."""
    settings = page.settings.value
    scenario = settings.scenario
    Picker(page, "" if scenario is None else scenario.name)
    if scenario is None:
        if settings.phase == "starting":
            Text("p", "Getting ready: the first time, compiling takes half a minute.", "g4-hint")
        return
    with solara.Div():
        Text("h2", scenario.title or scenario.name)
        Text("p", scenario.name, "g4-hint")
    Text("p", scenario.description)
    if scenario.has_hormones:
        link = rv.Html(tag="a", attributes={"href": "#weeks"}, children=["below"])
        since = f"The experiment is {evidence.say(scenario.assay.at[0])} after the start; choose another time "
        rv.Html(tag="p", children=[since, link, "."])
    if scenario.therapy:
        Therapies(scenario)
        for line in dosing.warnings(settings.whole or scenario):
            Text("p", f"Warning: {line}", "g4-hint")
    if scenario.has_hormones:
        Evidence(scenario)
    with solara.Div(classes=["g4-downloads"]):
        solara.FileDownload(
            scenario.to_toml(),
            filename=f"{_file_name(scenario)}.toml",
            label="Download the scenario as changed",
            icon_name="mdi-file-document-outline",
        )
        if has_body(scenario):
            name = f"{_file_name(scenario)}.csv"
            solara.FileDownload(page.body.taken, filename=name, label="Download blood and uptake (CSV)").key("body")
        for label, what in ({} if has_body(scenario) else TO_TAKE_HOME).items():
            name = f"{_file_name(scenario)}{'' if what == 'zip' else '-charts'}.{what}"
            solara.FileDownload(lambda what=what: page.take_home(what), filename=name, label=label).key(what)
    Cards(page, scenario.name)


@solara.component
def Picker(page: PageState, shown: str):
    """All installed scenarios by their titles, in groups; to be searched by words of what they are about."""
    typed, set_typed = solara.use_state("")
    titles = {entry.name: entry.title for entry in installed()}
    words = "" if typed == titles.get(shown) else typed  # the browser types the title of what was chosen
    items = grouped(found(words))
    if shown and shown not in (item.get("value") for item in items):
        items = [{"text": titles.get(shown, shown), "value": shown}, *items]
    picker = rv.Autocomplete(
        label="Scenario",
        items=items,
        v_model=shown,
        on_v_model=lambda name: name in titles and name != shown and page.session.load(lambda: Scenario.load(name)),
        no_filter=True,
        menu_props={"maxHeight": 480},
        hide_details=True,
    )
    rv.use_event(picker, "update:search-input", lambda _widget, _event, text: set_typed(text or ""))


class Entry(NamedTuple):
    """An installed scenario, and all that is said of it, to be searched."""

    name: str
    title: str
    words: str


@cache
def installed() -> list[Entry]:
    """All installed scenarios, folder by folder."""
    entries = []
    for name in sorted(SCENARIOS.names(), key=lambda name: (_folder(name), name)):
        table = merge(SCENARIOS.read(name)[1])  # to check all of it, as loading does, takes seconds
        title = str(table.get("title") or name)
        entries.append(
            Entry(name, title, " ".join([name, title, str(table.get("description", "")), *_acting(table)]).casefold())
        )
    return entries


def _acting(table: Mapping[str, Any]) -> Iterator[str]:
    """What the drugs and the hormones that a scenario sets are called."""
    known = known_substances()
    drugs = [known.drugs[given["drug"]] for given in table.get("therapy", ()) if given.get("drug") in known.drugs]
    names = [*table.get("hormones", ()), *(drug.delivers for drug in drugs)]
    for substance in [*drugs, *(known.levels[name] for name in names if name in known.levels)]:
        yield from (substance.name, substance.title, *getattr(substance, "also", ()), getattr(substance, "family", ""))


def found(words: str) -> list[Entry]:
    """The scenarios of which all these words, or beginnings of words, are said."""
    wanted = words.casefold().split()
    return [entry for entry in installed() if all(word in entry.words for word in wanted)]


def grouped(entries: Iterable[Entry]) -> list[dict[str, str]]:
    """The picker's items: titles, under a heading for each folder."""
    items = []
    for folder, those in groupby(entries, lambda entry: _folder(entry.name)):
        if folder:
            items.append({"header": folder.replace("-", " ").capitalize()})
        items += [{"text": entry.title, "value": entry.name} for entry in those]
    return items


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


@solara.component
def Therapies(scenario: Scenario):
    """What is given, and how it stands with the authorities."""
    with solara.Div(classes=["g4-list"]):
        Text("h3", "Therapy")
        for therapy in scenario.therapy:
            Text("p", evidence.describe_therapy(therapy))
        Text("h3", "How these drugs stand")
        for drug, note in evidence.standings(scenario).items():
            about = f": {note.removesuffix(evidence.NOT_ADVICE)}"
            rv.Html(tag="p", class_="g4-hint", children=[Text("strong", drug), about])
        Text("p", evidence.NOT_ADVICE)


@solara.component
def Evidence(scenario: Scenario):
    """Who acts on what in it, and whence that is known."""
    with Fold([Text("strong", "What acts, and on which evidence")]):
        for effect in evidence.acting(scenario):
            Action(effect, scenario)
        Text("p", evidence.WHOLE_BODY, "g4-hint")


@solara.component
def Action(effect: Effect, scenario: Scenario):
    """An effect in a line; opened, its numbers and its source."""
    tags = [effect.evidence, *(["disputed"] if effect.disagreement else [])]
    facts = {
        "Acts on": evidence.target_title(effect, scenario),
        "How": evidence.describe_action(effect, scenario),
        "Source": effect.source,
        "Disputed": effect.disagreement,
    }
    with Fold([effect.title, *(Text("span", tag, "g4-tag") for tag in tags)]):
        for name, fact in facts.items():
            if fact:
                rv.Html(tag="p", class_="g4-hint", children=[Text("strong", name), f": {fact}"])


def _file_name(scenario: Scenario) -> str:
    return scenario.name.replace("/", "-")
