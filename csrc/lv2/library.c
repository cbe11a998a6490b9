/* Where a plug-in is found in its library. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "lv2.h"
#include "urid.h"

/* Libraries that are opened the newer way. */
static const lv2_descriptor *in_new(void *library, const char *bundle, const char *uri)
{
    const lv2_feature map = {LV2 "ext/urid#map", &rig_urid_map}, unmap = {LV2 "ext/urid#unmap", &rig_urid_unmap};
    const lv2_feature *const features[] = {&map, &unmap, NULL};
    lv2_open open;
    *(void **)&open = dlsym(library, "lv2_lib_descriptor");
    const lv2_library *all = open ? open(bundle, features) : NULL;
    for (uint32_t i = 0; all; ++i) {
        const lv2_descriptor *plugin = all->get_plugin(all->handle, i);
        if (!plugin || !strcmp(plugin->uri, uri)) return plugin;
    }
    return NULL;
}

static const lv2_descriptor *in_old(void *library, const char *uri)
{
    lv2_find find;
    *(void **)&find = dlsym(library, "lv2_descriptor");
    for (uint32_t i = 0; find; ++i) {
        const lv2_descriptor *plugin = find(i);
        if (!plugin || !strcmp(plugin->uri, uri)) return plugin;
    }
    return NULL;
}

/* Plug-ins write what they like to the terminal. A screen does not survive that, nor does who reads our lines from a pipe; Python
   writes past C's streams. */
static void hush(void)
{
#ifdef __GLIBC__ /* where they are variables */
    static FILE *nowhere;
    if (!nowhere) nowhere = fopen("/dev/null", "w");
    if (nowhere) stdout = stderr = nowhere;
#endif
}

const void *rig_lv2_find(const char *path, const char *bundle, const char *uri, const char **why)
{
    hush();
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        *why = dlerror();
        return NULL;
    }
    const lv2_descriptor *plugin = in_old(library, uri);
    if (!plugin) plugin = in_new(library, bundle, uri);
    if (!plugin) *why = "its library has no such plug-in";
    return plugin;
}
