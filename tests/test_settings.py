"""Settings hold still, know their keys, and say in one sentence what is wrong with a value."""

import pytest
from pydantic import Field, ValidationError

from spectnet.settings import Settings, explain


class Inner(Settings):
    depth: int = Field(3, ge=1)


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
