"""python tests/drills [NAME ...]: the drills of those names, or all."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from drills.runner import main

sys.exit(main(sys.argv[1:]))
