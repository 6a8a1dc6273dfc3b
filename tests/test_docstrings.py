"""The examples in docstrings give what they show."""

import doctest
import importlib
import pkgutil

import pytest

import spectnet

MODULES = [
    module.name
    for module in pkgutil.walk_packages(spectnet.__path__, "spectnet.")
    if not module.name.endswith("__main__")  # runs the command line
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_examples_are_found():
    finder = doctest.DocTestFinder()
    found = {
        test.name for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples
    }
    assert {"spectnet.scales.hz_to_mel", "spectnet.model.SpectNet"} <= found
