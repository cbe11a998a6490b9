# make play, make test: each does all the set-up, and only what is missing.

PRESET ?= presets/blues.toml
ARGS   ?=
PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python3.10,$(shell \
            $(p) -c 'import sys; sys.version_info >= (3, 10) and print("$(p)")' 2>/dev/null)) python3)

# no: leave PyTorch and the tests of training out. An index of PyTorch's CPU builds, to take it from: README, "Two commands".
TRAIN       ?= yes
TORCH_INDEX ?=

VENV := .venv
PY   := $(VENV)/bin/python
# The build's own tools live in the environment too: a changed C file is then rebuilt in seconds, and without a network.
PIP  := sh .ci/fetch $(PY) -m pip install --no-build-isolation --constraint constraints.txt

# What a change of makes the built C out of date; the Python files are used where they lie.
SOURCES := setup.py $(shell find csrc -name "*.[ch]" -o -name "*.inc" -o -name "*.py")
PROJECT := pyproject.toml setup.py constraints.txt

# Each step leaves its stamp when it has done all, so one that was broken off is taken again. Somebody may have swept away what
# stamps speak of: the built C, or the environment, or parts of it. Or moved it, and its commands still look where it was; or
# brought the system another Python, which looks for packages in a folder of its own.
ifeq ($(shell grep -qsF '$(CURDIR)/$(VENV)/bin/' $(VENV)/bin/pip && $(PY) -c 'import pip' 2>/dev/null && echo yes),)
  $(shell rm -f $(VENV)/.made $(VENV)/.tools)
endif
ifeq ($(wildcard $(VENV)/.tools),)
  $(shell rm -f $(VENV)/.built $(VENV)/.play $(VENV)/.torch $(VENV)/.train $(VENV)/.test $(VENV)/.test-no $(VENV)/.lint)
endif
ifeq ($(wildcard rig/native/_c*.so),)
  $(shell rm -f $(VENV)/.built)
endif

# No sound card: play the demo take instead of a guitar.
DI := $(shell grep -qs '^ *[0-9]' /proc/asound/cards || echo --di demo)

.PHONY: help play test drills models pictures lint clean system
.DEFAULT_GOAL := help

help:
	@echo 'make play     set up what is missing, then play $(PRESET)   (PRESET=..., ARGS="--amp 2")'
	@echo 'make test     set up what is missing, then run the tests       (ARGS="-k preset", TRAIN=no: without PyTorch)'
	@echo 'make drills   do what a bad night does, and measure: docs/promises.md   (ARGS="server soak --minutes 60 --keep")'
	@echo 'make models   capture and train the shipped models again; an hour and a half'
	@echo 'make pictures draw the pictures of the README again'
	@echo 'make lint     ruff and mypy'
	@echo 'make clean    remove all that was built and set up here'

play: $(VENV)/.play
	@$(VENV)/bin/rig play $(PRESET) $(DI) $(ARGS)

test: $(if $(filter no,$(TRAIN)),$(VENV)/.test-no,$(VENV)/.test)
	RIG_TRAIN=$(TRAIN) $(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist load --maxschedchunk 1 \
	  $(if $(filter no,$(TRAIN)),-rsfE) $(ARGS)

drills: $(VENV)/.test-no
	$(PY) tests/drills $(ARGS)

models: $(VENV)/.train
	$(PY) presets/recipes/models.py $(ARGS)

pictures: $(VENV)/.test-no
	$(PY) tests/pictures.py

lint: $(VENV)/.lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

clean:
	rm -rf $(VENV) build dist *.egg-info rig/native/_c*.so .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Looked at every time, which takes a moment; what is already there is left alone.
system:
	@PYTHON=$(PYTHON) sh .ci/system $(filter play test drills models pictures lint,$(MAKECMDGOALS))

$(VENV)/.made: | system
	@echo 'rig: making $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.tools: | $(VENV)/.made
	@sh .ci/fetch $(PY) -m pip install 'setuptools>=77' 'cffi>=1.16'
	@touch $@

$(VENV)/.built: $(SOURCES) | $(VENV)/.tools system
	@echo 'rig: building'
	@$(PY) setup.py -q build_ext --inplace
	@touch $@

$(VENV)/.play: $(PROJECT) | $(VENV)/.built
	@echo 'rig: installing what it plays with'
	@$(PIP) --editable .
	@touch $@
	@echo 'rig: ready; the command is $(VENV)/bin/rig, or just rig after `. $(VENV)/bin/activate`'

# One machine's PyTorch is 200 MB, another's brings 5 GB of what a graphics card needs: which, the index decides.
$(VENV)/.torch: $(PROJECT) | $(VENV)/.built
	@echo 'rig: installing PyTorch (200 MB; up to 5 GB where it is built for graphics cards: README, "Two commands")'
	@$(PIP) $(if $(TORCH_INDEX),--index-url '$(TORCH_INDEX)') torch
	@touch $@

$(VENV)/.train: $(PROJECT) | $(VENV)/.torch
	@echo 'rig: installing what it trains with'
	@$(PIP) --editable '.[train]'
	@touch $@ $(VENV)/.play

$(VENV)/.test: $(PROJECT) | $(VENV)/.torch
	@echo 'rig: installing what it trains and is tested with'
	@$(PIP) --editable '.[train,test]'
	@touch $@ $(VENV)/.train $(VENV)/.test-no $(VENV)/.play

$(VENV)/.test-no: $(PROJECT) | $(VENV)/.built
	@echo 'rig: installing what it is tested with, without PyTorch'
	@$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.play

# mypy reads the types of what the rig plays with, but needs no torch.
$(VENV)/.lint: pyproject.toml | $(VENV)/.play
	@$(PIP) 'ruff>=0.6' 'mypy>=1.15'
	@touch $@
