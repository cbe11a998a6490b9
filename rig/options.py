"""What may be written on the command line: each command's arguments and options, with examples."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from rig import __version__
from rig.errors import QUOTED, cut, did_you_mean, quoted
from rig.output import complain
from rig.tui.themes import THEMES

LOOPBACK = "127.0.0.1"
"""Where nobody but this machine can come to."""


def parser(functions: Sequence[Callable[[argparse.Namespace], int]]) -> argparse.ArgumentParser:
    """The command line of all commands. functions: one each, by whose names they are called, in order."""
    common = _Parser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show a traceback when something fails"
    )
    parser = _Parser(
        prog="rig",
        description="A live rig for guitarists in the terminal.",
        parents=[common],
        epilog="Begin with: rig play blues --di demo; rig COMMAND --help has more examples.",
    )
    parser.add_argument("--version", action="version", version=f"rig {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)

    of = {function.__name__: function for function in functions}

    def command(name: str, *examples: str) -> argparse.ArgumentParser:
        function = of[name]
        sub = commands.add_parser(
            name,
            help=function.__doc__,
            description=function.__doc__,
            epilog="\n  ".join(["Examples:", *examples]),
            parents=[common],
            formatter_class=_Help,
        )
        sub.set_defaults(function=function, examples=examples)
        return sub

    sub = command(
        "play",
        "rig play",
        "rig play --resume",
        "rig play blues --amp Crunch",
        "rig play friday.toml --watch",
        "rig play rock --di demo",
    )
    sub.add_argument(
        "preset",
        type=there,
        nargs="*",
        metavar="PRESET|SET",
        help="what is played, song by song: presets (files, or names of yours or of those that ship), folders of them, "
        "or a set, a file with songs; none: rig lists what it finds, and asks",
    )
    sub.add_argument(
        "--resume",
        action="store_true",
        help="play what was played last: the same song, amp and output level; other options are as given now",
    )
    sub.add_argument("--amp", metavar="N|NAME[:SCENE]", help="the amp to start with (default: the first)")
    sub.add_argument("--name", type=_client, default="rig", metavar="CLIENT", help="our name in JACK (default: rig)")
    sub.add_argument("--server", metavar="NAME", help="the JACK server to use, one that runs (default: JACK's own)")
    sub.add_argument("--no-connect", action="store_true", help="leave all ports unconnected")
    sub.add_argument(
        "--di",
        type=there,
        metavar="FILE",
        help="loop a recording into the rig instead of a guitar; demo is the one that ships",
    )
    sub.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="record what is heard into a .wav or .flac, and the dry guitar beside it",
    )
    sub.add_argument(
        "--keep",
        type=_number_of("minutes", 0, 60),
        metavar="MINUTES",
        help="of all that is heard, always kept in memory for the key k to write down (default: 10, or what fits into "
        "an eighth of the memory; a minute takes 35 MB at 48 kHz); 0: none",
    )
    sub.add_argument(
        "--loop",
        type=_number_of("minutes", 0, 60),
        default=5.0,
        metavar="MINUTES",
        help="that a loop and its layers have in all (default: 5; a minute takes 12 MB at 48 kHz); 0: no looper",
    )
    sub.add_argument(
        "--leave-nothing-out",
        action="store_true",
        help="play every engine and every tail also where the period has no time for it: periods are missed then",
    )
    sub.add_argument(
        "--watch", action="store_true", help="play presets, models and cabinets anew when their files change"
    )
    sub.add_argument(
        "--osc",
        type=_osc,
        metavar="[HOST:]PORT",
        help="hear OSC there, too, from this machine alone unless a HOST says otherwise: /rig/amp 2",
    )
    _theme(sub)
    shown = sub.add_mutually_exclusive_group()
    shown.add_argument("--headless", action="store_true", help="no screen: verbs on stdin, JSON lines on stdout")
    shown.add_argument("--plain", action="store_true", help="no screen: short plain lines, for a screen reader")
    shown.add_argument("--daemon", action="store_true", help="in the background: see rig attach and rig send")
    sub.add_argument("--save-on-quit", action="store_true", help="headless, daemon: save what was changed in the end")

    sub = command("attach", "rig attach", "rig attach --name rig-2", "rig attach --web")
    sub.add_argument("--name", metavar="CLIENT", help="the rig, where several run")
    _theme(sub)
    where = sub.add_mutually_exclusive_group()
    where.add_argument("--plain", action="store_true", help="in plain lines, as without a terminal")
    where.add_argument(
        "--web",
        type=_web,
        nargs="?",
        const=(LOOPBACK, 8000),
        metavar="[ADDRESS:]PORT",
        help="in a browser, through textual-serve (default: port 8000, for this machine alone)",
    )

    sub = command("send", "rig send amp 2", "rig send mute on", "rig send help")
    sub.add_argument("--name", metavar="CLIENT", help="the rig, where several run")
    sub.add_argument("--json", action="store_true", help="for programs")
    sub.add_argument("verb", nargs="+", metavar="VERB", help="as in the headless mode: amp 2, mute on")

    sub = command(
        "render", "rig render blues di.wav lead.wav --amp Lead", "rig render my-amp.nam di.wav wet.flac --bits 24"
    )
    sub.add_argument(
        "source",
        type=there,
        metavar="PRESET|SET|MODEL|KEPT",
        help="a preset or a set (.toml), a model of any family, or a folder that the key k has written, "
        "which is played again",
    )
    sub.add_argument(
        "input", type=there, nargs="?", metavar="IN", help="the dry recording: WAV, FLAC ...; of a KEPT, none"
    )
    sub.add_argument("output", type=Path, metavar="OUT", help="the .wav or .flac file to write")
    sub.add_argument("--song", metavar="N|NAME", help="the set's song (default: the first)")
    sub.add_argument(
        "--amp", metavar="N|NAME[:SCENE]", help="the preset's amp (default: the first, of a song its first part)"
    )
    sub.add_argument("--block", type=_block, default=64, metavar="N", help="frames a period (default: 64)")
    sub.add_argument(
        "--bits", type=int, choices=(24, 32), default=32, help="24, or 32 for float (default: 32); a .flac has 24"
    )
    sub.add_argument("--force", action="store_true", help="write over OUT where it is there")

    sub = command(
        "capture", "rig capture -o my-amp", "rig capture -o my-amp --send system:playback_1 --return system:capture_1"
    )
    from rig.capture import options as capturing

    capturing.add_arguments(sub)

    sub = command(
        "train", "rig train my-amp -o my-amp.json --dry-run", "rig train dry.wav wet.wav -o my-amp.json --minutes 10"
    )
    from rig.train import command as training  # its arguments only; torch comes with run()

    training.add_arguments(sub)

    sub = command("info", "rig info blues", "rig info presets/models/small-combo-clean.json", "rig info my-models")
    sub.add_argument(
        "file",
        type=there,
        metavar="PRESET|SET|FILE|FOLDER",
        help="a preset, a set, a model, a recording; a folder of models",
    )
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command("convert", "rig convert my-amp.json my-amp.nam", "rig convert my-amp.nam my-amp.json --force")
    sub.add_argument("input", type=there, metavar="IN", help="a model of either kind")
    sub.add_argument("output", type=Path, metavar="OUT", help="the model to write: .nam, or .json for GuitarML's")
    sub.add_argument("--force", action="store_true", help="write over OUT where it is there")

    sub = command("check", "rig check friday.toml", "rig check my-presets --match --dry-run", "rig check blues --match")
    sub.add_argument(
        "preset", type=there, nargs="+", metavar="PRESET|SET|MODEL", help="what is to be played; a folder of presets"
    )
    sub.add_argument(
        "--match", action="store_true", help="write levels into the presets that make all amps and scenes equally loud"
    )
    sub.add_argument("--dry-run", action="store_true", help="with --match: say which, and write nothing")
    sub.add_argument(
        "--di",
        type=there,
        metavar="FILE",
        help="with --match: your own dry guitar, of which the first minute is played (default: the take that ships)",
    )
    sub.add_argument(
        "--target",
        type=_number_of("LUFS", -60, 0),
        metavar="LUFS",
        help="with --match: how loud, each side by itself (default: -20)",
    )
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command(
        "abx",
        "rig abx blues:Crunch blues:Lead",
        "rig abx my-amp.json wet.wav --di dry.wav --from 30",
        "rig abx one.nam two.nam --trials 10",
    )
    sound = "a model, PRESET:AMP[:SCENE], a preset (its first amp) or a recording"
    sub.add_argument("a", type=there, metavar="A", help=sound)
    sub.add_argument("b", type=there, metavar="B", help="the same, of the other")
    sub.add_argument(
        "--di",
        type=there,
        metavar="FILE",
        help="the dry guitar that plays through models and amps (default: the take that ships)",
    )
    sub.add_argument(
        "--from",
        dest="begin",
        type=_number_of("seconds", 0, 14400),
        default=0.0,
        metavar="S",
        help="where in it, and in recordings, what is heard begins (default: 0)",
    )
    sub.add_argument(
        "--seconds",
        type=_number_of("seconds", 0.5, 120),
        default=15.0,
        metavar="S",
        help="that are heard, over and over (default: 15)",
    )
    sub.add_argument("--trials", type=_trials, default=16, metavar="N", help="how often is asked (default: 16)")
    sub.add_argument("--seed", type=int, metavar="N", help="toss the coins as once before")
    sub.add_argument("--server", metavar="NAME", help="the JACK server to use (default: JACK's own)")
    sub.add_argument(
        "--out", action="append", metavar="PORT", help="where it is heard (default: the first two outputs)"
    )

    sub = command("bench", "rig bench", "rig bench blues --paced")
    sub.add_argument("source", type=there, nargs="*", metavar="MODEL|PRESET", help="default: the shipped models")
    sub.add_argument("--block", type=_blocks, default=(16, 64, 256), metavar="N,N", help="frames (default: 16,64,256)")
    sub.add_argument("--isa", metavar="NAME|all", help="the instruction set (default: the best this machine has)")
    sub.add_argument(
        "--seconds",
        type=_number_of("seconds", 0.1, 3600),
        default=3.0,
        metavar="S",
        help="of audio for each row, with --train of time (default: 3)",
    )
    paced = "also one block a period and sleep between, as JACK runs it; takes as long as it plays"
    sub.add_argument("--paced", action="store_true", help=paced)
    sub.add_argument("--train", action="store_true", help="what rig train's steps cost, in place of what playing does")
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command("doctor", "rig doctor", "rig doctor blues", "rig doctor --last")
    fitting = "also say into which period these fit, and how much room they leave"
    sub.add_argument("source", type=there, nargs="*", metavar="PRESET|SET|MODEL", help=fitting)
    sub.add_argument("--fits", action="store_true", help="the same of all presets that ship")
    sub.add_argument("--last", action="store_true", help="instead, tell what went wrong in the last gig")
    sub.add_argument("--server", metavar="NAME", help="the JACK server to look at (default: JACK's own)")
    sub.add_argument(
        "--loopback", action="store_true", help="measure the latency through a cable from an output to an input"
    )
    sub.add_argument("--send", metavar="PORT", help="where that cable begins (default: the sound card's first output)")
    sub.add_argument(
        "--return", dest="back", metavar="PORT", help="and where it ends (default: the sound card's first input)"
    )
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command("engines", "rig engines", "rig engines --lv2 guitarix reverb")
    sub.add_argument(
        "--lv2",
        nargs="*",
        metavar="WORD",
        help="the installed LV2 plug-ins whose name, class or URI has all words; one alone with its knobs",
    )
    sub.add_argument("--json", action="store_true", help="for programs")

    sub = command("completion", "rig completion fish | source", 'eval "$(rig completion bash)"')
    sub.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")

    sub = command("unit", "rig unit > ~/.config/systemd/user/rig.service", "rig unit friday.toml")
    sub.add_argument(
        "preset", type=there, nargs="*", metavar="PRESET|SET", help="what it plays (default: what was played last)"
    )

    command("man", "rig man | man -l -", "rig man > ~/.local/share/man/man1/rig.1")
    return parser


class _Parser(argparse.ArgumentParser):
    """argparse, but wrong use is one line that names what would be right."""

    def error(self, message: str) -> NoReturn:
        most = QUOTED + len("unrecognized arguments: ")
        message = message if len(message) <= most or not message.startswith("unrecognized") else f"{message[:most]}..."
        complain(f"{message}; see {self.prog} --help")
        raise SystemExit(2)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            known = f"; known: {', '.join(action.choices)}"
            raise argparse.ArgumentError(
                None, f"no command {quoted(value)}{did_you_mean(str(value), action.choices) or known}"
            )
        super()._check_value(action, value)


class _Help(argparse.HelpFormatter):
    """argparse's, but lines that are set in stay lines of their own."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        lines = text.splitlines()
        return "\n".join(line if line.startswith(" ") else fill(line, width, indent) for line in lines)


def there(text: str) -> Path:
    """A path that is read, as the disk spells it."""
    from rig.files import spelled

    return spelled(Path(text))


def _web(text: str) -> tuple[str, int]:
    """ "8000", "0.0.0.0:8000", "[::]:8000"."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no port, nor an address and one: 0.0.0.0:8000")
    return host.strip("[]") or LOOPBACK, int(port)


def _block(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65536:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no whole number from 1 to 65536")
    return int(text)


def _trials(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no whole number from 1 to 1000")
    return int(text)


def _client(text: str) -> str:
    """A name that JACK gives a client as it stands; 63 bytes are all that it keeps."""
    if not 1 <= len(text.encode()) <= 63 or ":" in text or not text.isprintable() or text != text.strip():
        raise argparse.ArgumentTypeError(f"'{cut(text)}' is no name for JACK: 1 to 63 letters, and no colon")
    return text


def _theme(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--theme",
        choices=list(THEMES),
        help="the colours of the screen (default: RIG_THEME, or as ctrl+t on the screen had it last)",
    )


def _osc(text: str) -> tuple[str, int]:
    """(host, port); the host is this machine alone where none is named."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdecimal() or not 1 <= int(port[:6]) < 1 << 16:
        raise argparse.ArgumentTypeError(f"'{cut(text)}' is no port: 9000, or HOST:9000 to be heard from elsewhere")
    return host.strip("[]") or "127.0.0.1", int(port)


def _blocks(text: str) -> tuple[int, ...]:
    return tuple(_block(part) for part in text.split(","))


def _number_of(unit: str, low: float, high: float) -> Callable[[str], float]:
    """Reads a number of that from `low` to `high`."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{quoted(text)} is no number of {unit} from {low:g} to {high:g}")
        return number

    return read
