"""Plug-ins that people have: those of Debian's packages, where they are installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from rig.document.document import Document
from rig.document.read import read_preset
from rig.document.writing import fresh, rewritten
from rig.engine import registry
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.render import load, settled
from rig.lv2 import lilv, verdicts
from rig.native import Chain, Unit

RATE = 48_000
GX = "http://guitarix.sourceforge.net/plugins"

PLUGINS = {
    "guitarix-lv2": (
        f"{GX}/gx_amp#GUITARIX",
        f"{GX}/gxts9#ts9sim",
        f"{GX}/gx_muff_#_muff_",
        f"{GX}/gx_fuzzface_#_fuzzface_",
        f"{GX}/gx_chorus_stereo#_chorus_stereo",
        f"{GX}/gx_zita_rev1_stereo#_zita_rev1_stereo",
        f"{GX}/gx_phaser#_phaser",
        f"{GX}/gxechocat#echocat",
        f"{GX}/gx_compressor#_compressor",
        f"{GX}/gx_cabinet#CABINET",
    ),
    "calf-plugins": tuple(
        f"http://calf.sourceforge.net/plugins/{name}"
        for name in ("Reverb", "VintageDelay", "Flanger", "Phaser", "Compressor", "Equalizer5Band", "RotarySpeaker")
    ),
    "x42-plugins": tuple(
        f"http://gareus.org/oss/lv2/{name}"
        for name in ("fil4#mono", "fil4#stereo", "darc#mono", "dpl#stereo", "fat1", "balance", "zeroconvolv#CfgMono")
    ),
    "dragonfly-reverb-lv2": (
        "urn:dragonfly:room",
        "urn:dragonfly:plate",
        "urn:dragonfly:early",
        "https://github.com/michaelwillis/dragonfly-reverb",
    ),
    "lsp-plugins-lv2": tuple(
        f"http://lsp-plug.in/plugins/lv2/{name}"
        for name in (
            "compressor_mono",
            "sc_compressor_stereo",
            "para_equalizer_x16_stereo",
            "slap_delay_stereo",
            "gate_mono",
            "impulse_responses_mono",
        )
    ),
    "zam-plugins": tuple(
        f"urn:zamaudio:{name}" for name in ("ZamTube", "ZamComp", "ZamDelay", "ZamVerb", "ZamEQ2", "ZamGate")
    ),
}
EACH = [(package, uri) for package, uris in PLUGINS.items() for uri in uris]


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[lilv.World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LV2_PATH", raising=False)
        lilv.world.cache_clear()
        try:
            yield lilv.world()
        except RigError as error:
            pytest.skip(str(error))
        finally:
            lilv.world.cache_clear()


def there(installed: lilv.World, package: str, uri: str) -> str:
    if installed.find(uri) is None:
        pytest.skip(f"needs {package}")
    return uri


@pytest.fixture
def trusted(monkeypatch) -> None:
    """Nobody tries them first: that has tests of its own."""
    monkeypatch.setattr(verdicts, "try_out", lambda plugin: None)


@pytest.mark.parametrize(("package", "uri"), EACH, ids=[uri.rpartition("/")[2] for _, uri in EACH])
def test_an_installed_plug_in_plays_and_its_preset_is_saved_and_loaded(package, uri, installed, trusted, tmp_path, rng):
    engine = registry()[f"lv2 {there(installed, package, uri)}"]
    path = tmp_path / "p.toml"
    path.write_text(f'[[amp]]\nname = "A"\nchain = [{{ engine = "lv2", plugin = "{uri}" }}]\n')
    preset = read_preset(path)
    amp = preset.amps[0]
    x = rng.normal(0, 0.1, RATE // 4).astype(np.float32)
    document = Document((preset,))
    playing = load(document, document.amps[0].uid, RATE)
    left, right, _ = settled(playing).process(x)
    assert np.all(np.isfinite(left)) and np.all(np.isfinite(right))
    assert playing.chain(Place("amp", amp.uid))[1].faults == (0,)
    turned = {p.name: p.minimum if p.initial != p.minimum else p.maximum for p in engine.params[:3]}
    after = replace(preset, amps=(replace(amp, chain=(replace(amp.chain[0], params=turned),)),))
    for text in (rewritten(path.read_text(), preset, after), fresh(after)):
        path.write_text(text)
        assert read_preset(path).amps[0].chain[0].params == turned


@pytest.mark.parametrize(
    ("package", "uri"),
    [
        ("guitarix-lv2", f"{GX}/gxts9#ts9sim"),
        ("zam-plugins", "urn:zamaudio:ZamTube"),
    ],
)
def test_the_size_of_a_block_hardly_matters(package, uri, installed, trusted, rng):
    engine = registry()[f"lv2 {there(installed, package, uri)}"]
    x = rng.normal(0, 0.05, 4096).astype(np.float32)
    heard = []
    for size in (64, 16):
        chain = Chain([Unit(engine, engine.load({}, {}, RATE))], RATE)
        chain.prewarm()
        heard.append(np.concatenate([chain.process(x[at : at + size]) for at in range(0, len(x), size)]))
    assert np.sqrt(np.mean((heard[0] - heard[1]) ** 2)) < 0.01 * np.sqrt(np.mean(heard[0] ** 2))


def test_a_convolver_hears_the_file_that_a_preset_gives_it(installed, trusted, tmp_path, rng):
    import soundfile

    uri = there(installed, "x42-plugins", "http://gareus.org/oss/lv2/zeroconvolv#CfgMono")
    path = tmp_path / "ir.wav"
    soundfile.write(path, np.array([0.0, 0.5, 0.0, -0.25]), RATE, subtype="FLOAT")
    engine = registry()[f"lv2 {uri}"]
    chain = Chain([Unit(engine, engine.load({"ir": path}, {}, RATE), {})], RATE)
    chain.prewarm()
    x = rng.normal(0, 0.1, 4096).astype(np.float32)
    y = chain.process(x)
    assert np.allclose(y[64:], np.convolve(x, [0, 0.5, 0, -0.25])[: 4096 - 64], atol=1e-5)  # a block late, as it says
