"""Engines changed while the gig goes on, offline: what is heard, what is said, what is kept."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rig import native
from rig.document.document import Document
from rig.document.file import open_preset
from rig.engine import Payload, Setting, registry
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.gig import Gig
from rig.gig.reconciler import Reconciler
from rig.models.formats import load_model
from rig.native import Chain, Rack
from rig.shipped import PRESETS

RATE = 48_000
PRESET = """
name = "Test"
[[amp]]
name = "Texas Lead"
level = -3
chain = [{ engine = "gain", gain = 6 }, { ir = "one.wav" }]
[[amp]]
name = "Mk.II"
chain = [{ engine = "gain" }, { engine = "gain", gain = -3 }]
[output]
chain = [{ ir = "one.wav" }]
"""


@dataclass
class Client:
    """As much of JACK as a gig asks for."""

    name = "rig"
    rate, block = RATE, 64
    alive, running, xruns, server = True, False, 0, ""
    waits = goes_silently = False

    def latency_ms(self) -> float:
        return 0.0

    def delay(self, frames: int) -> None:
        pass

    def connections(self) -> tuple:
        return ()

    there = came = connections

    def close(self) -> None:
        pass


@pytest.fixture
def folder(tmp_path, rng) -> Path:
    for name in ("one", "two"):
        response = rng.normal(0, 1, 400) * np.exp(-np.arange(400) / 40)
        soundfile.write(tmp_path / f"{name}.wav", response / np.abs(response).max(), RATE, subtype="FLOAT")
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    (tmp_path / "set.toml").write_text(PRESET)
    return tmp_path


def gig_of(folder: Path, **more) -> tuple[Gig, Rack]:
    file = open_preset(folder / "set.toml")
    document = Document((file.preset,))
    rack = Rack(RATE)
    reconciler = Reconciler(rack)
    reconciler.load(document, document.amps[0].uid)
    gig = Gig([file], reconciler, Client(), document.amps[0].uid, **more)
    rack.limit(False)
    rack.begin(open=True)
    return gig, rack


def chain_of(gig: Gig, amp: int = 0) -> Chain:
    """What plays of an amp, by its place in the set."""
    return gig.reconciler.chain(Place("amp", gig.document.amps[amp].uid))[1]


def guitar(rng: np.random.Generator, frames: int) -> np.ndarray:
    t = np.arange(frames) / RATE
    return (0.1 * sum(np.sin(2 * np.pi * hz * t) for hz in (110, 220.4, 331)) + rng.normal(0, 1e-4, frames)).astype(
        np.float32
    )


def test_a_status_says_by_how_much_engines_hold_the_sound_down(folder):
    gig, rack = gig_of(folder)
    amp = gig.document.amps[0].name
    gig.do(f"insert {amp} comp")
    gig.finish()
    gig.do(f"set {amp}.comp.threshold -40")
    rack.process(np.full(RATE, 0.5, np.float32))
    ((path, reduction),) = gig.status().reductions
    assert path == f"{amp}.comp" and reduction < -6.0
    gig.do(f"off {amp}.comp")
    assert gig.status().reductions == ()


def test_what_is_heard_after_the_fade_is_the_new_file_as_if_it_had_always_played(folder, rng):
    x = guitar(rng, RATE)
    gig, rack = gig_of(folder)
    rack.process(x[: RATE // 2])
    gig.do("load Texas Lead.cab two.wav")
    (outcome,) = gig.settle()
    assert (outcome.engine, outcome.error) == ("Texas Lead.cab", "")
    assert [view.file for view in outcome.files] == [folder / "two.wav"]
    heard, _, _ = rack.process(x[RATE // 2 :])
    text = PRESET.replace("one.wav", "two.wav", 1)
    (folder / "set.toml").write_text(text)
    always, _, _ = gig_of(folder)[1].process(x)
    assert np.abs(heard[2000:] - always[RATE // 2 + 2000 :]).max() < 1e-6
    steepest = np.abs(np.diff(always)).max()
    assert np.abs(np.diff(heard)).max() < 1.5 * steepest, "no click"


def test_a_second_response_comes_and_goes_with_its_knobs(folder):
    gig, _ = gig_of(folder)
    before = gig.document
    with pytest.raises(RigError, match="has no knob 'level2' with what it plays"):
        gig.do("set Texas Lead.cab.level2 -3")
    gig.do("load Texas Lead.cab.ir2 two.wav")
    (outcome,) = gig.settle()
    assert [(view.name, view.file.name) for view in outcome.files] == [("ir", "one.wav"), ("ir2", "two.wav")]
    assert chain_of(gig).channels == 2
    gig.do("set Texas Lead.cab.level2 -3")
    gig.do("load Texas Lead.cab.ir2 one.wav")
    gig.settle()
    gig.do("save")
    assert 'ir2 = "one.wav", level2 = -3' in (folder / "set.toml").read_text()
    gig.do("unload Texas Lead.cab.ir2")
    gig.settle()
    gig.do("save")
    assert (folder / "set.toml").read_text() == PRESET, "its knobs go with it"
    assert chain_of(gig).channels == 1
    for _ in range(4):
        gig.do("undo")
        gig.settle()
    assert gig.document.amps[0].chain[-1].files == before.amps[0].chain[-1].files
    for words, said in (
        ("unload Texas Lead.cab.ir", "cannot do without its ir"),
        ("unload Texas Lead.cab.ir2", "cab has no ir2"),
        ("unload Texas Lead.cab", "unload: what?"),
    ):
        with pytest.raises(RigError, match=said):
            gig.do(words)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("Texas Lead.cab two.wav", "Texas Lead.cab"),
        ("texas lead.cab ./two.wav", "Texas Lead.cab"),
        ("output.cab two.wav", "output.cab"),
        ("Texas Lead.cab my own. two.wav", "Texas Lead.cab"),
    ],
)
def test_names_of_amps_and_files_may_have_spaces_and_dots(folder, words, path):
    (folder / "my own. two.wav").write_bytes((folder / "two.wav").read_bytes())
    gig, _ = gig_of(folder)
    gig.do(f"load {words}")
    (outcome,) = gig.settle()
    assert (outcome.engine, outcome.error) == (path, "")
    assert outcome.files[0].file.name.endswith("two.wav")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "load: what?"),
        ("Texas Lead.cab", "load: what?"),
        ("Texas Leed.cab two.wav", "no amp 'Texas Leed'; did you mean 'Texas Lead'?"),
        ("Texas Lead.cob two.wav", "Texas Lead has no engine 'cob'; did you mean 'cab'?"),
        ("Mk.II.gain two.wav", "Mk.II.gain plays no file"),
        ("Texas Lead.cab twoo.wav", "no ir file 'twoo.wav'; did you mean 'two.wav'?"),
        ("Texas Lead.cab .", "a folder, not a file"),
    ],
)
def test_wrong_words_are_said_at_once(folder, words, expected):
    gig, _ = gig_of(folder)
    with pytest.raises(RigError) as error:
        gig.do(f"load {words}")
    assert expected in str(error.value)
    assert not gig.building


def test_a_bad_file_is_said_and_what_played_plays_on(folder, rng):
    x = guitar(rng, 4000)
    gig, rack = gig_of(folder)
    before, _, _ = rack.process(x)
    lent = rack.lent
    gig.do("load output.cab bad.wav")
    (outcome,) = gig.settle()
    assert outcome.error == "bad.wav: is no sound file that can be read (WAV or FLAC is)"
    assert outcome.files[0].file == folder / "one.wav", "what it plays on with"
    again, _, _ = rack.process(x)
    assert np.allclose(again[1000:], before[1000:], atol=1e-6)
    assert rack.lent == lent
    gig.do("load output.cab two.wav")
    assert not gig.settle()[0].error, "a fault is no end"


def test_turned_knobs_stay_also_those_turned_while_it_was_built(folder, monkeypatch):
    gig, _ = gig_of(folder)
    gig.do("set Texas Lead.gain.gain 2.5")
    gig.do("set Texas Lead.cab.level -4")
    go, begun = threading.Event(), threading.Event()
    cab = registry()["cab"]

    def slow(files, settings, rate):
        begun.set()
        assert go.wait(10)
        return cab.load(files, settings, rate)

    known = {**registry(), "cab": replace(cab, load=slow)}
    monkeypatch.setattr("rig.document.knobs.registry", lambda: known)
    gig.do("load Texas Lead.cab two.wav")
    assert begun.wait(10)
    assert gig.building and gig.status().building
    assert gig.install() == ()
    gig.do("set Texas Lead.gain.gain 3.5")
    gig.do("off Texas Lead.gain")
    go.set()
    gig.settle()
    assert not gig.building
    values = {param.path: param.value for engine in gig.chain() for param in engine.params}
    assert values["Texas Lead.gain.gain"] == 3.5
    assert values["Texas Lead.cab.level"] == -4
    chain = chain_of(gig)
    assert (chain.get(0, 0), chain.on(0), chain.get(1, 0)) == (3.5, False, -4)


def test_changes_of_one_chain_add_up_and_what_is_overtaken_is_not_built(folder):
    (folder / "set.toml").write_text(
        PRESET.replace('{ ir = "one.wav" }]\n[[amp]]', '{ ir = "one.wav" }, { ir = "one.wav" }]\n[[amp]]')
    )
    gig, _ = gig_of(folder)
    for words in ("Texas Lead.cab two.wav", "Texas Lead.cab2 bad.wav", "Texas Lead.cab2 two.wav"):
        gig.do(f"load {words}")
    outcomes = gig.settle()
    assert {(o.engine, bool(o.error)) for o in outcomes} == {("Texas Lead.cab", False), ("Texas Lead.cab2", False)}
    files = [view.file.name for engine in gig.chain() for view in engine.files]
    assert files == ["two.wav", "two.wav", "one.wav"]


def test_no_chain_is_lost(folder, rng):
    gc.collect()
    start = native.chains_made() - native.chains_freed()
    gig, rack = gig_of(folder)
    held = rack.lent
    x = guitar(rng, 2000)
    for i in range(20):
        gig.do(f"load Texas Lead.cab {('two', 'one')[i % 2]}.wav")
        gig.settle()
        rack.process(x)
    gig.status()
    gc.collect()
    assert rack.lent == held
    assert native.chains_made() - native.chains_freed() == start + held


def test_a_closed_gig_builds_nothing_more(folder):
    gig, _ = gig_of(folder)
    gig.do("load output.cab two.wav")
    gig.settle()
    (thread,) = [thread for thread in threading.enumerate() if thread is gig.reconciler._worker._thread]
    gig.client.alive = False
    gig.close()
    thread.join(10)
    assert not thread.is_alive()


# --- settings: a gain that has one, and counts how often it is asked to load ----------------------------------------


@pytest.fixture
def quality(folder, monkeypatch) -> list[dict]:
    """gain gets a setting of which only three values make a difference, and a switch."""
    told: list[dict] = []

    def load(files, settings, rate):
        told.append(dict(settings))
        if settings["quality"] == 0.123:
            raise RigError("not today")
        return Payload(ints=(int(settings["quality"] * 2), int(settings["eco"])))

    settings = (Setting("quality", "", "", 0, 1, 1), Setting("eco", "", "", 0, 1, 0, switch=True))
    known = {**registry(), "gain": replace(registry()["gain"], settings=settings, load=load)}
    for module in ("document.read", "document.knobs"):
        monkeypatch.setattr(f"rig.{module}.registry", lambda: known)
    return told


def test_a_setting_takes_a_new_chain_only_where_it_makes_a_difference(folder, quality):
    gig, _ = gig_of(folder)
    for value, new in ((0.9, True), (0.8, False), (0.2, True), (0.3, False)):
        made = native.chains_made()
        gig.do(f"set Mk.II.gain2.quality {value}")
        (outcome,) = gig.settle()
        assert (native.chains_made() > made, dict(outcome.settings)["quality"]) == (new, value)
    assert quality[-1] == {"quality": 0.3, "eco": 0.0}
    gig.do("amp Mk.II")
    gig.do("set Mk.II.gain2.eco on")
    (outcome,) = gig.settle()
    assert dict(outcome.settings) == {"quality": 0.3, "eco": 1.0}
    shown = {param.path: (param.value, param.switch) for engine in gig.chain() for param in engine.params}
    assert shown["Mk.II.gain2.eco"] == (1.0, True)
    assert shown["Mk.II.gain2.gain"] == (-3, False)


def test_a_setting_that_is_turned_quickly_is_built_where_it_stops(folder, quality):
    gig, _ = gig_of(folder)
    gig.do("amp Mk.II")
    count = len(quality)
    for step in range(100):
        gig.do(f"set Mk.II.gain.quality {step / 128}")  # which is never what `quality` refuses
        assert next(p.value for p in gig.chain()[0].params if p.name == "quality") == step / 128, "shown at once"
    outcomes = gig.settle()
    assert dict(outcomes[-1].settings)["quality"] == 99 / 128
    assert len(quality) - count < 100


def test_a_setting_out_of_range_or_refused_is_said(folder, quality):
    gig, _ = gig_of(folder)
    with pytest.raises(RigError, match=r"outside 0\.\.1"):
        gig.do("set Mk.II.gain.quality 2")
    with pytest.raises(RigError, match="not a number"):
        gig.do("set Mk.II.gain.eco perhaps")
    gig.do("set Mk.II.gain.quality 0.123")
    (outcome,) = gig.settle()
    assert outcome.error == "not today"
    assert dict(outcome.settings)["quality"] == 1.0


def test_a_model_goes_to_another_rate_while_it_plays(folder):
    """And back, each time as a new network; a number of times that there is none of is said."""
    (folder / "set.toml").write_text(
        f'[[amp]]\nname = "Amp"\nchain = [{{ model = "{PRESETS / "models/studio-nano.json"}" }}]\n'
    )
    gig, _ = gig_of(folder)
    for times in (4, 1, 2):
        made = native.chains_made()
        gig.do(f"set Amp.model.oversample {times}")
        (outcome,) = gig.settle()
        assert native.chains_made() > made and dict(outcome.settings)["oversample"] == times
    shown = {param.name: (param.value, param.values) for engine in gig.chain() for param in engine.params}
    assert shown["oversample"] == (2, (1, 2, 4))
    with pytest.raises(RigError, match="oversample: 3 is none of 1, 2, 4"):
        gig.do("set Amp.model.oversample 3")
    gig.do("save")
    assert "oversample = 2" in (folder / "set.toml").read_text()


@pytest.mark.parametrize("branches", [False, True])
def test_what_would_not_start_in_the_middle_of_a_chain_is_taken_back(folder, monkeypatch, branches):
    """Not the last engine, which is well."""
    eq = replace(registry()["eq"], settings=(Setting("rate", "", "", 0, 48_000, 0),))
    known = {**registry(), "eq": replace(eq, load=lambda files, settings, rate: Payload(rate=int(settings["rate"])))}
    for module in ("document.read", "document.knobs"):
        monkeypatch.setattr(f"rig.{module}.registry", lambda: known)
    inner = '{ engine = "gain" }, { engine = "eq" }, { engine = "gain" }'
    chain = f'{{ engine = "blend", a = [{inner}], b = [] }}' if branches else inner
    (folder / "set.toml").write_text(f'[[amp]]\nname = "Amp"\nchain = [{chain}]\n')
    gig, _ = gig_of(folder)
    gig.do("set Amp.eq.rate 10")
    (outcome,) = gig.settle()
    assert outcome.engine == "Amp.eq"
    assert outcome.error.startswith("engine eq: it is made for 10 Hz; engines run at ")
    assert dict(outcome.settings)["rate"] == 0
    assert not gig.unsaved


def test_quality_of_a_real_file_takes_a_new_network_where_the_file_has_another(shared, folder):
    model = shared / "models" / "nam" / "slimmable_container.nam"
    (folder / "set.toml").write_text(f'[[amp]]\nname = "Slim"\nchain = [{{ model = "{model}" }}]\n')
    gig, _ = gig_of(folder)
    assert [variant.limit for variant in load_model(model).variants] == [0.33, 0.66, 1.0]
    chain = chain_of(gig)
    steps = ((0.9, False), (0.5, True), (0.4, False), (0.2, True), (0.3, False), (0.7, True))
    for quality, new in steps:
        gig.do(f"set Slim.model.quality {quality}")
        (outcome,) = gig.settle()
        assert (outcome.engine, outcome.error) == ("Slim.model", "")
        before, chain = chain, chain_of(gig)
        assert (chain is not before) == new, quality


@pytest.mark.parametrize("name", ["slimmable_wavenet", "wavenet", "lstm"])
def test_what_is_only_read_at_load_is_no_knob_of_the_screen(shared, folder, name):
    model = shared / "models" / "nam" / f"{name}.nam"
    (folder / "set.toml").write_text(f'[[amp]]\nname = "Amp"\nchain = [{{ model = "{model}" }}]\n')
    gig, _ = gig_of(folder)
    engine, amp = gig.chain()
    assert not amp.stands
    shown = [param.name for param in engine.params]
    assert "normalize" in shown
    assert ("quality" in shown) == name.startswith("slimmable"), "where there is just one network, it has no quality"
    assert not {"rate", "drive"} & set(shown), "neither what a file's maker knows, nor knobs that do nothing"


@pytest.mark.parametrize("files", [("lstm.nam", "wavenet.nam"), ("wavenet.nam", "BossLSTM-1x16.nam")])
def test_models_of_another_kind_leave_the_name_as_it_is(shared, folder, rng, files):
    one, two = (shared / "models" / "nam" / name for name in files)
    (folder / "set.toml").write_text(f'[[amp]]\nname = "Amp"\nchain = [{{ model = "{one}" }}]\n')
    gig, rack = gig_of(folder)
    x = guitar(rng, RATE)
    rack.process(x)
    for name in ("model", "wavenet", "lstm"):  # whatever somebody called it when another file lay in it
        gig.do(f"load Amp.{name} {two}")
    (outcome,) = gig.settle()
    assert (outcome.engine, outcome.error) == ("Amp.model", "")
    heard, _, _ = rack.process(x)
    (folder / "set.toml").write_text(f'[[amp]]\nname = "Amp"\nchain = [{{ model = "{two}" }}]\n')
    always, _, _ = gig_of(folder)[1].process(np.concatenate([x, x]))
    assert np.abs(heard[-RATE // 2 :] - always[-RATE // 2 :]).max() < 1e-4
