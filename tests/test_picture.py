"""A figure that tells what it shows, once."""

import base64
import re

import pytest
from matplotlib import pyplot as plt

from spectnet.picture import described


def test_a_picture_says_what_it_shows():
    figure, _ = plt.subplots()
    shown = described(figure, 'A "rising"\n  line < 3 dB').data
    assert re.search('alt="([^"]*)"', shown).group(1) == "A &quot;rising&quot; line &lt; 3 dB"
    source = re.search('src="data:image/png;base64,([^"]*)"', shown).group(1)
    assert base64.b64decode(source).startswith(b"\x89PNG")


def test_a_picture_is_shown_once():
    figure, _ = plt.subplots()
    described(figure, "An empty pair of axes.")
    assert not plt.fignum_exists(figure.number)


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="words must say"):
        described(plt.figure(), " ")
