"""Slides for a lecture room, made from the pages of the built book.

They come from a page's HTML and not from its notebook: there Sphinx has already resolved terms, numbers of
figures, citations and glued values, and explorers carry the state that lets them live without a kernel. A
notebook would bring all of it back as MyST source. `prose` shortens, `blocks` says what a page holds, `cut`
deals it out to slides, `deck` writes the files; reveal.js shows them.

python -m tools.slides     # every chapter of _build/html, to _build/slides
"""
