"""Whatever a player does, what plays is in the end what the document says, and the document is what the file says."""

from __future__ import annotations

import gc
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_gigs import Unhurried, files, gig_of, play_around, preset
from test_rebuild import RATE

from rig import native
from rig.document.document import alike
from rig.document.read import read_preset
from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.reconciler import Reconciler
from rig.gig.render import load

SILENCE = np.zeros(2 * RATE, np.float32)
PLAYED = np.random.default_rng(2).normal(0, 0.1, RATE // 4).astype(np.float32)

many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
randoms = st.integers(0, 2**32).map(Random)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("presets")
    files(made)
    return made


def written(folder: Path, random: Random) -> Path:
    path = folder / "set.toml"
    path.write_text(preset(random), newline="")
    return path


def heard(reconciler: Reconciler) -> np.ndarray:
    """When all has come to rest. Filters that a model holds at a constant rest where their past has led them, to a bit:
    hence every chain begins anew."""
    reconciler.rack.process(SILENCE)
    for place in reconciler.places():
        reconciler.chain(place)[1].prewarm()
    return reconciler.rack.process(PLAYED)[0]


def fresh(gig: Gig) -> Reconciler:
    """A rack that has just loaded the document."""
    reconciler = load(gig.document, gig.playing, RATE)
    reconciler.rack.limit(False)
    reconciler.rack.level(gig.document.level)
    reconciler.rack.begin(open=True)
    return reconciler


@many
@given(randoms)
def test_after_any_edits_what_plays_is_a_fresh_load_of_the_document(folder, random):
    gig = gig_of(written(folder, random), Unhurried)
    done = play_around(random, gig, 25)
    gig.settle()
    for amp in gig.document.amps:
        gig.play(amp.uid)
        np.testing.assert_array_equal(heard(gig._reconciler), heard(fresh(gig)), "\n".join(done))


@many
@given(randoms)
def test_saved_is_what_plays_and_undone_is_what_was_there(folder, random):
    path = written(folder, random)
    first = path.read_bytes()
    gig = gig_of(path, Unhurried)
    begun = gig.document
    done = play_around(random, gig, 20)
    gig.settle()
    if gig.unsaved:
        gig.do("save")
    assert not gig.unsaved
    assert alike(read_preset(path), gig.document.presets[0]), "\n".join(done)
    for _ in range(1000):
        try:
            gig.do("undo")
        except RigError:
            break
    gig.settle()
    assert gig.document == begun, "\n".join(done)
    if gig.unsaved:
        gig.do("save")
    assert path.read_bytes() == first, "\n".join(done)


@settings(parent=many, max_examples=20)
@given(randoms)
def test_every_chain_that_is_made_is_freed(folder, random):
    gc.collect()
    start = native.chains_made() - native.chains_freed()
    gig = gig_of(written(folder, random), Unhurried)
    play_around(random, gig, 20)
    gig.settle()
    rack = gig._reconciler.rack
    for _ in range(4):
        rack.process(SILENCE[:4096])
        gig.status()
    gc.collect()
    assert native.chains_made() - native.chains_freed() - start == rack.lent
    del gig, rack
    gc.collect()
    assert native.chains_made() - native.chains_freed() == start
