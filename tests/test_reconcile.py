"""Whatever a player does, what plays is in the end what the document says, and the document is what the file says."""

from __future__ import annotations

import gc
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_gigs import Unhurried, chain, files, gig_of, play_around, preset, verb
from test_rebuild import RATE

from rig import native
from rig.document.document import alike
from rig.document.read import read_preset
from rig.errors import RigError
from rig.gig import follower
from rig.gig.file_watcher import FileWatcher
from rig.gig.gig import Gig
from rig.gig.reconciler import Reconciler
from rig.gig.render import load

SILENCE = np.zeros(2 * RATE, np.float32)
PLAYED = np.random.default_rng(2).normal(0, 0.1, RATE // 4).astype(np.float32)

many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
randoms = st.integers(0, 2**32).map(Random)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Files are looked at whenever a gig is asked for news."""
    monkeypatch.setattr(follower, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(follower, "AGAIN_SECONDS", 0.0)


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
        np.testing.assert_array_equal(heard(gig.reconciler), heard(fresh(gig)), "\n".join(done))


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


@pytest.mark.slow
@settings(parent=many, max_examples=20)
@given(randoms)
def test_every_chain_that_is_made_is_freed(folder, random):
    gc.collect()
    start = native.chains_made() - native.chains_freed()
    gig = gig_of(written(folder, random), Unhurried)
    play_around(random, gig, 20)
    gig.settle()
    rack = gig.reconciler.rack
    for _ in range(4):
        rack.process(SILENCE[:4096])
        gig.status()
    gc.collect()
    assert native.chains_made() - native.chains_freed() - start == rack.lent
    del gig, rack
    gc.collect()
    assert native.chains_made() - native.chains_freed() == start


@settings(parent=many, max_examples=25)
@given(randoms)
def test_what_somebody_else_changes_in_the_file_and_what_the_player_changes_come_together(folder, random):
    path = written(folder, random)
    watcher = FileWatcher()
    watcher.changed([path, *folder.glob("*.json"), *folder.glob("*.wav")])
    gig = gig_of(path, Unhurried, watcher)
    for _ in range(3):
        play_around(random, gig, 6)
        other = gig_of(path, Unhurried)
        play_around(random, other, 6)
        other.settle()
        if other.unsaved:
            other.do("save")
        for _ in range(6):  # seen, come to rest, read, built, told
            gig.settle()
            gig.news()
        assert gig.files[gig.preset.uid].text == path.read_text()
    for amp in gig.document.amps:
        gig.play(amp.uid)
        np.testing.assert_array_equal(heard(gig.reconciler), heard(fresh(gig)))
    if gig.unsaved:
        gig.do("save")
    assert alike(read_preset(path), gig.document.presets[0])


# --- how an edit sounds -------------------------------------------------------------------------------------------

FADE = int(0.010 * RATE)
RISE = np.sin((np.arange(FADE) + 0.5) / FADE * np.pi / 2)
STRUM = np.arange(RATE) / RATE
STRUM = sum(0.06 * np.sin(2 * np.pi * hz * STRUM) * np.exp(-(STRUM % 0.25) * 4) for hz in (82.4, 123.5, 165.1, 331))
CHAIN_EDITS = ("set", "set", "level", "toggle", "load", "insert", "remove", "move")
AMP_EDITS = ("amp level", "copy", "amp", "scene")


def curves() -> list[tuple[np.ndarray, np.ndarray]]:
    """How loud what was and what comes may be while the one becomes the other: frame by frame, from the beginning."""
    straight = [np.arange(1, n + 1) / n for n in (64, FADE)]
    return [(RISE[::-1], RISE)] + [(1 - rise, rise) for rise in straight]


def ideal(was: np.ndarray, becomes: np.ndarray, at: int, fall: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """A cross-fade of two sounds that begins at a frame."""
    end = at + len(rise)
    mixed = fall * was[at:end] + rise * becomes[at:end]
    return np.concatenate([was[:at], mixed, becomes[end:]])


def one_stage(random: Random, stage: str) -> str:
    """A preset with engines in one stage alone: what is faded in front of others isn't faded behind them."""
    kinds = ("gain", "eq", "cab", "model", "blend")
    lines = ['name = "One"']
    for end in ("input", "output"):
        lines += [f"[{end}]", f"chain = [{', '.join(chain(random, kinds, 1, 3)) if stage == end else ''}]"]
    for name in ("Clean", "Lead"):
        lines += ["[[amp]]", f'name = "{name}"', f"level = {random.randint(-6, 3)}"]
        lines += [f"chain = [{', '.join(chain(random, kinds, 1, 3)) if stage == 'amp' else ''}]"]
        lines += ["[[amp.scene]]", 'name = "Solo"', f"level = {random.randint(-6, 6)}"]
    return "\n".join(lines)


def last_in_stage(gig: Gig, stage: str, words: str) -> bool:
    """Whether what is turned or switched has nothing behind it: else the others hear the fade, and add to it.

    What comes into another stage, as an empty one's first engine, would be in front of some, too.
    """
    what, path = words.split()[:2]
    last = next((view.path for view in reversed(gig.chain()) if view.where == stage and view.stands), "")
    if what == "insert":
        return path.partition(".")[0] in (("Clean", "Lead") if stage == "amp" else (stage,))
    if what in ("set", "toggle") and path.count(".") + (what == "toggle") == 2:
        return f"{path}.".startswith(f"{last}.")
    return True


def edited(path: Path, verbs: list[str], at: int) -> np.ndarray:
    """What is heard of the strum when verbs come at a frame; -1: before the first."""
    gig = gig_of(path)
    rack, x = gig.reconciler.rack, STRUM.astype(np.float32)
    if at < 0:
        for words in verbs:
            gig.do(words)
        gig.settle()
        fresh_one = fresh(gig)
        return fresh_one.rack.process(x)[0]
    before, _, _ = rack.process(x[:at])
    for words in verbs:
        gig.do(words)
    gig.settle()
    return np.concatenate([before, rack.process(x[at:])[0]])


@settings(parent=many, max_examples=80)
@given(randoms)
def test_an_edit_at_any_moment_sounds_like_the_ideal_cross_fade(folder, random):
    path = folder / "one.toml"
    stage = random.choice(("amp", "amp", "input", "output"))
    path.write_text(one_stage(random, stage))
    gig = gig_of(path)
    words = verb(random, gig, CHAIN_EDITS if stage == "output" else (*CHAIN_EDITS, *AMP_EDITS))
    at = 64 * random.randint(200, 400)
    if not last_in_stage(gig, stage, words):
        return
    try:
        gig.do(words)
    except RigError:
        return  # it makes no sense
    if any(outcome.error for outcome in gig.settle()):
        return
    was, becomes, heard = (edited(path, *how) for how in (([], 0), ([words], -1), ([words], at)))
    starts = range(at, at + RATE // 4, 64)
    found = min(np.abs(heard - ideal(was, becomes, start, *curve)).max() for start in starts for curve in curves())
    assert found < 1e-3, words
