"""Settings that refuse a bad value in one plain sentence."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class Settings(BaseModel):
    """A frozen pydantic model; a bad value raises ``ValueError`` with one sentence: name, demand, value."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ValueError(_sentence(error, type(self))) from None


def _sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """The first complaint, such as ``heart_rate: input should be less than or equal to 200, got 500``."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{model.__name__} has no setting {name}; it has {', '.join(model.model_fields)}"
    message = first["msg"].removeprefix("Value error, ")
    if not name:
        return message
    return f"{name}: {message[0].lower()}{message[1:]}, got {first['input']!r}"
