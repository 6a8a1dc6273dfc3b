"""Settings of any part: frozen, with known keys only, and refused in plain words when they are wrong."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError


class Settings(BaseModel):
    """A pydantic model that cannot change, takes no misspelt key, and no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def explain(error: ValidationError) -> str:
    """Pydantic's findings in one sentence: which key, what was wanted, what was received."""
    found = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            found.append(f"unknown setting {key!r}, check its spelling")
        elif item["type"] == "value_error":  # one of our own, which names its setting and value
            found.append(f"{key}: {item['ctx']['error']}" if key else str(item["ctx"]["error"]))
        else:
            found.append(f"{key}: {item['msg'][0].lower() + item['msg'][1:]}, got {item['input']!r}")
    return "; ".join(found)
