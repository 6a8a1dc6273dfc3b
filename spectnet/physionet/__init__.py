"""The heart sounds of the PhysioNet/CinC Challenge 2016: fetch them, verify them, index them."""

from spectnet.physionet.index import SUBSETS, data_folder, index, set_folder

__all__ = ["SUBSETS", "data_folder", "index", "set_folder"]
