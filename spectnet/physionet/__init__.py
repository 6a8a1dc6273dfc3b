"""The heart sounds of the PhysioNet/CinC Challenge 2016: fetch them, verify them, index them.

The set is by Liu et al. (2016), on PhysioNet (Goldberger et al., 2000), under ODC-By 1.0.
"""

from spectnet.physionet.annotations import read_annotation
from spectnet.physionet.catalogue import index
from spectnet.physionet.checksums import SUBSETS, data_folder, set_folder
from spectnet.physionet.download import fetch
from spectnet.physionet.verification import Report, verify

__all__ = ["SUBSETS", "Report", "data_folder", "fetch", "index", "read_annotation", "set_folder", "verify"]
