"""What a shell completes, asked as the shell asks, and the manual page: all of the table that the command line is read by."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from rig.cli import COMMANDS, _table, main
from rig.gig.verbs import VERBS
from rig.options import parser
from rig.shell import bash, fish, man, zsh
from rig.shipped import shipped_presets

SHIPPED = {path.stem for path in shipped_presets()}
ASK = """
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_rig
printf '%s\\n' "${COMPREPLY[@]}"
"""
needs_bash = pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")


@pytest.fixture(scope="module")
def table():
    return _table()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with files of all kinds, and a preset of the player's own, whose name has a blank."""
    own = tmp_path / "config" / "rig" / "presets"
    own.mkdir(parents=True)
    (own / "my amp.toml").write_text("")
    here = tmp_path / "here"
    (here / "models").mkdir(parents=True)
    for name in ("friday.toml", "Loud.TOML", "amp.nam", "amp.json", "take.wav", "notes.txt"):
        (here / name).write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def offered(folder, table):
    script = folder.parent / "rig.bash"
    script.write_text(bash.script(table))

    def ask(*words: str) -> set[str]:
        done = subprocess.run(
            ["bash", "--norc", "-c", ASK, "bash", script, "rig", *words], capture_output=True, text=True, timeout=30
        )
        assert (done.returncode, done.stderr) == (0, "")
        return set(done.stdout.split("\n")) - {""}

    return ask


@needs_bash
def test_bash_completes_commands_and_options_of_all(offered, table):
    assert offered("") >= {command.name for command in table.commands} | {"friday.toml", "models"}
    assert offered("pl") == {"play"}
    assert offered("--v") == {"--version"}
    for command in table.commands:
        assert offered(command.name, "-") == {flag for option in command.options for flag in option.flags}


@needs_bash
def test_bash_completes_presets_sets_models_and_files_where_they_are_meant(offered):
    presets = SHIPPED | {"my amp"}
    tomls, models = {"friday.toml", "Loud.TOML", "models"}, {"amp.nam", "amp.json"}
    everything = tomls | models | {"take.wav", "notes.txt"}
    assert offered("play", "") == presets | tomls
    assert offered("play", "my") == {"my amp"}
    assert offered("play", "blues", "--watch", "fr") == {"friday.toml"}
    assert offered("friday.toml", "--he") == {"--help", "--headless"}
    assert offered("check", "") == presets | tomls | models
    assert offered("info", "") == presets | everything
    assert offered("play", "--di", "") == everything
    assert offered("play", "--di", "=", "ta") == {"take.wav"} and offered("play", "--di", "=") == everything
    assert offered("play", "--amp", "") == set()
    assert offered("--debug", "play", "bl") == {"blues"}


@needs_bash
def test_bash_knows_which_argument_it_is(offered):
    assert offered("render", "--amp", "2", "bl") == {"blues"}
    assert offered("render", "blues", "--bits", "") == {"24", "32"}
    assert offered("render", "blues", "bl") == set() and offered("render", "blues", "ta") == {"take.wav"}
    assert offered("send", "mu") == {"mute"} and offered("send", "") == set(VERBS)
    assert offered("send", "--name", "rig-2", "mu") == {"mute"} and offered("send", "mute", "") == set()
    assert offered("train", "a.wav", "b.wav", "-o", "amp.") == {"amp.json", "amp.nam"}
    assert offered("completion", "") == {"bash", "zsh", "fish"}


def test_each_option_stands_in_each_script_and_on_the_page(table):
    scripts = {module: module.script(table) for module in (bash, zsh, fish)}
    page = man.page(table)
    for command in table.commands:
        assert f'.SS "rig {command.name}"' in page
        assert all(argument.about for argument in command.arguments) and all(option.about for option in command.options)
        assert command.examples and all(example.replace("-", "\\-") in page for example in command.examples)
        for option in command.options:
            for flag in option.flags:
                assert flag in scripts[bash] and f"{flag}[" in scripts[zsh].replace("=[", "[")
                assert f"-l {flag[2:]}" in scripts[fish] or f"-s {flag[1:]}" in scripts[fish]
                assert flag.replace("-", "\\-") in page


def test_the_table_tells_what_is_wanted(table):
    play = next(command for command in table.commands if command.name == "play")
    assert play.usage.startswith("rig play [-h]") and play.about.startswith("Play")
    (argument,) = play.arguments
    assert argument.many and argument.value.presets and argument.value.endings == (".toml",)
    train = next(command for command in table.commands if command.name == "train")
    assert [option.flags for option in train.options if option.needed] == [("-o", "--output")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_that_its_shell_can_read(shell, capsys):
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert text.startswith(("# Completion of rig", "#compdef rig")) and "\t" not in text
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_one_ending_is_no_qualifier_of_a_glob_in_zsh(table):
    script = zsh.script(table)
    assert '_rig_presets "(#i)*.toml"' in script and '_rig_presets "(#i)*.(toml|json|nam|aidax)"' in script


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
def test_fish_completes(folder, table):
    script = folder.parent / "rig.fish"
    script.write_text(fish.script(table))
    home = {**os.environ, "HOME": str(folder)}

    def ask(line: str) -> set[str]:
        words = ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, env=home)
        assert (done.returncode, done.stderr) == (0, "")
        return {row.partition("\t")[0] for row in done.stdout.splitlines()}

    assert ask("rig pl") == {"play"}
    assert ask("rig play ") == SHIPPED | {"my amp", "friday.toml", "Loud.TOML", "models/"}
    assert ask("rig check am") == {"ambient", "amp.json", "amp.nam"}
    assert ask("rig play --he") == {"--help", "--headless"}
    assert ask("rig play blues --di ta") == {"take.wav"}
    assert ask("rig render x y --bits ") == {"24", "32"}


def test_the_manual_page_is_whole(table, capsys):
    assert main(["man"]) == 0
    page = capsys.readouterr().out
    assert page == man.page(table) and page.startswith(".TH RIG 1")
    sections = [line[4:] for line in page.splitlines() if line.startswith(".SH ")]
    assert sections == ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "FILES", "EXIT STATUS"]
    if shutil.which("groff"):
        done = subprocess.run(
            ["groff", "-man", "-Tascii", "-ww"], input=page, capture_output=True, text=True, timeout=30
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "play what was played last" in " ".join(done.stdout.split())


def test_every_command_has_examples_that_its_own_parser_takes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-amp").mkdir()  # a capture's folder
    for command in _table().commands:
        for example in command.examples:
            words = shlex.split(
                example.partition(";")[0].partition("|")[0].partition(">")[0].removeprefix('eval "$(').rstrip('")')
            )
            assert words[:2] == ["rig", command.name], example
            parser(COMMANDS).parse_args(words[1:])
