"""Training against the recording device: features from which nobody can tell who recorded.

A second head learns to name the device from the CNN's features. On the way back its gradient is turned round,
so that the features learn to mislead it; or they are asked to leave it undecided, by confusion loss.

Taught in *Whose stethoscope is this?*
"""

from spectnet.adversarial.domains import device_names, device_numbers, without_labels
from spectnet.adversarial.loss import confusion_loss, device_loss
from spectnet.adversarial.naming import Naming, name_devices, recording_features
from spectnet.adversarial.reversal import reversal_weight, reverse_gradient
from spectnet.adversarial.settings import AdversarialConfig, DeviceHead

__all__ = [
    "AdversarialConfig",
    "DeviceHead",
    "Naming",
    "confusion_loss",
    "device_loss",
    "device_names",
    "device_numbers",
    "name_devices",
    "recording_features",
    "reversal_weight",
    "reverse_gradient",
    "without_labels",
]
