"""What training leaves beside the recordings: model, preset, picture, metadata; and all the ways to begin and to end."""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

torch = pytest.importorskip("torch")

from captures import RATE, amp, guitar  # noqa: E402

from rig.cli import main  # noqa: E402
from rig.document.read import read_preset  # noqa: E402
from rig.errors import RigError  # noqa: E402
from rig.files import write  # noqa: E402
from rig.models import player  # noqa: E402
from rig.models.convert import apart, trained_text  # noqa: E402
from rig.models.formats import load_model  # noqa: E402
from rig.report import bench, tables  # noqa: E402
from rig.train import capture, data, estimate, export, init_from, loop, losses, report, run  # noqa: E402
from rig.train.preset import write_preset  # noqa: E402
from rig.train.settings import SIZES, Settings, Size  # noqa: E402
from rig.train.state import begin  # noqa: E402

TINY = Size(channels=4, depth=4, repeats=1, kernel_size=3)
SHAPE = ("--channels", "4", "--depth", "4")
OPTIONS = (*SHAPE, "--segment", "0.05", "--no-report")
DRIVES = {"soft": 1.0, "middle": 3.0, "hard": 12.0}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def takes(tmp_path: Path, rng) -> Path:
    """One dry take and what the amp makes of it with its knob at three positions: dry.wav, soft.wav, ..."""
    dry = guitar(rng)
    soundfile.write(tmp_path / "dry.wav", dry, RATE, subtype="FLOAT")
    for name, drive in DRIVES.items():
        soundfile.write(tmp_path / f"{name}.wav", amp(dry, drive), RATE, subtype="FLOAT")
    return tmp_path


def train(folder: Path, *words: str) -> int:
    """`rig train`, run in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return main(["train", *words])
    finally:
        os.chdir(before)


def prepared(rng, knob: tuple[float, ...] = (), size: Size = TINY) -> tuple[data.Data, Settings, list[capture.Capture]]:
    dry = guitar(rng, 2.0)
    taken = [capture.Capture(dry, amp(dry, 1 + 9 * k), RATE, 0, ()) for k in knob or (0.3,)]
    settings = Settings(size=size, segment=512, batch_size=2, epochs=3, knob=knob)
    return data.prepare(taken, size.receptive_field, settings.segment, True, knob), settings, taken


# ---- the best so far


def test_the_best_so_far_is_always_a_whole_model(takes, monkeypatch):
    """A watcher may read the file at any time: each better epoch replaces it at once, a worse one does not."""
    seen, scores, plain = [], iter([0.5, 0.4, 0.6, 0.3]), loop.take_step

    def step(*rest):
        seen.append(load_model(takes / "a.json").metadata["esr"] if (takes / "a.json").exists() else None)
        return plain(*rest)

    monkeypatch.setattr(loop, "judge", lambda network, held: (next(scores), 0.1))
    monkeypatch.setattr(loop, "take_step", step)
    assert train(takes, "dry.wav", "soft.wav", "-o", "a.json", *OPTIONS, "--epochs", "4") == 0
    assert list(dict.fromkeys(seen)) == [None, 0.5, 0.4]
    assert load_model(takes / "a.json").metadata["esr"] == 0.3


def test_a_nam_file_is_the_same_model(takes, capsys):
    for name in ("a.json", "a.nam"):
        assert train(takes, "dry.wav", "soft.wav", "-o", name, *OPTIONS, "--epochs", "2", "--force") == 0
    json_model, nam_model = (load_model(takes / name) for name in ("a.json", "a.nam"))
    assert nam_model.family.name == "nam"
    assert nam_model.sample_rate == json_model.sample_rate
    assert nam_model.metadata["esr"] == json_model.metadata["esr"]
    assert apart(json_model, nam_model) < 1e-5
    assert main(["render", str(takes / "a.toml"), str(takes / "dry.wav"), str(takes / "out.wav")]) == 0
    assert train(takes, "dry.wav", "soft.wav", "-o", "b.nam", *OPTIONS, "--epochs", "1", "--init", "a.nam") == 0


def test_a_folder_of_nam_files(takes):
    (takes / "made").mkdir()
    words = ("dry.wav", "soft.wav", "hard.wav", "-o", "made", *OPTIONS, "--epochs", "1", "--format", "nam")
    assert train(takes, *words) == 0
    assert {path.name for path in (takes / "made").glob("*.nam")} == {"soft.nam", "hard.nam"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("soft.wav", "-o", "a.json", "--format", "nam"), "name the file 'a.nam'"),
        (("soft.wav", "hard.wav", "-o", "a.nam", "--knob", "0.1,0.9"), "a .nam file has no knob; write a .json"),
        (("soft.wav", "hard.wav", "-o", "a.nam"), "2 models need a folder"),
    ],
)
def test_formats_that_cannot_be(takes, capsys, words, said):
    assert train(takes, "dry.wav", *words, *OPTIONS) == 1
    assert said in capsys.readouterr().err


def test_the_preset_is_there_before_the_first_step_and_plays_the_model(takes, monkeypatch):
    there, plain = [], loop.take_step
    monkeypatch.setattr(loop, "take_step", lambda *rest: (there.append((takes / "a.toml").exists()), plain(*rest))[1])
    assert train(takes, "dry.wav", "hard.wav", "-o", "a.json", *OPTIONS, "--epochs", "1") == 0
    assert there[0]
    (only,) = read_preset(takes / "a.toml").amps
    assert only.name == "a"
    wet = soundfile.read(takes / "hard.wav")[0]
    assert only.level == pytest.approx(-20 - 10 * math.log10(np.mean(wet**2)), abs=0.1)
    assert main(["render", str(takes / "a.toml"), str(takes / "dry.wav"), str(takes / "out.wav")]) == 0


def test_a_preset_that_is_there_is_somebodys_work(tmp_path):
    (tmp_path / "a.toml").write_text("mine")
    assert write_preset(tmp_path / "a.json", "a", -18) is None
    assert (tmp_path / "a.toml").read_text() == "mine"


def test_a_preset_names_its_model_and_says_what_may_be_missing(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    assert (
        write_preset(tmp_path / "a.json", "Tub", -18.5).read_text()
        == """\
# Made by rig train. Play it: rig play a.toml
name = "Tub"

[[amp]]
name = "Tub"
level = -1.5
chain = [
  { model = "a.json" },
]

# Recorded without a cabinet? Take the # away and name one:
# [output]
# chain = [{ engine = "cab", ir = "cabinet.wav" }]
"""
    )


@pytest.mark.parametrize("name", ['say "hi"\\', "input", "  ", "a\nb\x07", "ü" * 99, "Tub # 'e'"])
def test_a_preset_of_any_name_can_be_read(tmp_path, name):
    (tmp_path / "a.json").write_text("{}")
    path = write_preset(tmp_path / "a.json", name, -300.0)
    (only,) = read_preset(path).amps
    assert only.name and only.level == 24


def test_metadata_say_of_what_and_how(takes):
    wet, rate = soundfile.read(takes / "soft.wav", dtype="float32")
    soundfile.write(takes / "late.wav", np.pad(wet, (700, 0)), rate, subtype="FLOAT")
    assert train(takes, "dry.wav", "late.wav", "-o", "a.json", *OPTIONS, "--epochs", "1", "--loss", "plain") == 0
    said = load_model(takes / "a.json").metadata
    assert (
        said["settings"]["delay"] == 700 and said["settings"]["device"] == "cpu" and said["settings"]["loss"] == "plain"
    )
    assert said["esr"] > 0 and said["esr_preemphasis"] > 0
    assert said["loudness"] == pytest.approx(10 * math.log10(np.mean(wet**2)), abs=0.1)
    assert any("700 samples" in line and "late: removed" in line for line in said["checks"])
    assert any("C engine" in line for line in said["checks"])
    assert said["versions"]["torch"] == str(torch.__version__) and set(said["versions"]) >= {"rig", "python", "numpy"}
    assert said["processor"]
    assert "knob" not in said


# ---- the picture


def test_the_quiet_place_is_quiet_and_the_loudest_loud():
    level = np.repeat([0.0, 0.001, 0.01, 0.02, 0.05, 0.9], 100)
    sound = (level * np.where(np.arange(600) % 2, 1, -1)).astype(np.float32)
    assert sound[report.loudest(sound, 100)].max() == pytest.approx(0.9)
    soft = np.abs(sound[report.quiet(sound, 100)])
    assert soft.max() == pytest.approx(0.001)  # silence is no place to compare
    assert report.quiet(np.zeros(500, np.float32), 100) == slice(0, 100)
    assert report.quiet(np.zeros(5, np.float32), 100) == slice(0, 100)


def test_esr_by_level():
    loud, soft = np.full(1000, 1.0), np.full(1000, 0.1)
    target = np.concatenate([loud, soft])
    prediction = np.concatenate([loud * 0.9, soft * 0.5])
    (low, of_low), (high, of_high) = report.esr_by_level(target, prediction, 100)
    assert (low, high) == (-18, 0)  # -20 dB lies nearest -18 of the steps of 6 dB
    assert of_low == pytest.approx(0.25) and of_high == pytest.approx(0.01)


# ---- a knob


def test_a_network_with_a_knob_is_at_each_position_what_the_c_engine_plays(tmp_path, rng):
    held, settings, taken = prepared(rng, (0.0, 0.5, 1.0))
    assert held.dry.shape == (3 * len(taken[0].dry), 2)
    state = begin(settings)
    with torch.no_grad():
        state.network.input_bias.add_(0.2)
    made = export.folded(state.network, held.dry_scale, held.wet_scale)
    assert made.entry.ins == 2
    sounds = []
    for knob in (0.0, 0.37, 1.0):
        path = tmp_path / "x.json"
        path.write_text(trained_text(export.standing(made, knob), {}, path))
        dry = taken[0].dry[:4000]
        pair = torch.stack([held.dry_scale.apply(dry), torch.full((4000,), knob)], 1)
        expected = state.network.predict(pair).numpy() * held.wet_scale.deviation + held.wet_scale.mean
        sounds.append(player.run(load_model(path), dry))
        np.testing.assert_allclose(sounds[-1], expected, atol=2e-6)
    assert np.abs(sounds[0] - sounds[2]).max() > 1e-3


def test_captures_behind_one_another_do_not_mix(rng):
    held, _, taken = prepared(rng, (0.0, 1.0))
    frames = len(taken[0].dry)
    for piece in held.slices:
        assert piece.start // frames == (piece.end - 1) // frames == piece.take
    for first, last in held.starts:
        assert (first - held.past) // frames == (last - 1 + held.segment - 1) // frames
    assert {piece.take for piece in held.slices} == {0, 1}
    dry, _ = held.batch(50, torch.Generator().manual_seed(0))
    assert dry.shape == (held.past + held.segment, 50, 2)
    assert set(dry[..., 1].unique().tolist()) == {0.0, 1.0}
    assert (dry[..., 1].amax(0) == dry[..., 1].amin(0)).all()


def test_several_captures_are_one_model_with_a_knob(takes, capsys):
    words = ["dry.wav", "soft.wav", "hard.wav", "-o", "a.json", "--knob", "0.1,0.9", "--epochs", "6"]
    assert train(takes, *words, *OPTIONS, "--channels", "8", "--json") == 0
    out, _ = capsys.readouterr()
    assert json.loads(out)["esr"] < 0.05
    file = json.loads((takes / "a.json").read_text())
    assert file["input_channels"] == 2
    assert file["knob"]["name"] == "drive" and file["knob"]["positions"] == [0.1, 0.9]
    assert all(0 < esr < 0.1 for esr in file["knob"]["esr"])
    dry = soundfile.read(takes / "dry.wav", dtype="float32")[0]
    (made,), at = load_model(takes / "a.json").network.arrays, takes / "at.json"
    for name, knob, other in (("soft", 0.1, 0.9), ("hard", 0.9, 0.1)):
        wet = torch.from_numpy(soundfile.read(takes / f"{name}.wav", dtype="float32")[0])
        scores = []
        for position in (knob, other):
            at.write_text(trained_text(export.standing(made, position), {}, at))
            scores.append(losses.esr(wet, torch.from_numpy(player.run(load_model(at), dry))))
        assert scores[0] < 0.1 < scores[1]


def test_several_captures_without_a_knob_are_several_models(takes, capsys):
    (takes / "amps").mkdir()
    assert train(takes, "dry.wav", "soft.wav", "hard.wav", "-o", "amps", *OPTIONS, "--epochs", "1", "--json") == 0
    written = [Path(json.loads(line)["model"]).name for line in capsys.readouterr().out.splitlines()]
    assert written == ["soft.json", "hard.json"]
    loud = [load_model(takes / "amps" / name).metadata["loudness"] for name in written]
    assert loud[0] < loud[1]


WRONG = {
    ("dry.wav",): (2, "what came out of the amp is missing"),
    (".", "dry.wav"): (2, "not both"),
    ("dry.wav", "soft.wav", "hard.wav"): (1, "2 models need a folder"),
    ("dry.wav", "soft.wav", "hard.wav", "--knob", "0.5"): (1, "1 positions for 2 captures"),
    ("dry.wav", "soft.wav", "hard.wav", "--knob", "0.5,0.5"): (1, "two positions or more"),
    ("dry.wav", "soft.wav", "--knob", "0.5"): (1, "two positions or more"),
    ("dry.wav", "soft.wav", "--knob", "0.5,x"): (2, "'x' is not a number from 0 to 1"),
    ("dry.wav", "soft.wav", "hard.wav", "gone.wav", "--knob", "0,0.5,1"): (1, "no file 'gone.wav'"),
    ("dry.wav", "soft.wav", "--init", "gone.json"): (1, "gone.json"),
    ("dry.wav", "soft.wav", "--target", "7"): (2, "'7' is not a number"),
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_cannot_be_is_said_in_one_line(takes, capsys, words):
    status, said = WRONG[words]
    before = {path.name for path in takes.iterdir()}
    try:
        assert train(takes, *words, "-o", "a.json", "--epochs", "1") == status
    except SystemExit as end:
        assert end.code == status
    err = capsys.readouterr().err
    assert said in err.splitlines()[-1]
    assert {path.name for path in takes.iterdir()} == before


def test_one_rate_for_all(takes, capsys):
    audio = soundfile.read(takes / "dry.wav")[0]
    (takes / "b").mkdir()
    for name in ("dry", "hard"):
        soundfile.write(takes / "b" / f"{name}.wav", audio, 48_000)
    with pytest.raises(RigError, match="different sample rates: 16000, 48000 Hz"):
        run.one_rate([capture.read(takes / "dry.wav", takes / "soft.wav"),
                      capture.read(takes / "b" / "dry.wav", takes / "b" / "hard.wav")])  # fmt: skip


# ---- where it begins


def test_a_model_to_start_from_is_the_same_between_other_scales(tmp_path, rng):
    held, settings, taken = prepared(rng)
    net = begin(replace(settings, seed=7)).network
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05)
    old = tmp_path / "old.json"
    write(old, trained_text(export.folded(net, data.Scale(0.1, 2.0), data.Scale(-0.3, 0.4)), {}, old))
    file = init_from.read(old)
    assert init_from.size_of(file, tmp_path) == TINY
    state = begin(settings)
    init_from.teach(state, file, held)
    dry = taken[0].dry[:5000]
    heard = state.network.predict(held.dry_scale.apply(dry)).numpy() * held.wet_scale.deviation + held.wet_scale.mean
    np.testing.assert_allclose(heard, player.run(load_model(old), dry), atol=2e-6)
    assert all(torch.equal(state.average[name], value) for name, value in state.network.state_dict().items())


def test_starting_from_a_good_model_beats_starting_from_nothing(takes, capsys):
    assert train(takes, "dry.wav", "soft.wav", "-o", "soft.json", *OPTIONS, "--epochs", "8") == 0
    results = []
    for words in (OPTIONS, ("--init", "soft.json", "--segment", "0.05", "--no-report")):
        capsys.readouterr()
        assert train(takes, "dry.wav", "middle.wav", "-o", "a.json", "--epochs", "1", "--json", "--force", *words) == 0
        results.append(json.loads(capsys.readouterr().out)["esr"])
    assert results[1] < 0.5 * results[0]
    assert json.loads((takes / "a.json").read_text())["settings"]["init"] == "soft.json"


def test_a_knob_can_start_from_a_model_without_one(tmp_path, rng):
    _, settings, _ = prepared(rng)
    net = begin(replace(settings, seed=3)).network
    old = tmp_path / "old.json"
    write(old, trained_text(export.folded(net, data.Scale(), data.Scale()), {}, old))
    held, settings, taken = prepared(rng, (0.0, 1.0))
    state = begin(settings)
    init_from.teach(state, init_from.read(old), held)
    dry = taken[0].dry[:3000]
    expected = player.run(load_model(old), dry)
    for knob in (0.0, 1.0):
        pair = torch.stack([held.dry_scale.apply(dry), torch.full((3000,), knob)], 1)
        heard = state.network.predict(pair).numpy() * held.wet_scale.deviation + held.wet_scale.mean
        np.testing.assert_allclose(heard, expected, atol=2e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"activation": "relu"}, "can start only from one"),
        ({"level_adjust": 2.0}, "level_adjust"),
        ({"dilations": [1, 2, 4, 9]}, "are not 1, 2, 4 ... repeated"),
    ],
)
def test_what_cannot_be_started_from(tmp_path, rng, change, said):
    from networks import guitarml

    content = guitarml(rng, activation=change.get("activation", "gated"), dilations=(1, 2, 4, 8))
    (tmp_path / "old.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(RigError, match=re.escape(said)):
        init_from.size_of(init_from.read(tmp_path / "old.json"), tmp_path / "old.json")


def test_the_size_is_the_models(takes, capsys):
    assert train(takes, "dry.wav", "soft.wav", "-o", "soft.json", *OPTIONS, "--epochs", "1") == 0
    assert train(takes, "dry.wav", "soft.wav", "-o", "a.json", "--init", "soft.json", "--size", "small") == 1
    assert "leave the size's options out" in capsys.readouterr().err


def test_resume_from_any_checkpoint_is_the_same_run(takes):
    whole = ("dry.wav", "soft.wav", *OPTIONS, "--epochs", "3")
    kept, plain = takes / "second.checkpoint", run.checkpoint.save

    def keeping(path, state, *rest):
        plain(path, state, *rest)
        if len(state.history) == 2:
            kept.write_bytes(path.read_bytes())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run.checkpoint, "save", keeping)
        assert train(takes, *whole, "-o", "a.json") == 0
    assert train(takes, "dry.wav", "soft.wav", "-o", "b.json", "--no-report", "--resume", "second.checkpoint") == 0
    a, b = (json.loads((takes / f"{name}.json").read_text()) for name in "ab")
    assert a["variables"] == b["variables"]
    assert (a["esr"], a["settings"]["epoch"]) == (b["esr"], b["settings"]["epoch"])


# ---- where it ends


def test_the_target_ends_it(takes, capsys):
    words = ("dry.wav", "soft.wav", "-o", "a.json", *OPTIONS, "--epochs", "50", "--target", "0.1", "--json")
    assert train(takes, *words) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["esr"] <= 0.1 and result["epochs"] < 50
    assert "the target is reached" in err and "within 0.1" in err
    scores = [float(s) for s in re.findall(r"ESR (\S+) plain: [^,]*, \S+ pre", err)]
    assert all(score > 0.1 for score in scores[: result["epochs"] - 1])


def test_a_loss_that_jumps_takes_back_the_epoch_and_halves_the_rate(rng, monkeypatch):
    held, settings, _ = prepared(rng)
    steps, calls, rates, said = loop.steps_per_epoch(held, settings), [0], [], []
    plain = loop.take_step

    def spoilt(state, data, loss, settings, rate):
        calls[0] += 1
        rates.append(rate)
        value = plain(state, data, loss, settings, rate)
        return 1e4 if calls[0] == steps + 5 else value

    monkeypatch.setattr(loop, "CALM", steps)
    monkeypatch.setattr(loop, "take_step", spoilt)
    state = loop.train(begin(settings), held, settings, say=said.append)
    assert len(said) == 1 and re.fullmatch(
        r"the loss jumped to \d+ times its usual: back to epoch 1, at half the rate", said[0]
    )
    assert calls[0] == 3 * steps + 5
    assert rates[steps + 5] == pytest.approx(rates[steps] / 2)
    assert state.recent < 10 * state.usual and len(state.history) == 3


def test_a_dry_run_tells_and_writes_nothing(takes, capsys):
    before = {path.name for path in takes.iterdir()}
    assert train(takes, "dry.wav", "soft.wav", "-o", "a.json", *OPTIONS, "--epochs", "7", "--dry-run", "--json") == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert set(told) == {"epochs_a_minute", "share_of_peak", "epochs", "seconds", "realtime"}
    assert 0 < told["share_of_peak"] < 1
    assert told["epochs"] == 7 and told["realtime"] > 1
    assert told["seconds"] == pytest.approx(60 * 7 / told["epochs_a_minute"], rel=0.01, abs=0.06)  # one decimal
    assert "% of a core" in err and "nothing was written" in err
    assert {path.name for path in takes.iterdir()} == before


# ---- losses


def test_the_spectral_distance_hears_what_is_missing_and_not_the_phase():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(4080, 2, generator=generator)
    assert losses.spectral_distance(noise, noise, 1e-3) < 1e-6
    dull = torch.nn.functional.avg_pool1d(noise.T[:, None], 3, 1, 1)[:, 0].T
    softer = losses.spectral_distance(noise, 0.9 * noise, 1e-3)
    assert losses.spectral_distance(noise, -noise, 1e-3) < 1e-6
    assert losses.spectral_distance(noise, dull, 1e-3) > 3 * softer > 0
    assert losses.spectral_distance(noise[:100], dull[:100], 1e-3) == 0  # too short for any window


@pytest.mark.parametrize("kind", ["emphasised", "plain", "stft"])
def test_every_loss_has_a_slope_also_where_all_is_silent(kind):
    target = torch.zeros(4080, 1)
    loss = losses.Loss.for_take(torch.randn(9000, generator=torch.Generator().manual_seed(1)), kind)
    prediction = torch.full((4080, 1), 0.01, requires_grad=True)
    loss(target, prediction).backward()
    assert torch.isfinite(prediction.grad).all() and prediction.grad.abs().max() > 0


def test_losses_differ_in_what_they_mind():
    take = torch.sin(torch.arange(9000) * 0.05)
    target = take[:4080, None]
    treble = target + 0.05 * torch.sin(torch.arange(4080) * 2.5)[:, None]
    values = {kind: float(losses.Loss.for_take(take, kind)(target, treble)) for kind in ("emphasised", "plain", "stft")}
    assert values["plain"] < 0.2 * values["emphasised"] < 0.2 * values["stft"]


@pytest.mark.parametrize("kind", ["plain", "stft"])
def test_every_loss_learns(rng, kind):
    held, settings, _ = prepared(rng)
    settings = replace(settings, loss=kind, epochs=6)
    state = loop.train(begin(settings), held, settings)
    assert state.best_epoch.esr < 0.2 * losses.esr(held.wet, torch.zeros_like(held.wet))


def test_the_work_of_a_step():
    """One layer of one channel, two taps: each frame takes 2 x 2 for the halves, 1 for the output, and where a layer follows 1 for the mix."""
    assert estimate.macs(Size(channels=1, depth=1, repeats=1, kernel_size=2), segment=10) == 3 * 10 * 5
    assert estimate.macs(Size(channels=1, depth=2, repeats=1, kernel_size=2), segment=10) == 3 * (12 * 6 + 10 * 5)


def test_bench_tells_where_a_step_goes_on_every_instruction_set(capsys):
    from rig import native

    before = native.isa()
    assert main(["bench", "--train", "--isa", "all", "--seconds", "0.1", "--json"]) == 0
    native.use_isa(before)
    rows = json.loads(capsys.readouterr().out)["training"]
    assert [(row["size"], row["isa"]) for row in rows] == [(size, isa) for size in SIZES for isa in native.isas()]
    for row in rows:
        assert 0 < row["share_of_step"] < row["share_of_peak"] < 1.5
        assert row["best"] == (row["isa"] == native.isas()[0])
        assert row["slower"] == (row["best"] and row["forward_ms"] + row["backward_ms"] > row["torch_ms"])
        assert row["epochs_a_minute"] > 0 < row["two_threads"]
        assert row["optimiser_ms"] > 0 <= row["other_ms"]


def test_bench_says_loudly_where_pytorch_is_faster(capsys):
    fast = bench.TrainingRow("nano", "avx2", 6.0, 0.4, 0.1, 1.0, 2.0, 0.5, 0.5, torch_ms=9.0, two_threads=1.8)
    tables.show_bench(bench.Report("a machine", {}, (), training=(fast,)))
    assert "SLOWER" not in capsys.readouterr().out
    slow = replace(fast, size="standard", torch_ms=2.9)
    tables.show_bench(bench.Report("a machine", {}, (), training=(fast, slow)))
    assert "standard on avx2: SLOWER THAN PYTORCH" in capsys.readouterr().out


def test_bench_of_training_takes_no_files(capsys):
    assert main(["bench", "--train", "blues"]) == 1
    assert "leave the files out" in capsys.readouterr().err
