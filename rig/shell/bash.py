"""Completion for bash: `eval "$(rig completion bash)"`."""

from __future__ import annotations

import shlex

from rig.shell.table import Command, Table, Value
from rig.shipped import PRESETS

HEAD = r"""
# Completion of rig for bash. In ~/.bashrc: eval "$(rig completion bash)"

_rig_words() { # WORD...: those that begin as what was typed does
    local word
    for word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

_rig_presets() { # the names of presets and sets that are found by name; those of this folder are files
    local file own=${XDG_CONFIG_HOME:-$HOME/.config}/rig/presets
    compopt -o filenames 2>/dev/null # with blanks quoted
    for file in "$own"/*.toml SHIPPED/*.toml; do
        file=${file##*/} file=${file%.toml}
        [[ $file != '*' && " ${COMPREPLY[*]} " != *" $file "* ]] && _rig_words "$file"
    done
}

_rig_files() { # ENDING...: files that end so, or any, and folders
    local file ending
    compopt -o filenames 2>/dev/null
    (($#)) || set -- ''
    while IFS= read -r file; do
        for ending; do
            [[ ${file,,} == *"$ending" || -d $file ]] && COMPREPLY+=("$file") && break
        done
    done < <(compgen -f -- "$cur")
}

_rig_at() { # FLAG...: the number of the argument that is typed, where these flags take the word behind them
    local word flag skip=
    at=1
    for word in "${COMP_WORDS[@]:first:COMP_CWORD-first}"; do
        [[ $word == = ]] && continue
        if [[ $skip ]]; then
            skip=
        elif [[ $word == -* ]]; then
            for flag; do
                [[ $word == "$flag" ]] && skip=yes
            done
        else
            at=$((at + 1))
        fi
    done
}

_rig() {
    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= first at
    COMPREPLY=()
    if [[ $cur == = ]]; then # --di=...
        cur=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((first = 1; first < COMP_CWORD; first++)); do
        [[ ${COMP_WORDS[first]} == -* ]] || { command=${COMP_WORDS[first]} && break; }
    done
    first=$((first + 1))
    case $command in
""".lstrip("\n")
TAIL = """
    esac
}

complete -F _rig rig
"""


def script(table: Table) -> str:
    """What bash is to read."""
    flags = " ".join(flag for option in table.options for flag in option.flags)
    names = " ".join(command.name for command in table.commands)
    lines = [
        "'')",
        "    case $cur in",
        f"        -*) _rig_words {flags} ;;",
        f"        *) _rig_words {names}; _rig_files .toml ;;",
        "    esac",
        "    ;;",
    ]
    for command in table.commands:
        lines += _branch(command)
    shipped = shlex.quote(str(PRESETS))
    return HEAD.replace("SHIPPED", shipped) + "\n".join(f"        {line}" for line in lines) + TAIL


def _branch(command: Command) -> list[str]:
    taking = [option for option in command.options if option.value]
    name = f"{command.name} | *.toml" if command.name == "play" else command.name
    lines = [f"{name})"]
    if taking:
        lines += ["    case $before in"]
        lines += [f"        {' | '.join(o.flags)}) {_offer(o.value)}return ;;" for o in taking if o.value]
        lines += ["    esac"]
    flags = " ".join(flag for option in command.options for flag in option.flags)
    lines += [f"    [[ $cur == -* ]] && {{ _rig_words {flags}; return; }}"]
    if not command.arguments:
        return [*lines, "    ;;"]
    takes = " ".join(flag for option in taking for flag in option.flags)
    lines += [f"    _rig_at {takes}".rstrip(), "    case $at in"]
    for at, argument in enumerate(command.arguments, 1):
        place = f"{at}" if not argument.many or argument.value.words else "*"
        lines += [f"        {place}) {_offer(argument.value).rstrip('; ')} ;;"]
    return [*lines, "    esac", "    ;;"]


def _offer(value: Value) -> str:
    words = f"_rig_words {' '.join(map(shlex.quote, value.words))}; " if value.words else ""
    presets = "_rig_presets; " if value.presets else ""
    files = f"{' '.join(['_rig_files', *value.endings])}; " if value.files else ""
    return words + presets + files
