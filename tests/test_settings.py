"""Settings hold still, know their keys, and say in one sentence what is wrong with a value."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from spectnet.settings import Settings, default_kind, explain


class Inner(Settings):
    depth: int = Field(3, ge=1)


class Round(Settings):
    kind: Literal["round"] = "round"
    radius: float = Field(1.0, gt=0)


class Square(Settings):
    kind: Literal["square"] = "square"
    side: float = 2.0


class Shapes(Settings):
    shape: Annotated[Round | Square, Field(discriminator="kind"), default_kind("round")] = Round()


class Outer(Settings):
    seconds: float = Field(1.0, gt=0)
    inner: Inner = Inner()


def test_settings_do_not_change_once_made():
    with pytest.raises(ValidationError, match="frozen"):
        Outer().seconds = 2.0


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_refused(value):
    with pytest.raises(ValidationError, match="finite"):
        Outer(seconds=value)


def test_all_findings_stand_in_one_sentence_with_their_place():
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"second": 1, "seconds": -1, "inner": {"depth": 0}})
    assert explain(caught.value) == (
        "seconds: input should be greater than 0, got -1; "
        "inner.depth: input should be greater than or equal to 1, got 0; "
        "unknown setting 'second', check its spelling"
    )


def test_a_part_without_a_kind_is_of_the_first_and_comes_back_as_it_was():
    assert Shapes.model_validate({"shape": {"radius": 3.0}}).shape == Round(radius=3.0)
    square = Shapes(shape=Square(side=5.0))
    assert Shapes.model_validate(square.model_dump()) == square
    assert Shapes.model_validate_json(square.model_dump_json()) == square


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"radius": -1}, "shape.radius: input should be greater than 0, got -1"),
        ({"kind": "square", "radius": 1}, "unknown setting 'shape.radius', check its spelling"),
        ({"kind": "oval"}, "shape.kind must be one of 'round', 'square', got 'oval'"),
    ],
)
def test_a_wrong_part_is_named_by_the_keys_of_its_file(shape, message):
    with pytest.raises(ValidationError) as caught:
        Shapes.model_validate({"shape": shape})
    assert explain(caught.value) == message
