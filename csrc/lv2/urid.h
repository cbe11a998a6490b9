/* A number for each URI, the same in the whole process. */
#ifndef RIG_LV2_URID_H
#define RIG_LV2_URID_H

#include "abi.h"

/* Any thread; that of sound for those that have one. 0: there is no room for one more. */
uint32_t rig_urid(const char *uri);

/* NULL where no URI has that number. */
const char *rig_urid_text(uint32_t urid);

/* For plug-ins. */
extern lv2_map rig_urid_map;
extern lv2_unmap rig_urid_unmap;

#endif
