"""The Sphinx extension of this book: what every page gets from the build, and what it must keep to.

`provenance` names the cache after what pages draw from and knows the commit behind an output; `facts`
writes the line at the top of a page and the stamp at its end; `alt_text` refuses pictures without a
description; `assets` serves scripts and fonts from the site itself, `left_overs` takes out what
nobody asked for; `notebooks` offers executed
notebooks; `launch` adds the buttons that one line in `_config.yml` switches on; `docstrings` turns
the package's docstrings into an API reference.
"""

from sphinx.application import Sphinx

from spectnet_book import alt_text, assets, docstrings, facts, launch, left_overs, notebooks, provenance


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect every part to the build."""
    for part in (provenance, assets, left_overs, facts, notebooks, launch, alt_text, docstrings):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
