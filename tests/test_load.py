"""A set, loaded: keys, names, levels, and who is told what is wrong."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import guitarml

from rig.document import address
from rig.document.document import Document, Preset
from rig.document.read import read_preset
from rig.engine import Payload, Setting, registry
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.gain_staging import arranged
from rig.gig.render import load
from rig.models import library
from rig.native import Chain, Unit, decibels, linear

RATE = 48_000


def write(folder: Path, name: str, text: str) -> Preset:
    path = folder / f"{name}.toml"
    path.write_text(f'name = "{name}"\n{text}')
    return read_preset(path)


def chains(*presets: Preset) -> list[Chain]:
    """The amps' chains, loaded."""
    document = Document(presets)
    loaded = load(document, document.amps[0].uid, RATE)
    return [loaded.chain(Place("amp", amp.uid))[1] for amp in document.amps]


def keys(*presets: Preset) -> list[tuple[str, str | None]]:
    document = Document(presets)
    return [(amp.name, document.keys()[amp.uid]) for amp in document.amps]


def amps(*names: str, **keys: str) -> str:
    lines = ""
    for name in names:
        key = f'key = "{keys[name]}"\n' if name in keys else ""
        lines += f'[[amp]]\nname = "{name}"\n{key}chain = [{{ engine = "gain" }}]\n'
    return lines


def test_keys_go_to_whom_the_presets_name_and_then_in_order(tmp_path):
    one = write(tmp_path, "one", amps("Clean", "Lead", Lead="1"))
    two = write(tmp_path, "two", amps("Fuzz", "Solo", Fuzz="1", Solo="5"))
    assert keys(one, two) == [("Clean", "2"), ("Lead", "1"), ("Fuzz", "3"), ("Solo", "5")]


def test_only_nine_amps_have_a_key(tmp_path):
    many = write(tmp_path, "many", amps(*(f"A{i}" for i in range(12))))
    assert [key for _, key in keys(many)] == [*"123456789", None, None, None]


def test_an_amp_is_found_by_number_and_by_name(tmp_path):
    document = Document((write(tmp_path, "one", amps("Clean", "Lead")),))
    assert address.amp(document, "2").name == address.amp(document, "lead").name == "Lead"
    with pytest.raises(RigError, match="no amp 'Leed'; did you mean 'Lead'"):
        address.amp(document, "Leed")
    with pytest.raises(RigError, match="no amp 7: this set has 2"):
        address.amp(document, "7")


def test_an_engine_is_told_all_its_settings_and_loads_once_for_equal_ones(tmp_path, monkeypatch):
    told = []

    def load(files, settings, rate):
        told.append((dict(settings), rate))
        return Payload(about=f"quality {settings['quality']:g}")

    settings = (Setting("quality", "", "", 0, 1, 1), Setting("eco", "", "", 0, 1, 0, switch=True))
    gain = replace(registry()["gain"], settings=settings, load=load)
    monkeypatch.setattr("rig.document.knobs.registry", lambda: {"gain": gain})
    monkeypatch.setattr("rig.document.read.registry", lambda: {"gain": gain})
    chain = "[{ engine = 'gain' }, { engine = 'gain', quality = 0.5, eco = true }, { engine = 'gain', quality = 1 }]"
    (loaded,) = chains(write(tmp_path, "one", f"[[amp]]\nname = 'Clean'\nchain = {chain}\n"))
    assert told == [({"quality": 1.0, "eco": 0.0}, RATE), ({"quality": 0.5, "eco": 1.0}, RATE)]
    assert [unit.payload.about for unit in loaded.units] == ["quality 1", "quality 0.5", "quality 1"]


def test_level_adjust_is_applied_after_the_chain(tmp_path, rng):
    """As SmartGuitarAmp does: a factor behind EQ and master."""
    net = guitarml(rng)
    (tmp_path / "plain.json").write_text(json.dumps(net))
    (tmp_path / "loud.json").write_text(json.dumps({**net, "level_adjust": 4.0}))
    chain = '[[amp]]\nname = "{0}"\nlevel = -6\nchain = [{{ model = "{0}.json" }}, {{ engine = "eq", bass = 4 }}]\n'
    x = rng.normal(0, 0.2, 2000).astype(np.float32)
    plain, loud = (c.process(x) for c in chains(write(tmp_path, "set", chain.format("plain") + chain.format("loud"))))
    assert np.allclose(loud[64:], 4.0 * plain[64:], rtol=1e-5, atol=1e-6)


def test_what_is_wrong_is_said_with_preset_amp_and_engine(tmp_path, rng):
    net = guitarml(rng)
    net["variables"][3]["data"][5] = float("nan")
    (tmp_path / "bad.json").write_text(json.dumps(net))
    preset = write(tmp_path, "set", '[[amp]]\nname = "Broken"\nchain = [{ engine = "wavenet", model = "bad.json" }]\n')
    with pytest.raises(RigError, match=r"set\.toml: amp 1 'Broken', model: .*bad\.json.*"):
        chains(preset)


def test_a_file_is_read_once_however_many_amps_name_it(tmp_path, rng, monkeypatch):
    (tmp_path / "net.json").write_text(json.dumps(guitarml(rng)))
    read = []
    monkeypatch.setattr(library, "load_model", lambda path, real=library.load_model: read.append(path) or real(path))
    text = "".join(f'[[amp]]\nname = "{i}x"\nchain = [{{ model = "net.json" }}]\n' for i in range(4))
    chains(write(tmp_path, "set", text))
    assert len(read) == 1
    (tmp_path / "net.json").write_text(json.dumps(guitarml(rng, channels=5)))
    chains(write(tmp_path, "set", text))
    assert len(read) == 2, "what has changed is read again"


def test_a_knob_that_a_model_lacks_is_named(tmp_path, rng):
    (tmp_path / "plain.json").write_text(json.dumps(guitarml(rng)))
    (tmp_path / "driven.json").write_text(json.dumps(guitarml(rng, inputs=2)))
    text = "[[amp]]\nname = 'Hot'\nchain = [{{ model = '{0}.json', drive = 0.7 }}]\n"
    chains(write(tmp_path, "one", text.format("driven")))
    with pytest.raises(RigError, match=r"one\.toml: amp 1 'Hot', model: this model has no drive"):
        chains(write(tmp_path, "one", text.format("plain")))


def test_a_pedal_into_an_amp(tmp_path, rng):
    """Two models in a row play as one after the other; the gain between them drives the second."""
    (tmp_path / "pedal.json").write_text(json.dumps(guitarml(rng, channels=3)))
    (tmp_path / "amp.json").write_text(json.dumps(guitarml(rng, channels=5)))
    listed = ("{ model = 'pedal.json' }, { engine = 'gain', gain = 6 }, { model = 'amp.json' }",)
    listed += ("{ model = 'pedal.json' }", "{ model = 'amp.json' }")
    text = "".join(f"[[amp]]\nname = '{i} on'\nchain = [{chain}]\n" for i, chain in enumerate(listed))
    both, pedal, amp = chains(write(tmp_path, "one", text))
    assert [unit.label for unit in both.units] == ["model", "gain", "model2"]
    x = rng.normal(0, 0.2, 2000).astype(np.float32)
    heard = amp.process(10 ** (6 / 20) * pedal.process(x))
    assert np.allclose(both.process(x)[100:], heard[100:], rtol=1e-4, atol=1e-5)


def calibrated(input_dbu: float | None, output_dbu: float | None = None, **more: object) -> Unit:
    return Unit(registry()["gain"], Payload(input_dbu=input_dbu, output_dbu=output_dbu, **more))


def gains(*units: Unit, dbu: float | None) -> list[float]:
    return [round(decibels(unit.payload.gain_in), 3) for unit in arranged(units, RATE, dbu)]


def test_models_hear_the_guitar_as_loud_as_their_amps_did():
    amp, unknown = calibrated(14.0), calibrated(None)
    assert gains(amp, dbu=None) == [0.0]
    assert gains(amp, dbu=12.0) == [-2.0]
    assert gains(unknown, amp, dbu=12.0) == [0.0, -2.0]


def test_behind_a_pedal_that_says_how_loud_it_is_an_amp_hears_the_pedal():
    amp = calibrated(14.0)
    assert gains(calibrated(18.0, 9.0), amp, amp, dbu=12.0) == [-6.0, -5.0, -5.0]
    louder = calibrated(18.0, 9.0, gain_out=linear(6.0))  # 1.0 is 6 dB less of what the pedal gave
    assert gains(louder, amp, dbu=12.0) == [-6.0, -11.0]


def test_branches_hear_what_came_before_them_and_not_each_other():
    a, b = (replace(calibrated(18.0, 9.0), branch=branch) for branch in "ab")
    assert gains(calibrated(12.0, 10.0), a, b, Unit(registry()["blend"]), calibrated(14.0), dbu=12.0) == [
        0.0,
        -8.0,
        -8.0,
        0.0,
        -5.0,
    ]


def test_a_set_is_calibrated_as_its_presets_say(tmp_path, rng, shared):
    shutil.copy(shared / "models/nam/wavenet.nam", tmp_path / "amp.nam")
    text = "[[amp]]\nname = 'Amp'\nchain = [{ model = 'amp.nam' }]\n"
    x = rng.normal(0, 0.1, 1000).astype(np.float32)
    heads = ("", "[input]\ndbu = 12.3\n")
    (plain,), (set_up,) = (chains(write(tmp_path, "one", head + text)) for head in heads)
    quieter = 10 ** ((12.3 - 18.3) / 20)
    assert np.allclose(set_up.process(x), plain.process(quieter * x), atol=1e-5)
