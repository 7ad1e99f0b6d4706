"""Tables and their readers: what is read, how a fault is told, and that what is written is read as the same."""

import math
from datetime import date
from typing import Annotated, ClassVar

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from glut4sim.sim.inputs.errors import InputError
from glut4sim.sim.inputs.fields import (
    Choice,
    Count,
    Course,
    FileName,
    FiniteNumber,
    Flag,
    Names,
    Number,
    NumberOrText,
    OneOf,
    Quantity,
    QuantityTexts,
    Range,
    SomeText,
    Time,
    Whole,
    Words,
)
from glut4sim.sim.inputs.json_schema import json_schema, nested_or_dotted
from glut4sim.sim.inputs.schedule import Schedule
from glut4sim.sim.inputs.tables import Table
from glut4sim.sim.inputs.units import GLUCOSE, INSULIN, TIME, level_kind

FRUIT = ("apple", "pear", "quince")
RELATIVE = level_kind("Lipolysis", "1", 100.0, 1.0)


class Basket(Table):
    """A basket."""

    fruit: Annotated[str, OneOf("fruit", FRUIT)]
    count: Count = 1
    for_: Annotated[float | None, Time()] = pydantic.Field(default=None, alias="for", description="how long it keeps")


class Market(Table):
    """A market."""

    KEYS_OF_FILES: ClassVar[tuple[str, ...]] = ("extends",)

    name: Words
    open: Flag = True
    baskets: tuple[Basket, ...] = ()
    named: dict[str, Basket] = pydantic.Field(default={})
    best: Basket | None = None
    until: Annotated[float, Quantity(TIME)]
    prices: tuple[Annotated[float, FiniteNumber()], ...] | None = None


class Sections(Table):
    """Tables of any name."""

    model_config = pydantic.ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, dict[str, Basket]]


WHOLE = {"name": "Monday", "until": "6 h"}
BASKET = {"fruit": "pear", "for": "2 d"}


# ---- tables ----


def test_what_is_read_and_written():
    market = Market.read(WHOLE | {"baskets": [BASKET], "best": {"fruit": "apple"}})
    assert (market.name, market.until, market.open, market.baskets[0].for_) == ("Monday", 21600.0, True, 172800.0)
    assert market.best == Basket(fruit="apple")
    assert market.resolved() == {
        "name": "Monday",
        "open": True,
        "baskets": [{"fruit": "pear", "count": 1, "for": "172800 s"}],
        "named": {},
        "best": {"fruit": "apple", "count": 1},
        "until": "21600 s",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nmae": "x"}, 'unknown key "nmae". Did you mean "name"?'),
        ({"extend": "x"}, 'unknown key "extend". Did you mean "extends"?'),
        ({"extends": "x"}, 'unknown key "extends". Allowed: baskets, best, name, named, open, prices, until.'),
        ({"bset": {}}, 'unknown table "bset". Did you mean "best"?'),
        ({"best": 5}, "best: expected a table, got 5."),
        ({"named": 5}, "named: expected a table, got 5."),
        ({"named": {"x": 5}}, "named.x: expected a table, got 5."),
        ({"baskets": BASKET}, "baskets: expected a list of tables, got a table."),
        ({"prices": 5}, "prices: expected a list, got 5."),
        ({"prices": [1, "2"]}, 'prices[1]: expected a finite number, got "2".'),
        ({"baskets": [BASKET, 5]}, "baskets[1]: expected a table, got 5."),
        ({"baskets": [BASKET, {"fruit": "pare"}]}, 'baskets[1].fruit: unknown fruit "pare". Did you mean "pear"?'),
        ({"baskets": [BASKET | {"colour": 1}]}, 'baskets[0]: unknown key "colour". Allowed: count, for, fruit.'),
        ({"named": {"x": BASKET | {"fro": 1}}}, 'named.x: unknown key "fro". Did you mean "for"?'),
        ({"best": BASKET | {"for_": 1}}, 'best: unknown key "for_". Did you mean "for"?'),
        ({"best": {"count": 2}}, 'best: "fruit" is missing.'),
        ({"best": BASKET | {"for": "1 m"}}, 'best.for: expected a time such as "10 min", got "1 m" (a length).'),
        ({"best": BASKET | {"count": 0}, "open": 1}, "open: expected true or false, got 1. (and 1 more)"),
        ({"name": " ", "opn": 1}, 'unknown key "opn". Did you mean "open"? (and 1 more)'),
    ],
)
def test_a_fault_is_one_line_that_names_the_place(change, message):
    with pytest.raises(InputError) as error:
        Market.read(WHOLE | change)
    assert str(error.value) == message


@pytest.mark.parametrize("digits", [400, 5000])  # beyond what a float holds, and beyond what Python writes
def test_numbers_of_very_many_digits_are_refused(digits):
    number = -(10**digits)
    for reader in (Whole(1, 9), Number(0.0, 2.0), NumberOrText(0.0, 2.0), FiniteNumber(), Quantity(INSULIN)):
        with pytest.raises(InputError, match=f"^expected .*, got a number of about 1e{digits}"):
            reader.read(number)
    with pytest.raises(InputError, match=rf"got \[1, a number of about 1e{digits}\]\.$"):
        Range("[2, 6]").read([1, number])
    with pytest.raises(InputError, match=f"^a: expected a quantity such as 0.5, got a number of about 1e{digits}"):
        QuantityTexts("0.5").read({"a": number})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"until": "6 h"}, '"name" is missing.'),
        ({"name": "Monday"}, 'until: expected a time such as "10 min", found none.'),
        ([], "expected a table, got an empty list."),
    ],
)
def test_what_is_missing_is_said_with_an_example_where_there_is_one(table, message):
    with pytest.raises(InputError) as error:
        Market.read(table)
    assert str(error.value) == message


def test_tables_of_any_name_are_checked_too():
    found = Sections.read({"a": {"b": BASKET}})
    assert found.__pydantic_extra__["a"]["b"].fruit == "pear"
    for entry, message in (
        (5, "a.b: expected a table, got 5."),
        ({"fruit": "pear", "cuont": 1}, 'a.b: unknown key "cuont". Did you mean "count"?'),
        ({}, 'a.b: "fruit" is missing.'),
    ):
        with pytest.raises(InputError) as error:
            Sections.read({"a": {"b": entry}})
        assert str(error.value) == message


# ---- readers ----


@pytest.mark.parametrize(
    ("reader", "value", "message"),
    [
        (Whole(1, 9), 9.0, "expected a whole number from 1 to 9, got 9.0."),
        (Whole(1, 9), True, "expected a whole number from 1 to 9, got true (a boolean)."),
        (Number(0.0, 2.0), 2.1, "expected a number from 0 to 2, got 2.1."),
        (Number(0.0, 2.0), "1", 'expected a number from 0 to 2, got "1".'),
        (Number(0.0, 2.0), math.nan, "expected a number from 0 to 2, got nan."),
        (NumberOrText(0.0, 2.0), "300 %", 'expected a number from 0 to 2, got "300 %".'),
        (NumberOrText(0.0, 2.0), "3 s", 'expected a number from 0 to 2, got "3 s" (a time).'),
        (FiniteNumber(), math.inf, "expected a finite number, got inf."),
        (Range("[2, 6]"), [6, 2], "expected two ascending numbers such as [2, 6], got [6, 2]."),
        (Range("[2, 6]"), [2, 2], "expected two ascending numbers such as [2, 6], got [2, 2]."),
        (Range("[2, 6]"), [2, math.nan], "expected two ascending numbers such as [2, 6], got [2, nan]."),
        (Range("[2, 6]"), [2, True], "expected two ascending numbers such as [2, 6], got [2, true (a boolean)]."),
        (Range("[2, 6]"), [1, 2, 3, 4], "expected two ascending numbers such as [2, 6], got a list of 4."),
        (Range("[2, 6]"), 2, "expected two ascending numbers such as [2, 6], got 2."),
        (SomeText(), "", 'expected text, got "".'),
        *(
            (FileName(), name, f'expected a name of up to 100 letters, digits, spaces and _ . + -, got "{name}".')
            for name in ("../evil", "/tmp/evil", "..", ".hidden", "a/b", "ends.", "C:evil")
        ),
        (SomeText(), date(2024, 2, 29), "expected text, got a date or time."),
        (OneOf("fruit", FRUIT), 5, "expected the name of a fruit, got 5."),
        (OneOf("effect", FRUIT), [], "expected the name of an effect, got an empty list."),
        (Names("fruit", lambda: FRUIT), "pear", 'expected a list of names, got "pear".'),
        (Names("fruit", lambda: FRUIT), ["pear", "pea"], '[1]: unknown fruit "pea". Did you mean "pear"?'),
        (Choice(FRUIT), "pea", 'expected "apple", "pear" or "quince", got "pea".'),
        (Choice(FRUIT[:2]), ["pear"], 'expected "apple" or "pear", got a list of 1.'),
        (Time(low=1.0, high=60.0), "2 min", 'expected a time from 1 s to 60 s, got "2 min".'),
        (Time(), "0 s", 'expected a time above 0 s, got "0 s".'),
        (QuantityTexts("0.5"), {"a": True}, "a: expected a quantity such as 0.5, got true (a boolean)."),
        (QuantityTexts("0.5"), [], "expected a table, got an empty list."),
        (Whole(1, 9), None, "expected a whole number from 1 to 9, got nothing."),
        (Whole(1, 9), FRUIT.index, "expected a whole number from 1 to 9, got a builtin_function_or_method."),
    ],
)
def test_what_is_refused(reader, value, message):
    with pytest.raises(InputError) as error:
        reader.read(value)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (Whole(1, 9), 9, 9),
        (Number(0.0, 2.0), 1, 1.0),
        (NumberOrText(0.0, 2.0), "50 %", 0.5),
        (Range("[2, 6]"), [2, math.inf], (2.0, math.inf)),
        (Names("fruit", FRUIT), ["quince", "apple", "quince"], ("apple", "quince")),
        (Choice(FRUIT), "pear", "pear"),
        (FileName(), "acute hormones-2.b", "acute hormones-2.b"),
        (Quantity(INSULIN), "1 uM", 1000.0),
        (Time(), "2 min", 120.0),
        (Course(GLUCOSE), "5 mM", Schedule((0.0,), (5.0,))),
        (Course(GLUCOSE), [["0 s", "5 mM"], ["1 min", "7 mM"]], Schedule((0.0, 60.0), (5.0, 7.0))),
        (QuantityTexts("0.5"), {"b": 0.5, "a": " 2 s "}, {"a": "2 s", "b": "0.5"}),
    ],
)
def test_what_is_read_is_in_its_schema_and_so_is_what_is_written(reader, value, expected):
    found = reader.read(value)
    assert found == expected
    assert type(found) is type(expected)
    schema = Draft202012Validator(reader.schema())
    assert schema.is_valid(value)
    if not isinstance(reader, Range):  # which nothing writes
        assert schema.is_valid(reader.write(found))
        assert reader.read(reader.write(found)) == found


QUANTITIES = st.floats(0.0, 100.0).flatmap(
    lambda number: st.sampled_from([f"{number!r} nM", f"{number!r}nM", f"+{number!r} nM", f" {number:e} nM "])
)


@given(QUANTITIES)
def test_a_quantity_that_is_read_matches_the_pattern(text):
    assert Quantity(INSULIN).read(text) >= 0.0
    assert Draft202012Validator(Quantity(INSULIN).schema()).is_valid(text)


@pytest.mark.parametrize("text", ["5", "nM", "", "-5 nM", "inf nM", "5 5", "1.2.3 nM", 5])
def test_what_does_not_match_the_pattern_is_not_read_either(text):
    assert not Draft202012Validator(Quantity(INSULIN).schema()).is_valid(text)
    with pytest.raises(InputError):
        Quantity(INSULIN).read(text)


@pytest.mark.parametrize("value", [0.5, "0.5", "50 %", 0])
def test_a_relative_level_may_be_a_plain_number(value):
    assert RELATIVE.read(value) <= 0.5
    assert Draft202012Validator(Quantity(RELATIVE).schema()).is_valid(value)


# ---- schemas ----


def test_the_schema_of_a_table():
    schema = json_schema(Market)
    assert schema["description"] == "A market."
    assert schema["required"] == ["name", "until"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["best"] == {"$ref": "#/$defs/Basket"}
    keeps = schema["$defs"]["Basket"]["properties"]["for"]
    assert keeps["description"] == 'how long it keeps: a time such as "10 min", at most 2592000 s'
    assert "default" not in keeps
    assert schema["$defs"]["Basket"]["properties"]["count"]["default"] == 1
    validator = Draft202012Validator(schema)
    assert validator.is_valid(WHOLE | {"baskets": [BASKET], "named": {"x": BASKET}})
    assert not validator.is_valid(WHOLE | {"best": None})
    assert not validator.is_valid(WHOLE | {"baskets": [BASKET | {"for_": "1 s"}]})


def test_keys_of_two_parts_are_dotted_or_nested():
    validator = Draft202012Validator(nested_or_dotted({"vesicle": {"fuse": {"type": "string"}}}))
    for table, valid in (
        ({"vesicle.fuse": "2"}, True),
        ({"vesicle": {"fuse": "2"}}, True),
        ({"vesicle.fuse": 2}, False),
        ({"vesicle": {"fuse": 2}}, False),
        ({"vesicle.dock": "2"}, False),
        ({"vesicle": {"dock": "2"}}, False),
    ):
        assert validator.is_valid(table) == valid
