"""What can be set on a synthetic heart; a bad value is refused in one plain sentence."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from spectnet.settings import Settings, explain
from spectnet.synthesis.devices import DEVICES
from spectnet.synthesis.murmurs import MURMURS, MurmurKind


class HeartSettings(Settings):
    """One heart, its surroundings and the device; levels in dB are relative to the height of S1.

    Attributes:
        duration_s: length of the recording in seconds.
        sample_rate: in Hz.
        heart_rate: mean, in beats a minute.
        breaths_per_minute: breathing rate.
        sinus_arrhythmia: by what fraction the beat shortens from empty to full lungs.
        irregularity: random change from beat to beat, as a fraction of the beat.
        split_out_s: delay from A2 to P2 after breathing out, in seconds.
        split_in_s: the same after breathing in; equal values make a fixed split.
        s3_db: level of a third heart sound; None for none.
        s4_db: level of a fourth heart sound; None for none.
        murmur: its kind, or None.
        murmur_db: its effective value where it is loudest.
        breath_db: effective value of the breath sound where it is loudest.
        room_db: effective value of the room's noise.
        rub_db: typical loudness of a rub.
        rubs_per_minute: how often the chest piece rubs.
        device: one of `DEVICES`.
        level: turns the device's gain up or down.
    """

    duration_s: float = Field(default=8.0, ge=1, le=600)
    sample_rate: int = Field(default=2000, ge=1000, le=48000)
    heart_rate: float = Field(default=72.0, ge=30, le=200)
    breaths_per_minute: float = Field(default=15.0, ge=4, le=60)
    sinus_arrhythmia: float = Field(default=0.06, ge=0, le=0.4)
    irregularity: float = Field(default=0.015, ge=0, le=0.3)
    split_out_s: float = Field(default=0.020, ge=0, le=0.1)
    split_in_s: float = Field(default=0.045, ge=0, le=0.1)
    s3_db: float | None = Field(default=None, ge=-60, le=10)
    s4_db: float | None = Field(default=None, ge=-60, le=10)
    murmur: MurmurKind | None = None
    murmur_db: float = Field(default=-20.0, ge=-60, le=10)
    breath_db: float = Field(default=-45.0, ge=-100, le=20)
    room_db: float = Field(default=-40.0, ge=-100, le=20)
    rub_db: float = Field(default=-20.0, ge=-100, le=20)
    rubs_per_minute: float = Field(default=0.0, ge=0, le=300)
    device: str = "electronic"
    level: float = Field(default=1.0, gt=0, le=10)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:  # a reader meets this in a cell: one sentence, no list
            raise ValueError(explain(error)) from None

    @field_validator("murmur", mode="before")
    @classmethod
    def _known_murmur(cls, kind: object) -> object:
        if kind is not None and kind not in get_args(MurmurKind):
            raise ValueError(f"must be None or one of {', '.join(MURMURS)}, got {kind!r}")
        return kind

    @field_validator("device")
    @classmethod
    def _known_device(cls, device: str) -> str:
        if device not in DEVICES:
            raise ValueError(f"must be one of {', '.join(DEVICES)}, got {device!r}")
        return device

    @model_validator(mode="after")
    def _split_widens(self) -> HeartSettings:
        if self.split_in_s < self.split_out_s:
            raise ValueError(
                f"split_in_s must be at least split_out_s ({self.split_out_s:g} s), got {self.split_in_s:g} s"
            )
        return self

    @property
    def abnormal(self) -> bool:
        """True for a murmur (not an innocent one), an S3, an S4 or a wide fixed split."""
        murmur = self.murmur not in (None, "innocent")
        gallop = self.s3_db is not None or self.s4_db is not None
        fixed_split = self.split_out_s >= 0.04 and self.split_in_s - self.split_out_s < 0.01
        return murmur or gallop or fixed_split
