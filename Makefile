# The two commands:  make book   the executed book in _build/html
#                    make test   all tests
# CONTRIBUTING.md and the page "How to use this book" give the plain command behind each target (Windows, conda).

PYTHON ?= python3
PORT ?= 8000
LAB_OPTIONS ?=
VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
SITE := _build/html
BENCH_VENV := .venv-bench
BENCH_INSTALLED := $(BENCH_VENV)/.installed
BENCH_OPTIONS ?=
# A test file stays in one process, which keeps what its tests share.
TEST_OPTIONS ?= --numprocesses auto --maxprocesses 4 --dist loadfile
COURSE ?= course

.PHONY: help book test lab serve check bench clean slides assignments answers grading-self-test class-rehearsal

help:
	@echo "make book    run every page, site in $(SITE)"
	@echo "make serve   show the site at http://localhost:$(PORT)"
	@echo "make lab     open JupyterLab; a double click on a page in book/ opens it as a notebook"
	@echo "make test    build the book and run all tests"
	@echo "make check   lint and types"
	@echo "make bench   measure front-ends beside others', training beside the paper's, the explorers (an hour or more)"
	@echo "make slides  a deck of slides for each chapter, in _build/slides: no network needed to show them"
	@echo "make assignments        students' notebooks and solutions in $(COURSE) (a teacher's folder: keep it private)"
	@echo "make answers            solutions, run and with their rubric, as pages in $(COURSE)/answers: for the teacher alone"
	@echo "make grading-self-test  grade what must give known points, hostile submissions too"
	@echo "make class-rehearsal    grade a synthetic class of 100 in every assignment (an hour; killed, it goes on)"
	@echo "make clean   forget what was built (the environment and the data stay)"

$(INSTALLED): requirements.lock pyproject.toml tools/jupyterlab-overrides.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --requirement requirements.lock
	$(PY) -m pip install --no-deps --editable .
	@touch $@

book: $(INSTALLED)
	$(PY) tools/build_book.py

test: book
	$(PY) -m pytest $(TEST_OPTIONS)

lab: $(INSTALLED)
	$(PY) -m jupyterlab --LabApp.default_url=/lab/tree/book $(LAB_OPTIONS)

$(SITE)/index.html: $(INSTALLED)
	$(PY) tools/build_book.py

serve: | $(SITE)/index.html
	$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE)

check: $(INSTALLED)
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy

$(BENCH_INSTALLED): requirements.lock pyproject.toml benchmarks/requirements.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --constraint requirements.lock --requirement benchmarks/requirements.txt
	$(BENCH_VENV)/bin/python -m pip install --constraint requirements.lock --editable .
	@touch $@

bench: $(BENCH_INSTALLED) $(INSTALLED)
	$(BENCH_VENV)/bin/python -m benchmarks.frontend $(BENCH_OPTIONS)
	$(BENCH_VENV)/bin/python -m benchmarks.training
	$(PY) -m benchmarks.explorers

slides: book
	$(PY) -m tools.slides

assignments: $(INSTALLED)
	$(PY) -m spectnet classroom release --course $(COURSE)

answers: $(INSTALLED)
	$(PY) -m spectnet classroom answers --course $(COURSE)

grading-self-test: $(INSTALLED)
	$(PY) -m spectnet classroom self-test

class-rehearsal: $(INSTALLED)
	$(PY) -m spectnet classroom rehearse

clean:
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
