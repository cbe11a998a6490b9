"""Completion for zsh: `source <(rig completion zsh)`, or a file `_rig` in a folder of `$fpath`."""

from __future__ import annotations

import shlex

from rig.shell.table import Argument, Command, Option, Table, Value
from rig.shipped import PRESETS

HEAD = r"""
#compdef rig
# Completion of rig for zsh. In ~/.zshrc, after compinit: source <(rig completion zsh)

_rig_presets() { # the names of presets and sets that are found by name; those of this folder are files
    local -a names
    names=(${XDG_CONFIG_HOME:-$HOME/.config}/rig/presets/*.toml(N:t:r) SHIPPED/*.toml(N:t:r))
    compadd -a names
    _files -g "$1"
}

_rig() {
    local curcontext=$curcontext state line
    local -a commands
    commands=(
""".lstrip("\n")
MIDDLE = """
    )
    _arguments -C OPTIONS '1: :->command' '*:: :->argument'
    case $state in
        command)
            _describe command commands
            _files -g '(#i)*.toml'
            ;;
        argument)
            case $words[1] in
"""
TAIL = """
            esac
            ;;
    esac
}

if [[ $funcstack[1] == _rig ]]; then
    _rig "$@"
else
    compdef _rig rig
fi
"""


def script(table: Table) -> str:
    """What zsh is to read."""
    commands = "\n".join(f"        {shlex.quote(_plain(c.name) + ':' + c.about)}" for c in table.commands)
    options = " ".join(spec for option in table.options for spec in _option(option))
    branches = "\n".join(_branch(command) for command in table.commands)
    shipped = shlex.quote(str(PRESETS))
    return HEAD.replace("SHIPPED", shipped) + commands + MIDDLE.replace("OPTIONS", options) + branches + TAIL


def _branch(command: Command) -> str:
    name = f"{command.name} | *.toml" if command.name == "play" else command.name
    specs = [spec for option in command.options for spec in _option(option)]
    specs += [_argument(at, argument) for at, argument in enumerate(command.arguments, 1)]
    lines = " \\\n".join(f"                        {spec}" for spec in specs)
    return f"                {name})\n                    _arguments \\\n{lines}\n                    ;;"


def _option(option: Option) -> list[str]:
    value = f":{_plain(option.value.name)}:{_action(option.value)}" if option.value else ""
    others = f"({' '.join(option.flags)})" if len(option.flags) > 1 else ""
    about = _plain(option.about).replace("[", r"\[").replace("]", r"\]")
    return [shlex.quote(f"{others}{flag}{_joined(flag, value)}[{about}]{value}") for flag in option.flags]


def _joined(flag: str, value: str) -> str:
    """A value may follow a long flag with = or as the next word."""
    return "=" if value and flag.startswith("--") else ""


def _argument(at: int, argument: Argument) -> str:
    place = f"{at}" if not argument.many or argument.value.words else "*"
    return shlex.quote(f"{place}:{_plain(argument.value.name)}:{_action(argument.value)}")


def _action(value: Value) -> str:
    if value.words:
        return f"({' '.join(value.words)})"
    endings = [ending.removeprefix(".") for ending in value.endings]
    one_of = f"({'|'.join(endings)})" if len(endings) > 1 else "".join(endings)  # one in brackets were a qualifier
    files = f"(#i)*.{one_of}" if endings else "*"
    if value.presets:
        return f'{{_rig_presets "{files}"}}'
    return f'{{_files -g "{files}"}}' if value.files and endings else "_files" if value.files else " "


def _plain(text: str) -> str:
    """Without what ends a field."""
    return text.replace(":", r"\:")
