"""A COMBINE archive of the mean field: the model as SBML, what to do with it as SED-ML, and what it is.

COPASI, Tellurium, runBioSimulations and others open it and draw our curves. Needs python-libsbml and python-libsedml
(extra `sbml`).

Sources: SED-ML Level 1 Version 4, Smith et al., J Integr Bioinform 18:20210021 (2021); the archive and its metadata,
Bergmann et al., BMC Bioinformatics 15:369 (2014).
"""

import io
import zipfile
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.model import sbml
from glut4sim.sim.model.cell_inputs import CellInputs
from glut4sim.version import __version__

MODEL, SIMULATION, METADATA = "model.xml", "simulation.sedml", "metadata.rdf"
OBSERVED = {  # parameters and species of the SBML -> how they are called
    "insulin": "Insulin [nM]",
    "receptors_active": "Active receptors [%]",
    "pip3": "PIP3 [% of lipid]",
    "akt_active": "Active Akt [%]",
    "as160_phosphorylated": "Phosphorylated AS160 [%]",
    "rab10_active": "Active Rab10 [%]",
    "surface_glut4_percent": "Surface GLUT4 [%]",
    "glucose_used": "Glucose used [share of the supply]",
}
TOLERANCES = {"KISAO:0000209": 1e-9, "KISAO:0000211": 1e-14}  # relative and absolute, of CVODE
SPECIES = ("pip3", "glucose_used")  # which of them are species; the others are parameters
_CVODE = "KISAO:0000019"
_IDENTIFIERS = "http://identifiers.org/"
_FORMATS = {
    ".": "combine.specifications/omex",
    MODEL: "combine.specifications/sbml.level-3.version-2",
    SIMULATION: "combine.specifications/sed-ml",  # COPASI overlooks one that is said to be of Level 1 Version 4
    METADATA: "combine.specifications/omex-metadata",
}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of each file: the same scenario gives the same bytes


def archive(scenario: CellInputs, duration: float) -> bytes:
    """A COMBINE archive of a scenario's mean field, with the records of a run of so many seconds.

    InputError if python-libsbml or python-libsedml is not installed, or the scenario has several assays.
    """
    files = {
        "manifest.xml": _manifest(),
        MODEL: sbml.export(scenario),
        SIMULATION: simulation(scenario, duration),
        METADATA: _metadata(scenario),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def simulation(scenario: CellInputs, duration: float) -> str:
    """What to do with the model, as SED-ML: its time course, a table and a plot of what is OBSERVED."""
    libsedml = _load_libsedml()
    document = libsedml.SedDocument(1, 4)
    model = document.createModel()
    model.setId("cell")
    model.setName(scenario.title)
    model.setLanguage("urn:sedml:language:sbml.level-3.version-2")
    model.setSource(MODEL)
    _course(document, duration, scenario.run.record_every)
    task = document.createTask()
    task.setId("run")
    task.setModelReference("cell")
    task.setSimulationReference("course")
    report, plot = document.createReport(), document.createPlot2D()
    report.setId("records")
    plot.setId("figure")
    plot.setName(scenario.title)
    _generator(libsedml, document, "time", "Time [s]")
    for name, title in OBSERVED.items():
        _generator(libsedml, document, name, title)
    for name in ("time", *OBSERVED):
        column = report.createDataSet()
        column.setId(f"column_{name}")
        column.setLabel(name)
        column.setDataReference(f"data_{name}")
    for name, title in OBSERVED.items():
        curve = plot.createCurve()
        curve.setId(f"curve_{name}")
        curve.setName(title)
        curve.setXDataReference("data_time")
        curve.setYDataReference(f"data_{name}")
    return libsedml.writeSedMLToString(document)


def _load_libsedml() -> Any:
    try:
        import libsedml
    except ImportError:
        raise InputError("export omex: needs python-libsedml; install it with: pip install 'glut4sim[sbml]'") from None
    return libsedml


def _course(document: Any, duration: float, every: float) -> None:
    """The time course. Its number of points is that of intervals: there is a record at 0 as well."""
    course = document.createUniformTimeCourse()
    course.setId("course")
    course.setInitialTime(0.0)
    course.setOutputStartTime(0.0)
    course.setOutputEndTime(duration)
    course.setNumberOfSteps(round(duration / every))
    algorithm = course.createAlgorithm()
    algorithm.setKisaoID(_CVODE)
    for kisao, value in TOLERANCES.items():
        parameter = algorithm.createAlgorithmParameter()
        parameter.setKisaoID(kisao)
        parameter.setValue(repr(value))


def _generator(libsedml: Any, document: Any, name: str, title: str) -> None:
    """What gives a quantity of the model to the table and the plot."""
    generator = document.createDataGenerator()
    generator.setId(f"data_{name}")
    generator.setName(title)
    variable = generator.createVariable()
    variable.setId(f"variable_{name}")
    variable.setTaskReference("run")
    if name == "time":
        variable.setSymbol("urn:sedml:symbol:time")
    else:
        kind = "species" if name in SPECIES else "parameter"
        plural = "Species" if name in SPECIES else "Parameters"
        variable.setTarget(f"/sbml:sbml/sbml:model/sbml:listOf{plural}/sbml:{kind}[@id='{name}']")
    generator.setMath(libsedml.parseL3Formula(f"variable_{name}"))


def _manifest() -> str:
    """What is in the archive, and what to begin with."""
    root = ElementTree.Element("omexManifest", xmlns=f"{_IDENTIFIERS}combine.specifications/omex-manifest")
    for name, form in _FORMATS.items():
        row = ElementTree.SubElement(root, "content", location=name if name == "." else f"./{name}")
        row.set("format", f"{_IDENTIFIERS}{form}")
        if name == SIMULATION:
            row.set("master", "true")
    return ElementTree.tostring(root, "unicode", xml_declaration=True)


def _metadata(scenario: CellInputs) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcterms="http://purl.org/dc/terms/">
  <rdf:Description rdf:about=".">
    <dcterms:title>{escape(scenario.title)}</dcterms:title>
    <dcterms:description>The mean field of a stochastic agent-based model of one insulin-responsive cell, by glut4sim
{__version__}. Each parameter's value comes with its source in that program.</dcterms:description>
    <dcterms:creator>The glut4sim developers</dcterms:creator>
  </rdf:Description>
</rdf:RDF>
"""
