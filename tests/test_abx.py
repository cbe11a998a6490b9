"""`rig abx`: the coins and the odds, two sounds that only their tone tells apart, and the test itself on JACK."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from math import comb
from pathlib import Path

import numpy as np
import pytest
import soundfile
from jack_servers import JackServer

from rig.abx import session
from rig.abx.sounds import PEAK, Piece, pair, sound
from rig.abx.trials import Trials, odds
from rig.cli import main
from rig.errors import RigError
from rig.loudness import lufs
from rig.native import PlayerRecorder, Take
from rig.shipped import DEMO
from rig.sound import read

RATE = 48_000
RIG = Path(sys.executable).parent / "rig"


# --- coins and odds -------------------------------------------------------------------------------------------------


def test_odds_are_the_binomial_distributions_upper_tail():
    assert odds(0, 16) == 1.0
    assert odds(16, 16) == pytest.approx(2**-16)
    assert odds(12, 16) == pytest.approx(0.0384, abs=1e-4), "as in every table of ABX tests"
    for n in (1, 7, 30):
        for k in range(n + 1):
            assert odds(k, n) == pytest.approx(1 - sum(comb(n, j) for j in range(k)) / 2**n)


def test_the_coin_is_fair_and_the_same_again_with_a_seed():
    assert 440 < Trials(1000, seed=1)._hidden.count("b") < 560
    assert Trials(50, seed=7)._hidden == Trials(50, seed=7)._hidden != Trials(50, seed=8)._hidden
    assert Trials(50)._hidden != Trials(50)._hidden


@pytest.mark.parametrize(
    ("right", "count", "of", "said"),
    [
        (16, 16, 16, "16 of 16 right: who guesses does as well in less than 0.1 % of tests. You hear the difference."),
        (12, 16, 16, "12 of 16 right: who guesses does as well in 3.8 % of tests. You very likely hear a difference."),
        (11, 16, 16, "11 of 16 right: who guesses does as well in 10.5 % of tests. Perhaps you hear a difference"),
        (7, 16, 16, "7 of 16 right: who guesses does as well in 77.3 % of tests. No sign that you hear a difference"),
        (4, 16, 4, "4 of 4 right: who guesses does as well in 6.2 % of tests. That is too few to tell"),
        (6, 16, 6, "You very likely hear a difference. (The test was ended early, which flatters.)"),
        (0, 16, 0, "Nothing was answered."),
    ],
)
def test_the_verdict_is_in_words_with_its_odds(right, count, of, said):
    trials = Trials(count)
    for i in range(of):
        trials.answer(trials.x if i < right else "ab"[trials.x == "a"])
    assert said in trials.verdict()


def test_keys_turn_answer_and_end(capsys):
    trials, heard, begun = Trials(3, seed=2), [], []
    keys = iter(["a", "b", "x", "", "?", "r", "1", "2", "q"])
    session.ask(trials, heard.append, lambda: next(keys), lambda: begun.append(1))
    x = [Trials(3, seed=2)._hidden[i] for i in range(3)]
    assert heard == [x[0], "a", "b", x[0], x[1], x[2]] and begun == [1]
    assert trials.answers == [x[0] == "a", x[1] == "b"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "Trial 1 of 3. X plays." and "X is A, you say. Trial 2 of 3. X plays." in lines
    assert not any(re.search(r"\bX\b.*\b(really|was) [AB]", line) for line in lines), "nothing tells what X is"


# --- two sounds -----------------------------------------------------------------------------------------------------


def test_two_sounds_are_made_alike_in_all_but_their_tone():
    take = read(DEMO)[0][: 3 * RATE, 0].astype(np.float64)
    later = np.concatenate([np.zeros(700), -0.2 * take])
    made = pair(take, later, RATE)
    assert (made.late, made.gain_db) == (700, pytest.approx(13.98, abs=0.05))
    assert np.abs(made.a - made.b).max() < 1e-4, "the same sound, turned over, softer and late"
    assert made.words == "B was made as loud as A (+14.0 dB), and brought into step (it came 14.6 ms later)."
    other = pair(take, np.tanh(20 * take), RATE)
    assert lufs(other.a, RATE) == pytest.approx(lufs(other.b, RATE), abs=0.05)
    assert max(np.abs(other.a).max(), np.abs(other.b).max()) <= PEAK + 1e-6 and len(other.a) == len(other.b)
    assert other.a[0] == other.a[-1] == other.b[0] == 0, "it goes round without a click"


def test_what_is_nothing_like_the_other_is_left_where_it_is(rng):
    made = pair(rng.normal(0, 0.1, RATE), rng.normal(0, 0.1, RATE), RATE)
    assert made.late == 0
    with pytest.raises(RigError, match="B is silent"):
        pair(rng.normal(0, 0.1, RATE), np.zeros(RATE), RATE)


def test_a_sound_is_a_model_an_amp_or_a_recording(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("two.toml").write_text(
        '[[amp]]\nname = "A"\nchain = [{ engine = "gain", gain = -6 }]\n'
        '[[amp]]\nname = "B"\nchain = []\n[[amp.scene]]\nname = "Soft"\nlevel = -12\n'
    )
    dry = 0.1 * np.sin(np.arange(2 * RATE) / 10).astype(np.float32)
    soundfile.write("wet.wav", np.stack([dry, 0 * dry], axis=1), RATE, subtype="FLOAT")
    whole = Piece(0, 60)
    level = {
        words: np.std(sound(words, dry, RATE, whole)[RATE:]) for words in ("two", "two:B", "two:B:Soft", "wet.wav")
    }
    base = np.std(dry[RATE:])
    db = {words: 20 * np.log10(value / base) for words, value in level.items()}
    assert db == pytest.approx({"two": -6, "two:B": 0, "two:B:Soft": -12, "wet.wav": -6.02}, abs=0.05)
    assert len(sound("wet.wav", dry, RATE, Piece(0.5, 1))) == RATE
    with pytest.raises(RigError, match="--from 9: less than half a second is left of 2"):
        sound("two", dry, RATE, Piece(9, 1))
    with pytest.raises(RigError, match="no amp 'C'"):
        sound("two:C", dry, RATE, whole)


@pytest.mark.parametrize("block", [16, 64, 1000])
def test_the_other_is_faded_to_at_the_same_place(block):
    ramp = np.arange(3000, dtype=np.float32) / 3000
    player = PlayerRecorder(RATE)
    player.level(1.0)
    player.process(np.zeros(block, np.float32))
    player.put(Take(ramp, 1, loop=True, other=-ramp))
    first = np.concatenate([player.process(np.zeros(block, np.float32)) for _ in range(3000 // block + 1)])
    assert np.array_equal(first[:2900], ramp[:2900])
    at = len(first)
    player.turn(1.0)
    out = np.concatenate([player.process(np.zeros(block, np.float32)) for _ in range(6000 // block)])
    mix = np.minimum(1.0, (1 + np.arange(len(out))) / 480)
    place = np.resize(ramp, at + len(out))[at:]
    assert np.allclose(out, place * (1 - 2 * mix), atol=1e-4)
    with pytest.raises(ValueError, match="has as many"):
        Take(ramp, 1, loop=True, other=ramp[1:])


# --- on JACK --------------------------------------------------------------------------------------------------------


@pytest.mark.patient
def test_a_test_on_jack_by_single_keys_of_a_terminal(impatient_server: JackServer, tmp_path: Path) -> None:
    t = np.arange(RATE) / RATE
    for name, x in (("one", np.sin(800 * t)), ("two", np.sign(np.sin(800 * t)))):
        soundfile.write(tmp_path / f"{name}.wav", 0.1 * x, RATE)
    words = [str(tmp_path / "one.wav"), str(tmp_path / "two.wav"), "--server", impatient_server.name]
    ours, theirs = pty.openpty()
    command = [str(RIG), "abx", *words, "--seed", "3", "--trials", "2"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True) as process:
        lines = iter(process.stdout.readline, "")
        assert next(lines).startswith("B was made as loud as A (")
        assert next(lines).startswith("a, b, x: hear it.")
        assert next(lines) == "Trial 1 of 2. X plays.\n"
        for key, said in (
            ("b", "B plays."),
            ("x", "X plays."),
            ("1", "X is A, you say. Trial 2 of 2. X plays."),
            ("2", "X is B, you say."),
        ):
            os.write(ours, key.encode())
            assert next(lines).strip() == said
        right = [said == x for said, x in zip("ab", Trials(2, seed=3)._hidden, strict=True)]
        assert next(lines).startswith(f"{sum(right)} of 2 right: ")
        assert process.wait() == 0
    os.close(ours)
    os.close(theirs)


@pytest.mark.patient
def test_without_a_terminal_lines_are_keys(impatient_server: JackServer, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", 0.1 * np.sin(np.arange(RATE) / 20), RATE)
    words = [str(tmp_path / "one.wav"), str(tmp_path / "one.wav"), "--server", impatient_server.name]
    ran = subprocess.run([str(RIG), "abx", *words], input="a\nb\n1\n", capture_output=True, text=True)
    assert ran.returncode == 0 and not ran.stderr
    assert "1 right: who guesses does as well" in ran.stdout and "ended early" not in ran.stdout, "too few to tell"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nix.wav", "blues"], "nix.wav: no such"),
        (["blues:Crnch", "blues"], "no amp 'Crnch'; did you mean 'Crunch'?"),
        (["blues", "blues", "--from", "100"], "--from 100: less than half a second is left of 15.0 s"),
    ],
)
def test_what_can_not_be_heard_is_one_line(words, said, capsys):
    assert main(["abx", *words]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
