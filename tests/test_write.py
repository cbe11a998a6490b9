"""Writing a preset back: the text changes where the preset did, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_edits import Edits
from random_layouts import Layout
from random_presets import ENGINES, FOLDER, Chance

from rig import toml
from rig.document.document import Amp, Binding, EngineSpec, Midi, Pick, Preset, Scene, Target, Wiring, alike
from rig.document.read import examine_text
from rig.document.writing import fresh, rewritten
from rig.document.writing.tree import scan
from rig.errors import RigError

PATH = FOLDER / "night.toml"
PRESETS = Path(__file__).resolve().parent.parent / "presets"

NIGHT = """\
# A night.
name = "Night"

[input]
chain = [{ engine = "gain", gain = -0.50 }]   # quieter

[[amp]]
name = "Clean"
level = -5.50
chain = [
  { engine = "gain", gain = 3 }, # turn this one
  # the amp itself
  { engine = "wavenet", model = "models/clean.json" }, # mine

  { engine = "eq", bass = 1.5, treble = -1 },
]

# The loud one.
[[amp]]
name = 'Lead' # solos
chain = [
  {engine="gain",gain=6},
  {model="models/lead.json"}
]

[output]
chain = [{ ir = "cabs/open.wav" }]
"""

HEADERS = """\
name = "Night"

[[amp]]
name  = "Clean"
level = -3

# first
[[amp.chain]]
engine = "gain"
gain   = 3 # turn

# second
[[amp.chain]]
engine = "eq"

[[amp.scene]]
name = "Solo"
level = 3
set = { "gain.on" = false }

[[amp]]
name = "Lead"
chain = []
"""


def read(text: str, path: Path = PATH) -> Preset:
    preset, faults = examine_text(path, text, ENGINES, files=False)
    assert preset is not None and not faults, faults
    return preset


def write(text: str, before: Preset, after: Preset) -> str:
    """What `rewritten` gives, which reads as `after`; and from there it finds back."""
    new = rewritten(text, before, after, ENGINES)
    assert alike(read(new, after.path), after)
    assert alike(read(rewritten(new, after, before, ENGINES)), before)
    return new


def amp(preset: Preset, index: int, **fields: object) -> Preset:
    amps = list(preset.amps)
    amps[index] = replace(amps[index], **fields)
    return replace(preset, amps=tuple(amps))


def engine(preset: Preset, index: int, place: int, **fields: object) -> Preset:
    chain = list(preset.amps[index].chain)
    chain[place] = replace(chain[place], **fields)
    return amp(preset, index, chain=tuple(chain))


def lines(text: str, *, gone: tuple[str, ...] = (), new: tuple[tuple[str, str], ...] = ()) -> str:
    """A text with lines taken out, and with lines put behind others."""
    for line in gone:
        assert text.count(f"{line}\n") == 1, line
        text = text.replace(f"{line}\n", "")
    for after, line in new:
        assert text.count(f"{after}\n") == 1, after
        text = text.replace(f"{after}\n", f"{after}\n{line}\n")
    return text


# ---- nothing


@pytest.mark.parametrize("text", [NIGHT, HEADERS, NIGHT[:-1], NIGHT.replace("\n", "\r\n")])
def test_what_did_not_change_is_the_same_string(text):
    preset = read(text)
    assert rewritten(text, preset, preset, ENGINES) is text
    on = amp(read(HEADERS), 0, scene="Solo")
    assert rewritten(HEADERS, replace(on, uid=1), on, ENGINES) is HEADERS, "no file says which scene is on"


def test_a_text_is_the_tree_of_it():
    text = '\ufeff# \u2028\r\n a . \'b\' = [ # x\n [1,2] # y\n ,{c={}, d="""]\\"""""},\t]\n\n[ x . "]" ] # z\n#e'
    assert str(scan(text[1:])) == text[1:]


# ---- engines' keys


def test_a_knob_changes_its_number_alone():
    preset = read(NIGHT)
    assert write(NIGHT, preset, engine(preset, 0, 2, params={"bass": -5.5, "treble": -1.0})) == NIGHT.replace(
        "bass = 1.5", "bass = -5.5"
    )
    assert write(NIGHT, preset, engine(preset, 1, 0, params={"gain": 2.25})) == NIGHT.replace("gain=6", "gain=2.25")


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (2, "bass = 1.5, treble = -1", "treble = -1"),
        (2, "bass = 1.5, treble = -1", "bass = 1.5"),
        (2, '"eq", bass = 1.5, treble = -1', '"eq"'),
        (1, 'clean.json" }', 'clean.json", level = -3, normalize = true, voice = "bright" }'),
        (1, '{ engine = "wavenet", model = "models/clean.json" }', '{ model = "models/clean.json", level = 4 }'),
    ],
)
def test_knobs_come_in_their_order_and_go(place, old, new):
    preset = read(NIGHT)
    other = read(NIGHT.replace(old, new)).amps[0].chain[place]
    wanted = engine(preset, 0, place, params=other.params, settings=other.settings)
    text = write(NIGHT, preset, wanted)
    if '"wavenet"' in old:
        assert text == NIGHT.replace('clean.json"', 'clean.json", level = 4')
    else:
        assert text == NIGHT.replace(old, new)
        assert rewritten(text, wanted, preset, ENGINES) == NIGHT


def test_a_compact_table_stays_compact():
    preset = read(NIGHT)
    wanted = engine(preset, 1, 1, params={"level": -3.0}, settings={"quality": 0.5})
    assert write(NIGHT, preset, wanted) == NIGHT.replace('lead.json"', 'lead.json", level=-3, quality=0.5')


def test_switched_off_and_on():
    preset = read(NIGHT)
    off = engine(preset, 0, 0, on=False)
    text = NIGHT.replace("gain = 3 }", "gain = 3, on = false }")
    assert write(NIGHT, preset, off) == text
    assert rewritten(text, off, preset, ENGINES) == NIGHT
    stood = NIGHT.replace("gain = 3 }", "gain = 3, on = true }")
    preset = read(stood)
    assert write(stood, preset, engine(preset, 0, 0, params={"gain": 4.0})) == stood.replace("gain = 3,", "gain = 4,")
    assert write(stood, preset, engine(preset, 0, 0, on=False)) == stood.replace("on = true", "on = false")


def test_keys_in_a_table_of_their_own():
    preset = read(HEADERS)
    assert write(HEADERS, preset, engine(preset, 0, 0, params={"gain": -5.0}, on=False)) == HEADERS.replace(
        "gain   = 3 # turn\n", "gain   = -5 # turn\non     = false\n"
    )
    assert write(HEADERS, preset, engine(preset, 0, 0, params={})) == lines(HEADERS, gone=("gain   = 3 # turn",))
    assert write(HEADERS, preset, amp(preset, 0, key="2")) == lines(HEADERS, new=(('name  = "Clean"', 'key   = "2"'),))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (3.0, "3"),
        (-5.5, "-5.5"),
        (0.35, "0.35"),
        (0.1 + 0.2, "0.30000000000000004"),
        (-0.0, "0"),
        (1e-7, "1e-07"),
        (1234567.0, "1234567"),
        (2, "2"),
    ],
)
def test_numbers_are_short_and_the_same(number, written):
    assert toml.number(number) == written


def test_strings_can_be_read():
    text = 'a "b" \\ \n \x00 \x1f \x7f ü \u2028'
    assert toml.string(text) == '"a \\"b\\" \\\\ \\n \\u0000 \\u001f \\u007f ü \u2028"'
    assert toml.key("a-1", "b c", "ü") == 'a-1."b c"."ü"'


# ---- engines of a chain


def chain(preset: Preset, index: int, *places: int | EngineSpec) -> Preset:
    """An amp's engines by their places, and new ones."""
    old = preset.amps[index].chain
    return amp(preset, index, chain=tuple(old[p] if isinstance(p, int) else p for p in places))


NEW = EngineSpec("tremolo", {"shape": 1.0}, label="tremolo")
LINE = '  { engine = "tremolo", shape = "square" },'


def test_an_engine_comes_on_a_line_of_its_own():
    preset = read(NIGHT)
    assert write(NIGHT, preset, chain(preset, 0, 0, 1, 2, NEW)) == lines(
        NIGHT, new=(('  { engine = "eq", bass = 1.5, treble = -1 },', LINE),)
    )
    assert write(NIGHT, preset, chain(preset, 0, 0, NEW, 1, 2)) == lines(
        NIGHT, new=(('  { engine = "gain", gain = 3 }, # turn this one', LINE),)
    )
    first = NIGHT.replace("= -5.50\nchain = [\n", f"= -5.50\nchain = [\n{LINE}\n")
    assert write(NIGHT, preset, chain(preset, 0, NEW, 0, 1, 2)) == first


def test_a_last_engine_has_a_comma_where_the_last_had_one():
    preset = read(NIGHT)
    assert write(NIGHT, preset, chain(preset, 1, 0, 1, NEW)) == NIGHT.replace(
        '  {model="models/lead.json"}\n', '  {model="models/lead.json"},\n' + LINE[:-1] + "\n"
    )
    assert write(NIGHT, preset, chain(preset, 1, 0)) == NIGHT.replace("gain=6},\n", "gain=6}\n").replace(
        '  {model="models/lead.json"}\n', ""
    )


def test_an_engine_comes_on_the_line_that_is_there():
    preset = read(NIGHT)
    wanted = replace(preset, output=(*preset.output, NEW))
    assert write(NIGHT, preset, wanted) == NIGHT.replace(
        'open.wav" }]', 'open.wav" }, { engine = "tremolo", shape = "square" }]'
    )
    wanted = replace(preset, output=(NEW, *preset.output))
    assert write(NIGHT, preset, wanted) == NIGHT.replace(
        "[{ ir = ", '[{ engine = "tremolo", shape = "square" }, { ir = '
    )
    wanted = replace(preset, output=(EngineSpec("eq", label="eq"),))
    assert write(NIGHT, preset, wanted) == NIGHT.replace('{ ir = "cabs/open.wav" }', '{ engine = "eq" }')


def test_a_line_that_is_too_wide_already_stays_one():
    wide = ", ".join(f'{{ id = "eq-{i}", engine = "eq", bass = {i}, treble = -1 }}' for i in range(4))
    text = f'[[amp]]\nname = "A"\nchain = [{wide}]\n'
    preset = read(text)
    assert write(text, preset, chain(preset, 0, 0, 1, 2, 3, NEW)) == text.replace("}]", f"}}, {LINE[2:-1]}]")


def test_a_line_that_gets_too_wide_becomes_several():
    preset = read(NIGHT)
    more = [EngineSpec("eq", {"bass": 1.0, "treble": 2.0}, label=label) for label in ("eq", "eq2", "eq3")]
    wanted = replace(preset, output=(*preset.output, *more))
    line = '  { engine = "eq", bass = 1, treble = 2 },\n'
    assert write(NIGHT, preset, wanted) == NIGHT.replace(
        '[{ ir = "cabs/open.wav" }]', '[\n  { ir = "cabs/open.wav" },\n' + 3 * line + "]"
    )


def test_an_engine_goes_with_the_comment_behind_it_and_not_with_the_line_above():
    preset = read(NIGHT)
    assert write(NIGHT, preset, chain(preset, 0, 1, 2)) == lines(
        NIGHT, gone=('  { engine = "gain", gain = 3 }, # turn this one',)
    )
    gone = '  { engine = "wavenet", model = "models/clean.json" }, # mine'
    assert write(NIGHT, preset, chain(preset, 0, 0, 2)) == lines(NIGHT, gone=(gone,))
    assert write(NIGHT, preset, chain(preset, 0)) == NIGHT.split('  { engine = "gain", gain = 3 }')[0] + (
        "  # the amp itself\n]\n\n# The loud one." + NIGHT.split("# The loud one.")[1]
    )
    assert write(NIGHT, preset, chain(preset, 1)) == NIGHT.replace(
        '[\n  {engine="gain",gain=6},\n  {model="models/lead.json"}\n]', "[]"
    )


def test_an_engine_moves_with_its_comments():
    preset = read(NIGHT)
    gain, above, model = (
        '  { engine = "gain", gain = 3 }, # turn this one\n',
        "  # the amp itself\n",
        '  { engine = "wavenet", model = "models/clean.json" }, # mine\n',
    )
    assert write(NIGHT, preset, chain(preset, 0, 1, 0, 2)) == NIGHT.replace(gain + above + model, above + model + gain)
    assert write(NIGHT, preset, chain(preset, 1, 1, 0)) == NIGHT.replace(
        '  {engine="gain",gain=6},\n  {model="models/lead.json"}\n',
        '  {model="models/lead.json"},\n  {engine="gain",gain=6}\n',
    )


def test_an_only_comment_and_odd_commas_survive():
    text = '[[amp]]\nname = "A"\nchain = [ # none\n  # yet\n]\n'
    preset = read(text)
    assert write(text, preset, chain(preset, 0, NEW)) == text.replace("yet\n", f"yet\n{LINE}\n")
    text = '[[amp]]\nname = "A"\nchain = [\n  { engine = "gain" } # one\n  , { engine = "eq" } # two\n  ]\n'
    preset = read(text)
    swapped = '[[amp]]\nname = "A"\nchain = [\n  { engine = "eq" }, # two\n  { engine = "gain" } # one\n  ]\n'
    assert write(text, preset, chain(preset, 0, 1, 0)) == swapped


@pytest.mark.parametrize("array", ["[]", "[ ]", "[\n]"])
def test_the_first_engine_of_a_chain(array):
    text = f'[[amp]]\nname = "A"\nchain = {array}\n'
    preset = read(text)
    found = write(text, preset, chain(preset, 0, NEW))
    inside = f"[\n{LINE}\n]" if "\n" in array else f"[{LINE[2:-1]}]"
    assert found == text.replace(array, inside)


def test_engines_with_headers():
    preset = read(HEADERS)
    first, second = (
        HEADERS[HEADERS.index("# first") : HEADERS.index("# second")],
        HEADERS[HEADERS.index("# second") : HEADERS.index("[[amp.scene]]")],
    )
    assert write(HEADERS, preset, chain(preset, 0, 1, 0)) == HEADERS.replace(first + second, second + first)
    new = '[[amp.chain]]\nengine = "tremolo"\nshape = "square"\n\n'
    assert write(HEADERS, preset, chain(preset, 0, 0, NEW, 1)) == HEADERS.replace(second, new + second)
    assert write(HEADERS, preset, chain(preset, 0, 0, 1, NEW)) == HEADERS.replace(second, second + new)
    assert write(HEADERS, preset, chain(preset, 0, NEW, 0, 1)) == HEADERS.replace(first, new + first)
    assert write(HEADERS, preset, chain(preset, 0, 0)) == HEADERS.replace(second, "# second\n\n")
    bare = amp(chain(preset, 0), 0, scenes=())
    none = HEADERS.replace("level = -3\n", "level = -3\nchain = []\n").replace(
        first + second, "# first\n\n# second\n\n"
    )
    solo = HEADERS[HEADERS.index("[[amp.scene]]") : HEADERS.index('[[amp]]\nname = "Lead"')]
    assert write(HEADERS, preset, bare) == none.replace(solo, "")


def test_branches():
    text = '[[amp]]\nname = "A"\nchain = [\n  { engine = "blend", a = [{ engine = "gain" }], b = [{ engine = "eq" }], mix = 0.3 }, # both\n]\n'
    preset = read(text)
    new = replace(NEW, branch="b")
    assert write(text, preset, chain(preset, 0, 0, 1, new, 2)) == text.replace(
        '"eq" }]', '"eq" }, { engine = "tremolo", shape = "square" }]'
    )
    assert write(text, preset, chain(preset, 0, 0, 2)) == text.replace(', b = [{ engine = "eq" }]', "")
    moved = [replace(spec, branch="") for spec in preset.amps[0].chain[:2]]
    flat = write(text, preset, chain(preset, 0, *moved))
    assert flat == '[[amp]]\nname = "A"\nchain = [\n  { engine = "gain" },\n  { engine = "eq" },\n]\n'
    assert rewritten(flat, chain(preset, 0, *moved), preset, ENGINES) == text.replace(" # both", "")


# ---- ids


def test_an_id_comes_where_a_reader_would_call_an_engine_otherwise():
    preset = read(NIGHT)
    boost = EngineSpec("gain", {"gain": 9.0}, label="boost")
    text = write(NIGHT, preset, chain(preset, 1, boost, 0, 1))
    assert text == NIGHT.replace(
        '  {engine="gain",gain=6},',
        '  { id = "boost", engine = "gain", gain = 9 },\n  {id="gain",engine="gain",gain=6},',
    )
    last = EngineSpec("gain", {"gain": 9.0}, label="gain2")
    text = write(NIGHT, preset, chain(preset, 1, 0, 1, last))
    assert "id" not in text
    text = write(NIGHT, preset, engine(preset, 0, 0, label="boost"))
    assert text == NIGHT.replace('{ engine = "gain", gain = 3 }', '{ id = "boost", engine = "gain", gain = 3 }')
    preset = read(text)
    assert write(text, preset, engine(preset, 0, 0, label="lead")) == text.replace('"boost"', '"lead"')


# ---- amps


def test_what_an_amp_says_of_itself():
    preset = read(NIGHT)
    wanted = amp(preset, 0, name='Clean "2"', level=3.0)
    assert write(NIGHT, preset, wanted) == NIGHT.replace('"Clean"', '"Clean \\"2\\""').replace("-5.50", "3")
    wanted = amp(preset, 1, level=-2.5, key="4")
    assert write(NIGHT, preset, wanted) == NIGHT.replace("# solos\n", '# solos\nkey = "4"\nlevel = -2.5\n')


ADDED = """
[[amp]]
name = "New"
key = "7"
chain = [
  { model = "models/new.json", level = -3 },
]
"""


def added(preset: Preset) -> Amp:
    spec = EngineSpec("model", {"level": -3.0}, {"model": FOLDER / "models/new.json"}, label="model")
    return Amp("New", (spec,), 0.0, "7")


def test_an_amp_comes_behind_the_last_or_where_it_stands():
    preset = read(NIGHT)
    assert write(NIGHT, preset, replace(preset, amps=(*preset.amps, added(preset)))) == NIGHT.replace(
        "\n[output]", f"{ADDED}\n[output]"
    )
    assert write(NIGHT, preset, replace(preset, amps=(added(preset), *preset.amps))) == NIGHT.replace(
        '\n[[amp]]\nname = "Clean"', f'{ADDED}\n[[amp]]\nname = "Clean"'
    )
    wanted = replace(preset, amps=(preset.amps[0], added(preset), preset.amps[1]))
    assert write(NIGHT, preset, wanted) == NIGHT.replace("\n# The loud one.", f"{ADDED}\n# The loud one.")


def test_amps_change_places_and_go():
    preset = read(NIGHT)
    clean, lead = (
        NIGHT[NIGHT.index("[[amp]]") : NIGHT.index("# The loud")],
        NIGHT[NIGHT.index("# The loud") : NIGHT.index("[output]")],
    )
    assert write(NIGHT, preset, replace(preset, amps=preset.amps[::-1])) == NIGHT.replace(clean + lead, lead + clean)
    assert write(NIGHT, preset, replace(preset, amps=preset.amps[:1])) == NIGHT.replace(lead, "")
    assert write(NIGHT, preset, replace(preset, amps=preset.amps[1:])) == NIGHT.replace(clean, "")
    preset = read(HEADERS)
    clean, lead = (
        HEADERS[HEADERS.index("[[amp]]") : HEADERS.index('[[amp]]\nname = "Lead"')],
        HEADERS[HEADERS.index('[[amp]]\nname = "Lead"') :],
    )
    assert write(HEADERS, preset, replace(preset, amps=preset.amps[::-1])) == HEADERS.replace(
        clean + lead, lead + "\n" + clean[:-1]
    )


def test_amps_in_brackets():
    text = "amp = [\n  { name = 'A', chain = [] }, # one\n  { name = 'B', chain = [{ engine = 'gain' }] }, # two\n]\n"
    preset = read(text)
    a, b = preset.amps
    assert write(text, preset, replace(preset, amps=(b, a))) == (
        "amp = [\n  { name = 'B', chain = [{ engine = 'gain' }] }, # two\n  { name = 'A', chain = [] }, # one\n]\n"
    )
    wanted = replace(preset, amps=(a, b, Amp("C", (NEW,), -2.0)))
    assert write(text, preset, wanted) == text.replace(
        "two\n", 'two\n  { name = "C", level = -2, chain = [{ engine = "tremolo", shape = "square" }] },\n'
    )


APART = """\
[[amp]]
name = "A"
chain = []

[midi]
cc = { 1 = "B.level" }

[[amp.scene]]
name = "S"

[[amp]]
name = "B"

[output]
chain = []

[[amp.chain]]
engine = "eq"
[[amp.chain]]
engine = "gain"
"""


def test_tables_of_an_amp_that_stand_apart():
    preset = read(APART)
    a, b = preset.amps
    assert write(APART, preset, replace(preset, amps=(b,))) == APART[APART.index("[midi]") :].replace(
        '[[amp.scene]]\nname = "S"\n\n', ""
    )
    assert write(APART, preset, replace(preset, amps=(a,), midi=Midi())) == APART[: APART.index("[midi]")] + (
        '[[amp.scene]]\nname = "S"\n\n[output]\nchain = []\n'
    )
    new = '\n[[amp]]\nname = "C"\nchain = [\n  { engine = "tremolo", shape = "square" },\n]\n'
    assert write(APART, preset, replace(preset, amps=(a, b, Amp("C", (NEW,))))) == APART + new
    more = amp(preset, 0, scenes=(*a.scenes, Scene("T", 2.0)))
    assert write(APART, preset, more) == APART.replace('"S"\n', '"S"\n\n[[amp.scene]]\nname = "T"\nlevel = 2\n')
    assert write(APART, preset, chain(preset, 1, 1, 0)) == APART.replace('"eq"', '"x"').replace(
        '"gain"', '"eq"'
    ).replace('"x"', '"gain"')
    write(APART, preset, replace(preset, amps=(b, a)))


def test_indented_headers_and_blank_lines_stay():
    text = '\n  [[amp]]\n  name = "A"\n  chain = []\n'
    preset = read(text)
    new = '[[amp]]\nname = "B"\nchain = []\n'
    assert write(text, preset, replace(preset, amps=(Amp("B", ()), *preset.amps))) == f"\n  {new}{text}"
    assert write(text, preset, amp(preset, 0, level=2.0)) == text.replace('"A"\n', '"A"\n  level = 2\n')


# ---- scenes


def test_scenes_come_go_and_change():
    preset = read(HEADERS)
    clean = preset.amps[0]
    (solo,) = clean.scenes
    gain, eq = clean.chain
    wanted = replace(solo, name="Loud", level=0.0, values={Target(gain.uid, "on"): 1.0, Target(eq.uid, "bass"): 2.0})
    assert write(HEADERS, preset, amp(preset, 0, scenes=(wanted,))) == HEADERS.replace('"Solo"', '"Loud"').replace(
        "level = 3", "level = 0"
    ).replace('{ "gain.on" = false }', '{ "gain.on" = true, "eq.bass" = 2 }')
    more = Scene("Soft", -2.5, {Target(eq.uid, "treble"): -1.0})
    assert write(HEADERS, preset, amp(preset, 0, scenes=(solo, more))) == HEADERS.replace(
        "false }\n", 'false }\n\n[[amp.scene]]\nname = "Soft"\nlevel = -2.5\nset = { "eq.treble" = -1 }\n'
    )
    assert (
        write(HEADERS, preset, amp(preset, 1, scenes=(Scene("Soft"),))) == HEADERS + '\n[[amp.scene]]\nname = "Soft"\n'
    )
    assert write(HEADERS, preset, amp(preset, 0, scenes=(replace(solo, values={}),))) == lines(
        HEADERS, gone=('set = { "gain.on" = false }',)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'set = { "gain.gain" = 4.0, "eq.on" = false }',
            'set = { "boost.gain" = 4.0, "eq.on" = true, "output.cab.level" = 1 }',
        ),
        ("set = { gain.gain = 4.0, eq.on = false }", "set = { boost.gain = 4.0, eq.on = true, output.cab.level = 1 }"),
        (
            "set.gain.gain = 4.0 # x\nset.eq.on = false",
            "set.boost.gain = 4.0 # x\nset.eq.on = true\nset.output.cab.level = 1",
        ),
        (
            '[amp.scene.set]\n"gain.gain" = 4.0 # x\neq.on = false',
            '[amp.scene.set]\n"boost.gain" = 4.0 # x\neq.on = true\n"output.cab.level" = 1',
        ),
        (
            "set = { gain = { gain = 4.0 }, eq = { on = false } }",
            'set = { eq = { on = true }, "boost.gain" = 4, "output.cab.level" = 1 }',
        ),
        (
            "[amp.scene.set.gain]\ngain = 4.0 # x\n[amp.scene.set.eq]\non = false",
            '[amp.scene.set]\n"boost.gain" = 4 # x\n"output.cab.level" = 1\n[amp.scene.set.eq]\non = true',
        ),
    ],
)
def test_what_a_scene_sets_keeps_its_spelling(old, new):
    text = f'[output]\nchain = [{{ ir = "a.wav" }}]\n[[amp]]\nname = "A"\nchain = [{{ engine = "gain" }}, {{ engine = "eq" }}]\n[[amp.scene]]\nname = "S"\n{old}\n'
    preset = read(text)
    gain, eq = preset.amps[0].chain
    scene = Scene(
        "S", 0.0, {Target(gain.uid, "gain"): 4.0, Target(eq.uid, "on"): 1.0, Target(preset.output[0].uid, "level"): 1.0}
    )
    wanted = amp(engine(preset, 0, 0, label="boost"), 0, scenes=(scene,))
    assert write(text, preset, wanted) == text.replace(
        '{ engine = "gain" }', '{ id = "boost", engine = "gain" }'
    ).replace(old, new)


# ---- what names others


MIDI = """
[midi]
program = { 0 = "Clean", 3 = 'Lead' }
cc = { 11 = "Clean.wavenet.level", 12 = "input.gain.gain", 013 = "Lead.level" } # pedals
"""


def test_midi_follows_names():
    text = NIGHT + MIDI
    preset = read(text)
    assert write(text, preset, amp(preset, 1, name="Solo")) == text.replace("'Lead' #", '"Solo" #').replace(
        "'Lead' }", '"Solo" }'
    ).replace('"Lead.level"', '"Solo.level"')
    before = EngineSpec("model", {}, {"model": FOLDER / "a.json"}, label="model2")
    assert write(text, preset, chain(preset, 0, 0, before, 1, 2)) == lines(
        text.replace("Clean.wavenet.level", "Clean.model.level").replace(
            '{ engine = "wavenet"', '{ id = "model", engine = "wavenet"'
        ),
        new=(('  { engine = "gain", gain = 3 }, # turn this one', '  { model = "a.json" },'),),
    ).replace('{ model = "a.json" }', '{ id = "model2", model = "a.json" }')


def test_midi_comes_and_goes():
    text = NIGHT + MIDI
    preset = read(text)
    midi = Midi({0: preset.midi.program[0], 1: Pick(preset.amps[1].uid)}, {})
    assert write(text, preset, replace(preset, midi=midi)) == text.replace("3 = 'Lead'", '1 = "Lead"').replace(
        MIDI[MIDI.index("cc") :], "cc = {} # pedals\n"
    )
    assert write(text, preset, replace(preset, midi=Midi(midi.program))) == text.replace(
        "3 = 'Lead'", '1 = "Lead"'
    ).replace(MIDI[MIDI.index("cc") :], "cc = {} # pedals\n")
    plain = text.replace(" # pedals", "")
    preset = read(plain)
    assert write(plain, preset, replace(preset, midi=Midi())) == NIGHT
    preset = read(NIGHT)
    midi = Midi(
        {3: Pick(preset.amps[1].uid)},
        {9: Binding(Target(preset.input[0].uid, "gain")), 1: Binding(Target(preset.amps[0].uid, "level"))},
    )
    assert write(NIGHT, preset, replace(preset, midi=midi)) == NIGHT + (
        '\n[midi]\nprogram = { 3 = "Lead" }\ncc = { 1 = "Clean.level", 9 = "input.gain.gain" }\n'
    )


def test_one_table_of_midi_goes_when_the_other_comes():
    text = '[midi.program]\n3 = "A"\n\n[[amp]]\nname = "A"\nchain = []\n'
    preset = read(text)
    wanted = replace(preset, midi=Midi({}, {9: Binding(Target(preset.amps[0].uid, "level"))}))
    assert write(text, preset, wanted) == text.replace('[midi.program]\n3 = "A"', '[midi]\ncc = { 9 = "A.level" }')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('midi.cc.1 = "A.level"\n', 'midi.program = { 5 = "A" }\nmidi.cc.1 = "A.level"\nmidi.cc.2 = "A.level"\n'),
        ('midi = {cc={1="A.level"}}\n', 'midi = {program={ 5 = "A" }, cc={1="A.level", 2="A.level"}}\n'),
    ],
)
def test_midi_in_dotted_keys_and_in_braces(old, new):
    text = old + '[[amp]]\nname = "A"\nchain = []\n'
    preset = read(text)
    target = Binding(Target(preset.amps[0].uid, "level"))
    wanted = replace(preset, midi=Midi({5: Pick(preset.amps[0].uid)}, {1: target, 2: target}))
    found = write(text, preset, wanted)
    assert found == text.replace(old, new)


# ---- the preset's own tables


def test_name_dbu_and_jack():
    preset = read(NIGHT)
    wanted = replace(
        preset, name="Day", dbu=12.5, jack=Wiring({"in": ("system:in",), "out_1": ("a:1",), "out_2": ("a:2",)})
    )
    assert write(NIGHT, preset, wanted) == NIGHT.replace('"Night"', '"Day"').replace(
        "[input]\n", "[input]\ndbu = 12.5\n"
    ) + ('\n[jack]\nin = "system:in"\nout = ["a:1", "a:2"]\n')
    text = "# Head.\n\n# The amp.\n[[amp]]\nname = 'A'\nchain = []\n"
    preset = read(text)
    assert write(text, preset, preset) == text
    new = rewritten(text, preset, replace(preset, name="B"), ENGINES)
    assert new == text.replace("# Head.\n", '# Head.\nname = "B"\n')


def test_ends_come_and_go():
    text = NIGHT.replace('\n[output]\nchain = [{ ir = "cabs/open.wav" }]\n', "")
    preset, whole = read(text), read(NIGHT)
    wanted = replace(preset, output=whole.output)
    assert write(text, preset, wanted) == NIGHT
    assert write(NIGHT, whole, replace(whole, output=())) == text
    assert write(NIGHT, whole, replace(whole, input=())) == NIGHT.replace(
        'chain = [{ engine = "gain", gain = -0.50 }]   # quieter', "chain = []   # quieter"
    )
    wanted = replace(preset, output=(whole.output[0], EngineSpec("eq", label="eq")))
    assert (
        write(text, preset, wanted)
        == text + '\n[output]\nchain = [\n  { ir = "cabs/open.wav" },\n  { engine = "eq" },\n]\n'
    )
    text = NIGHT.replace('[input]\nchain = [{ engine = "gain", gain = -0.50 }]   # quieter\n\n', "")
    preset = read(text)
    assert write(text, preset, replace(preset, input=whole.input)) == text.replace(
        '\n[[amp]]\nname = "Clean"', '\n[input]\nchain = [{ engine = "gain", gain = -0.5 }]\n\n[[amp]]\nname = "Clean"'
    )
    dotted = 'input.chain = [{ engine = "eq" }] # x\n[[amp]]\nname = "A"\nchain = []\n'
    preset = read(dotted)
    assert write(dotted, preset, replace(preset, dbu=3.0)) == "input.dbu = 3\n" + dotted


# ---- files


def test_files_are_seen_from_the_preset():
    preset = read(NIGHT)
    for path, seen in [
        (FOLDER / "x/y z.json", "x/y z.json"),
        (FOLDER.parent / "x.json", "../x.json"),
        (Path("/far/x.json"), "/far/x.json"),
        (FOLDER / "~x.json", f"{FOLDER}/~x.json"),
    ]:
        wanted = engine(preset, 0, 1, files={"model": path})
        assert write(NIGHT, preset, wanted) == NIGHT.replace("models/clean.json", seen)


def test_saved_elsewhere_all_files_are_seen_from_there():
    preset = read(NIGHT)
    wanted = replace(preset, path=FOLDER / "deep/er/day.toml")
    new = rewritten(NIGHT, preset, wanted, ENGINES)
    assert new == NIGHT.replace('"models', '"../../models').replace('"cabs', '"../../cabs')
    wanted = replace(preset, path=FOLDER / "day.toml")
    assert rewritten(NIGHT, preset, wanted, ENGINES) == NIGHT


def test_a_name_that_the_file_gave_is_kept_elsewhere():
    text = HEADERS.replace('name = "Night"\n\n', "")
    preset = read(text)
    assert preset.name == "night"
    assert rewritten(text, preset, replace(preset, path=FOLDER / "day.toml"), ENGINES) == 'name = "night"\n\n' + text
    assert rewritten(text, preset, replace(preset, path=FOLDER / "day.toml", name="day"), ENGINES) == text


# ---- lines


@pytest.mark.parametrize("text", [NIGHT, HEADERS])
def test_windows_line_ends_and_no_last_one_stay(text):
    preset = read(text)
    wanted = amp(chain(preset, 0, 1, NEW, 0), 0, key="5", level=1.0)
    wanted = replace(
        wanted, amps=(*wanted.amps[::-1], added(preset)), dbu=3.0, midi=Midi({1: Pick(preset.amps[0].uid)})
    )
    new = write(text, preset, wanted)
    windows = text.replace("\n", "\r\n")
    assert write(windows, preset, wanted) == new.replace("\n", "\r\n")
    assert write(text[:-1], preset, wanted) == new[:-1]
    assert write(windows[:-2], preset, wanted) == new.replace("\n", "\r\n")[:-2]


# ---- refused


def test_what_no_file_can_say_is_refused_in_one_line():
    preset = read(NIGHT)
    gone = Binding(Target(987654321, "gain"))
    for wanted, why in [
        (
            engine(preset, 0, 0, params={"gain": 999.0}),
            "amp 1 'Clean', engine 1: gain gain = 999 is out of range: -60 to 60 dB",
        ),
        (replace(preset, midi=Midi({}, {1: gone})), "the engine whose gain is meant is gone"),
        (chain(preset, 0, replace(NEW, branch="a")), "a branch ends in no engine that mixes it"),
        (chain(preset, 0, EngineSpec("nothing", label="n")), "there is no engine 'nothing'"),
        (engine(preset, 0, 1, files={"model": FOLDER / "\udcff.json"}), "a file's name is no text"),
    ]:
        with pytest.raises(RigError) as caught:
            rewritten(NIGHT, preset, wanted, ENGINES)
        assert str(caught.value) == f"{PATH}: this preset cannot be changed in place: {why}; save it under another name"


def test_a_text_that_says_something_else_by_now_is_refused():
    preset = read(NIGHT)
    wanted = amp(preset, 0, level=1.0)
    for text in (HEADERS, NIGHT.replace("gain = 3 }", "gain = 4 }"), NIGHT.replace('  {engine="gain",gain=6},\n', "")):
        with pytest.raises(RigError, match="cannot be changed in place"):
            rewritten(text, preset, wanted, ENGINES)


def test_wires_of_any_of_our_ports():
    text = NIGHT + '\n[jack]\n# The card.\nout = ["a:1", "a:2"]\nin = "a:b"\n'
    preset = read(text)
    more = {**preset.jack.ports, "out_2": ("a:2", "tape:r"), "midi_in": ("a2j:FCB [20] (capture): MIDI 1",), "in": ()}
    new = write(text, preset, replace(preset, jack=Wiring({**more, "pedals_send_1": ("fx:in",)})))
    assert new == NIGHT + (
        '\n[jack]\n# The card.\nin = []\nout_1 = "a:1"\nout_2 = ["a:2", "tape:r"]\n'
        'midi_in = "a2j:FCB [20] (capture): MIDI 1"\npedals_send_1 = "fx:in"\n'
    )
    assert read(new).jack.ports == {**more, "pedals_send_1": ("fx:in",)}
    known = read(new)
    assert write(new, known, replace(known, jack=preset.jack)) == (
        NIGHT + '\n[jack]\n# The card.\nin = "a:b"\nout = ["a:1", "a:2"]\n'
    )


# ---- a new file


def test_a_new_file():
    preset = read(NIGHT + MIDI + '[jack]\nout = "a:b"\n')
    assert (
        fresh(preset, ENGINES)
        == """\
name = "Night"

[input]
chain = [{ engine = "gain", gain = -0.5 }]

[[amp]]
name = "Clean"
level = -5.5
chain = [
  { engine = "gain", gain = 3 },
  { model = "models/clean.json" },
  { engine = "eq", bass = 1.5, treble = -1 },
]

[[amp]]
name = "Lead"
chain = [
  { engine = "gain", gain = 6 },
  { model = "models/lead.json" },
]

[output]
chain = [{ ir = "cabs/open.wav" }]

[jack]
out = ["a:b"]

[midi]
program = { 0 = "Clean", 3 = "Lead" }
cc = { 11 = "Clean.model.level", 12 = "input.gain.gain", 13 = "Lead.level" }
"""
    )


# ---- by chance


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**48), st.booleans(), st.integers(1, 6))
def test_any_change_of_any_preset_in_any_layout(seed, gentle, steps):
    random = Random(seed)
    before = Chance(random).preset()
    layout = Layout(random)
    text = layout.text(before)
    assert str(scan(text)) == text
    assert alike(read(text), before)
    after = Edits(random, gentle).changed(before, steps)
    new = rewritten(text, before, after, ENGINES)
    assert alike(read(new, after.path), after)
    if gentle:
        assert [comment for comment in layout.comments if comment in text and new.count(comment) != 1] == []
    assert rewritten(text, before, before, ENGINES) is text
    for known in (after, read(new, after.path)):  # the second has nothing in common with `before`
        assert alike(read(rewritten(new, known, before, ENGINES)), before)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**48))
def test_a_new_file_of_any_preset(seed):
    preset = Chance(Random(seed)).preset()
    assert alike(read(fresh(preset, ENGINES)), preset)


@pytest.mark.parametrize("path", sorted(PRESETS.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_presets_change_in_one_line(path):
    text = path.read_text()
    before, _ = examine_text(path, text)
    after = amp(before, 1, level=1.25)
    old, new = text.splitlines(), rewritten(text, before, after).splitlines()
    assert [(a, b) for a, b in zip(old, new, strict=True) if a != b] == [
        (f"level = {before.amps[1].level}", "level = 1.25")
    ]
