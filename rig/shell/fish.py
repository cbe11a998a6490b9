"""Completion for fish: `rig completion fish | source`."""

from __future__ import annotations

import re

from rig.shell.table import Command, Option, Table, Value
from rig.shipped import PRESETS

HEAD = r"""
# Completion of rig for fish. In ~/.config/fish/config.fish: rig completion fish | source

function __rig_presets # the names of presets and sets that are found by name; those of this folder are files
    set -l own ~/.config
    set -q XDG_CONFIG_HOME; and set own $XDG_CONFIG_HOME
    for file in $own/rig/presets/*.toml SHIPPED/*.toml
        string replace -r '.*/' '' -- $file | string replace -r '\.toml$' ''
    end
end

function __rig_files # ENDING...: files that end so, and folders
    for file in (__fish_complete_path (commandline -ct) | string replace -r '\t.*' '')
        string match -qri -- '/$|\.('(string join '|' $argv)')$' $file; and echo $file
    end
end

complete -c rig -f
""".lstrip("\n")


def script(table: Table) -> str:
    """What fish is to read."""
    lines = [f"complete -c rig -n __fish_use_subcommand {_flags(option)}" for option in table.options]
    for command in table.commands:
        lines += [f"complete -c rig -n __fish_use_subcommand -a {command.name} -d {_quoted(command.about)}"]
    lines += ["complete -c rig -n __fish_use_subcommand -k -a '(__rig_files toml)'"]
    for command in table.commands:
        lines += _command(command)
    return HEAD.replace("SHIPPED", _quoted(str(PRESETS))) + "\n".join(lines) + "\n"


def _command(command: Command) -> list[str]:
    given = f"complete -c rig -n '__fish_seen_subcommand_from {command.name}'"
    options = [f"{given} {_flags(option)}" for option in command.options]
    offers = dict.fromkeys(_offer(argument.value) for argument in command.arguments)
    return options + [f"{given} {offer}" for offer in offers if offer]


def _flags(option: Option) -> str:
    flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags)
    value = f" -r {_offer(option.value) or '-f'}" if option.value else ""
    return f"{flags}{value} -d {_quoted(option.about)}"


def _offer(value: Value) -> str:
    if value.words:
        return f"-f -a {_quoted(' '.join(value.words))}"
    offers = ["(__rig_presets)"] if value.presets else []
    offers += [f"(__rig_files {' '.join(ending[1:] for ending in value.endings)})"] if value.endings else []
    if offers:
        return f"-f -k -a {_quoted(' '.join(offers))}"
    return "-F" if value.files else ""


def _quoted(text: str) -> str:
    """In single quotes, in which fish knows two escapes."""
    return "'" + re.sub(r"([\\'])", r"\\\1", text) + "'"
