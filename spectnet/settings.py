"""Settings of any part: frozen, with known keys only, and refused in plain words when they are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError


class Settings(BaseModel):
    """A pydantic model that cannot change, takes no misspelt key, and no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def default_kind(kind: str) -> BeforeValidator:
    """Read settings that do not say their `kind` as those of `kind`, as files from before there were others.

    Goes behind ``Field(discriminator="kind")`` in the hint of a union of settings.
    """

    def add(value: Any) -> Any:
        return {"kind": kind, **value} if isinstance(value, dict) else value

    return BeforeValidator(add)


def explain(error: ValidationError) -> str:
    """Pydantic's findings in one sentence: which key, what was wanted, what was received."""
    found = []
    kinds = set(_kinds(Settings))  # pydantic puts them between the keys, where no file has them
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"] if part not in kinds)
        if item["type"] == "extra_forbidden":
            found.append(f"unknown setting {key!r}, check its spelling")
        elif item["type"] == "union_tag_invalid":
            found.append(
                f"{key}.kind must be one of {item['ctx']['expected_tags']}, got {item['ctx']['tag']!r}"
            )
        elif item["type"] == "value_error":  # one of our own, which names its setting and value
            found.append(f"{key}: {item['ctx']['error']}" if key else str(item["ctx"]["error"]))
        else:
            found.append(f"{key}: {item['msg'][0].lower() + item['msg'][1:]}, got {item['input']!r}")
    return "; ".join(found)


def _kinds(settings: type[Settings]) -> Iterator[str]:
    """The kinds of all settings that have one."""
    for part in settings.__subclasses__():
        if "kind" in part.model_fields:
            yield part.model_fields["kind"].default
        yield from _kinds(part)
