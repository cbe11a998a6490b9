"""lv2: any installed LV2 audio plug-in, as `plugin` names it."""

from dataclasses import replace

from rig import native
from rig.lv2.engines import engine

ENGINE = replace(native.engine("lv2"), plugin=engine)
