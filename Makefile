# make play, make test: each does all the set-up, and only what is missing.

PRESET ?= presets/blues.toml
ARGS   ?=
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python3.10,$(shell \
            $(p) -c 'import sys; sys.version_info >= (3, 10) and print("$(p)")' 2>/dev/null)) python3)

VENV := .venv
PY   := $(VENV)/bin/python
# The build's own tools live in the environment too: a changed C file is then rebuilt in seconds, and without a network.
PIP  := $(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --constraint constraints.txt

# What a change of makes the installed rig out of date; the Python files are used where they lie.
SOURCES := pyproject.toml setup.py constraints.txt \
           $(shell find csrc -name "*.[ch]" -o -name "*.inc" -o -name "*.py")

# Somebody may have swept the built C away and left the environment: then it is built again.
ifeq ($(wildcard rig/native/_c*.so),)
  $(shell rm -f $(VENV)/.play $(VENV)/.train $(VENV)/.test)
endif

# No sound card: play the demo take instead of a guitar.
DI := $(shell grep -qs '^ *[0-9]' /proc/asound/cards || echo --di presets/demo.flac)

.PHONY: help play test models lint clean system
.DEFAULT_GOAL := help

help:
	@echo 'make play     set up what is missing, then play $(PRESET)   (PRESET=..., ARGS="--amp 2")'
	@echo 'make test     set up what is missing, then run the tests       (ARGS="-k preset")'
	@echo 'make models   capture and train the shipped models again; an hour and a half'
	@echo 'make lint     ruff and mypy'
	@echo 'make clean    remove all that was built and set up here'

play: $(VENV)/.play
	@$(VENV)/bin/rig play $(PRESET) $(DI) $(ARGS)

test: $(VENV)/.test
	$(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder $(ARGS)

models: $(VENV)/.train
	$(PY) presets/recipes/models.py $(ARGS)

lint: $(VENV)/.lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

clean:
	rm -rf $(VENV) build dist *.egg-info rig/native/_c*.so rig/train/_kernel* .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Looked at every time, which takes a moment; what is already there is left alone.
system:
	@PYTHON=$(PYTHON) sh .ci/system $(filter play test,$(MAKECMDGOALS))

$(VENV)/bin/pip: | system
	@echo 'rig: making $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check 'setuptools>=77' 'cffi>=1.16'

$(VENV)/.play: $(SOURCES) | $(VENV)/bin/pip system
	@echo 'rig: building, and installing what it plays with'
	@$(PIP) --editable .
	@touch $@

$(VENV)/.train: $(SOURCES) | $(VENV)/bin/pip system
	@echo 'rig: building, and installing what it trains with (some 200 MB)'
	@$(PIP) --editable '.[train]'
	@touch $@ $(VENV)/.play

$(VENV)/.test: $(SOURCES) | $(VENV)/bin/pip system
	@echo 'rig: building, and installing what it trains and is tested with (some 200 MB)'
	@$(PIP) --editable '.[train,test]'
	@touch $@ $(VENV)/.train $(VENV)/.play

# mypy reads the types of what the rig plays with, but needs no torch.
$(VENV)/.lint: pyproject.toml | $(VENV)/.play
	@$(PIP) 'ruff>=0.6' 'mypy>=1.15'
	@touch $@
