"""How much each recording counts, so that no subset's habits count for skill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from spectnet.recordings import ABNORMAL, NORMAL, Recording


def balancing_weights(recordings: Sequence[Recording]) -> np.ndarray:
    """Weights under which both classes count alike in every subset, as in the Challenge's validation set.

    A subset counts by its rarer class; one with a single class counts nothing, since there
    recognising the device would look like recognising disease.

    Returns:
        float64 ``(recordings,)``.
    """
    counts = Counter((r.subset, r.label) for r in recordings)
    return np.array(
        [
            min(counts[r.subset, NORMAL], counts[r.subset, ABNORMAL]) / counts[r.subset, r.label]
            for r in recordings
        ]
    )
