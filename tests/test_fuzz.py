"""What strangers send, made up by a fuzzer: a short form of `python tests/fuzz.py`, and what it has found before."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fuzz import KINDS, command
from leash import leashed

RUNS = 300
FOUND = {
    "preset": (
        "".join("[[" + ".".join(["a"] * depth) + "]]\n" for depth in range(1, 400)).encode(),
        b"[a]\nx = 1\n[[a]]",
        b'"\\u001b[2J" = 1\n' + b'name = "' + b"x" * 5000 + b'"',
    ),
    "state": (
        b'plugin = "urn:x"\n[[property]]\nkey = "a"\ntype = "http://lv2plug.in/ns/ext/atom#Int"\nvalue = "no number"',
        b'plugin = "urn:x"\n[[property]]\nkey = "a"\ntype = "http://lv2plug.in/ns/ext/atom#Float"\nvalue = 1'
        + b"0" * 300,
        b'plugin = "urn:x"\n[[property]]\nkey = "a"\ntype = "http://lv2plug.in/ns/ext/atom#Long"\nvalue = inf',
        b'plugin = "urn:x"\n[[property]]\nkey = "a"\ntype = "t"\nflags = -1\ndata = "AAAA"',
        b'plugin = "urn:x"\n[[property]]\nkey = "a"\ntype = "http://lv2plug.in/ns/ext/atom#Path"\nvalue = "~nobody-at-all/x"',
        b'plugin = "o\\tth"',
        b"x = " + b"[" * 5000,
    ),
    "answers": (b'{"event"\n', b"[1]\n", b"7\n", b"[" * 60_000 + b"\n", b'{"event": 3}\n', b"\xff\xfe\n"),
    "kept": (b"layout = []\n", b'"\\n" = "k"\n', b"x = " + b"[" * 5000, b"[" * 60_000),
    "protocol": (
        b"[" * 60_000 + b"\n",
        b'{"do": "amp 1"',
        b"\0\n\0",
        b"set Clean.gain.gain nan\nlevel 1e400\ntempo inf\n",
    ),
}
"""Tries that were no answer before."""


@pytest.mark.parametrize("name", KINDS)
def test_what_makes_sense_and_what_was_found_before(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    attempt = KINDS[name].prepare(tmp_path)
    for data in (*KINDS[name].seeds(), *FOUND.get(name, ())):
        attempt(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_what_a_fuzzer_makes_up(tmp_path: Path, name):
    pytest.importorskip("atheris", reason="needs atheris: pip install 'rig-live[fuzz]'")
    done = subprocess.run(
        leashed(command(name, tmp_path, f"-runs={RUNS}", "-seed=1")), capture_output=True, text=True, errors="replace"
    )
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-4000:]
