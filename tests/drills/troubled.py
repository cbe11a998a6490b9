"""`python troubled.py LIBRARY FIGURES play ...`: rig with a watched callback, and trouble in its own process.

Garbage is collected and a package imported anew once a second; FIGURES is written as often: what the callbacks took (watch.c),
the memory that is this process's own (kB) and its open files, as JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from drills.watching import Watch
from rig.cli import main
from rig.native import Rack

SETTLE_SECONDS = 10.0  # until amps are warm: what was before is not counted
IMPORTED = "xml.dom.minidom"  # nobody else's


def facts() -> dict[str, int]:
    """Of this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return {"kb": int(status["RssAnon"].split()[0]), "files": len(list(Path("/proc/self/fd").iterdir()))}


def trouble(watch: Watch, figures: Path) -> None:
    began, settled = time.monotonic(), False
    while True:
        time.sleep(1.0)
        if not settled and time.monotonic() - began > SETTLE_SECONDS:
            watch.forget()
            settled = True
        gc.collect()
        for name in [name for name in sys.modules if name.startswith("xml")]:
            del sys.modules[name]
        importlib.import_module(IMPORTED)
        new = figures.with_suffix(".new")
        new.write_text(json.dumps({**facts(), **watch.facts(), "settled": settled}))
        new.replace(figures)


if __name__ == "__main__":
    watch = Watch(Path(sys.argv[1]))
    watch.around(Rack)
    threading.Thread(target=trouble, args=(watch, Path(sys.argv[2])), daemon=True).start()
    sys.exit(main(sys.argv[3:]))
