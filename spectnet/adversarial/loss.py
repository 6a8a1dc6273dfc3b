"""What the device's head learns, and what the features learn against it.

Taught in *Whose stethoscope is this?*
"""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from spectnet.adversarial.reversal import reverse_gradient


def confusion_loss(logits: Float[Tensor, "batch devices"]) -> Float[Tensor, ""]:
    """Cross-entropy against all devices alike: smallest where the head has no idea.

    Args:
        logits: of each device.

    Example:
        >>> import torch
        >>> round(float(confusion_loss(torch.zeros(1, 4))), 4)  # ln 4
        1.3863

    Tzeng et al. (2015), equation 3. Taught in *Whose stethoscope is this?*
    """
    return -functional.log_softmax(logits.float(), dim=-1).mean()


def device_loss(
    head: nn.Module,
    features: Float[Tensor, "batch features"],
    devices: Int[Tensor, " batch"],
    weight: float,
    kind: Literal["reversal", "confusion"] = "reversal",
    shares: Float[Tensor, " devices"] | None = None,
) -> Float[Tensor, ""]:
    """A loss whose one gradient teaches the head to name devices, and the features to prevent it.

    Args:
        head: names the device from features.
        features: of segments of all devices.
        devices: their numbers.
        weight: of the features' part; the head learns in full whatever it is.
        kind: ``"reversal"`` sends the head's own gradient back turned round; with ``"confusion"`` the
            features lower `confusion_loss`, which the head does not see.
        shares: of each device among the segments that are drawn. Given, devices count alike: else naming the
            largest one would already be a good answer, and a head that knows no more is easily misled.

    Taught in *Whose stethoscope is this?*
    """
    alike = None if shares is None else 1 / (len(shares) * shares)
    if kind == "reversal":
        return _named(head(reverse_gradient(features, weight)), devices, alike)
    own = _named(head(features.detach()), devices, alike)
    still = {name: parameter.detach() for name, parameter in head.named_parameters()}
    confused = confusion_loss(functional_call(head, still, (features,)))
    return own + weight * confused


def _named(
    logits: Float[Tensor, "batch devices"],
    devices: Int[Tensor, " batch"],
    alike: Float[Tensor, " devices"] | None,
) -> Float[Tensor, ""]:
    """Cross-entropy, each segment times its device's weight; those are 1 on average over many batches."""
    each = functional.cross_entropy(logits.float(), devices, weight=alike, reduction="none")
    return each.mean()
