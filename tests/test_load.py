"""A set, loaded: keys, names, levels, and who is told what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import guitarml

from rig import preset as presets
from rig.engine import Payload, Setting, registry
from rig.errors import RigError
from rig.load import load_set

RATE = 48_000


def write(folder: Path, name: str, text: str) -> presets.Preset:
    path = folder / f"{name}.toml"
    path.write_text(f'name = "{name}"\n{text}')
    return presets.load(path)


def amps(*names: str, **keys: str) -> str:
    lines = ""
    for name in names:
        key = f'key = "{keys[name]}"\n' if name in keys else ""
        lines += f'[[amp]]\nname = "{name}"\n{key}chain = [{{ engine = "gain" }}]\n'
    return lines


def test_keys_go_to_whom_the_presets_name_and_then_in_order(tmp_path):
    one = write(tmp_path, "one", amps("Clean", "Lead", Lead="1"))
    two = write(tmp_path, "two", amps("Fuzz", "Solo", Fuzz="1", Solo="5"))
    loaded = load_set([one, two], RATE)
    assert [(amp.name, amp.key) for amp in loaded.amps] == [("Clean", "2"), ("Lead", "1"), ("Fuzz", "3"), ("Solo", "5")]


def test_only_nine_amps_have_a_key(tmp_path):
    loaded = load_set([write(tmp_path, "many", amps(*(f"A{i}" for i in range(12))))], RATE)
    assert [amp.key for amp in loaded.amps] == [*"123456789", None, None, None]


def test_an_amp_is_found_by_number_and_by_name(tmp_path):
    loaded = load_set([write(tmp_path, "one", amps("Clean", "Lead"))], RATE)
    assert loaded.find(None) == 0
    assert loaded.find("2") == loaded.find("lead") == 1
    with pytest.raises(RigError, match="no amp 'Leed'; did you mean 'Lead'"):
        loaded.find("Leed")
    with pytest.raises(RigError, match="no amp 7: this set has 2"):
        loaded.find("7")


def test_an_engine_is_told_all_its_settings_and_loads_once_for_equal_ones(tmp_path, monkeypatch):
    told = []

    def load(files, settings, rate):
        told.append((dict(settings), rate))
        return Payload(about=f"quality {settings['quality']:g}")

    settings = (Setting("quality", "", "", 0, 1, 1), Setting("eco", "", "", 0, 1, 0, switch=True))
    gain = replace(registry()["gain"], settings=settings, load=load)
    monkeypatch.setattr("rig.load.registry", lambda: {"gain": gain})
    monkeypatch.setattr("rig.preset.registry", lambda: {"gain": gain})
    chain = "[{ engine = 'gain' }, { engine = 'gain', quality = 0.5, eco = true }, { engine = 'gain', quality = 1 }]"
    loaded = load_set([write(tmp_path, "one", f"[[amp]]\nname = 'Clean'\nchain = {chain}\n")], RATE)
    assert told == [({"quality": 1.0, "eco": 0.0}, RATE), ({"quality": 0.5, "eco": 1.0}, RATE)]
    assert [unit.payload.about for unit in loaded.amps[0].chain.units] == ["quality 1", "quality 0.5", "quality 1"]


def test_level_adjust_is_applied_after_the_chain(tmp_path, rng):
    """As SmartGuitarAmp does: a factor behind EQ and master."""
    net = guitarml(rng)
    (tmp_path / "plain.json").write_text(json.dumps(net))
    (tmp_path / "loud.json").write_text(json.dumps({**net, "level_adjust": 4.0}))
    chain = '[[amp]]\nname = "{0}"\nlevel = -6\nchain = [{{ model = "{0}.json" }}, {{ engine = "eq", bass = 4 }}]\n'
    loaded = load_set([write(tmp_path, "set", chain.format("plain") + chain.format("loud"))], RATE)
    x = rng.normal(0, 0.2, 2000).astype(np.float32)
    plain, loud = (amp.chain.process(x) for amp in loaded.amps)
    assert np.allclose(loud[64:], 4.0 * plain[64:], rtol=1e-5, atol=1e-6)


def test_what_is_wrong_is_said_with_preset_amp_and_engine(tmp_path, rng):
    net = guitarml(rng)
    net["variables"][3]["data"][5] = float("nan")
    (tmp_path / "bad.json").write_text(json.dumps(net))
    preset = write(tmp_path, "set", '[[amp]]\nname = "Broken"\nchain = [{ model = "bad.json" }]\n')
    with pytest.raises(RigError, match=r"set\.toml: amp 1 'Broken', wavenet: .*bad\.json.*"):
        load_set([preset], RATE)


def test_a_file_is_read_once_however_many_amps_name_it(tmp_path, rng, monkeypatch):
    from rig.formats import guitarml as family

    (tmp_path / "net.json").write_text(json.dumps(guitarml(rng)))
    read = []
    monkeypatch.setattr(family, "load", lambda path, real=family.load: read.append(path) or real(path))
    text = "".join(f'[[amp]]\nname = "{i}x"\nchain = [{{ model = "net.json" }}]\n' for i in range(4))
    load_set([write(tmp_path, "set", text)], RATE)
    assert len(read) == 1
