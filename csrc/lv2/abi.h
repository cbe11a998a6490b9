/* What LV2's C interface is made of, as far as a host of sound needs it: https://lv2plug.in/ns/lv2core and its extensions. The
   layouts are the standard's, and stay: a plug-in and its host were mostly compiled far from each other. */
#ifndef RIG_LV2_ABI_H
#define RIG_LV2_ABI_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define LV2 "http://lv2plug.in/ns/"
#define LV2_ATOM LV2 "ext/atom#"
#define LV2_BUFFERS LV2 "ext/buf-size#"

typedef struct {
    const char *uri;
    void *data;
} lv2_feature;

typedef struct lv2_descriptor {
    const char *uri;
    void *(*instantiate)(const struct lv2_descriptor *, double rate, const char *bundle, const lv2_feature *const *features);
    void (*connect_port)(void *instance, uint32_t port, void *data);
    void (*activate)(void *instance);
    void (*run)(void *instance, uint32_t frames);
    void (*deactivate)(void *instance);
    void (*cleanup)(void *instance);
    const void *(*extension_data)(const char *uri);
} lv2_descriptor;

/* A library has many plug-ins, told by number, or (newer) one object that tells them. */
typedef const lv2_descriptor *(*lv2_find)(uint32_t number);
typedef struct {
    void *handle;
    uint32_t size;
    void (*cleanup)(void *handle);
    const lv2_descriptor *(*get_plugin)(void *handle, uint32_t number);
} lv2_library;
typedef const lv2_library *(*lv2_open)(const char *bundle, const lv2_feature *const *features);

/* urid: a number for each URI. */
typedef struct {
    void *handle;
    uint32_t (*map)(void *handle, const char *uri);
} lv2_map;
typedef struct {
    void *handle;
    const char *(*unmap)(void *handle, uint32_t urid);
} lv2_unmap;

/* log: what a plug-in has to say. */
typedef struct {
    void *handle;
    int (*say)(void *handle, uint32_t kind, const char *format, ...);
    int (*say_list)(void *handle, uint32_t kind, const char *format, va_list list);
} lv2_log;

/* options: what the host tells at birth. The list ends with zeroes. */
typedef struct {
    uint32_t context, subject, key, size, type;
    const void *value;
} lv2_option;

/* worker: what takes long is done in another thread. */
enum { LV2_DONE, LV2_UNKNOWN, LV2_NO_SPACE };
typedef uint32_t lv2_status;
typedef lv2_status (*lv2_respond)(void *handle, uint32_t size, const void *data);
typedef struct {
    void *handle;
    lv2_status (*schedule)(void *handle, uint32_t size, const void *data);
} lv2_schedule;
typedef struct {
    lv2_status (*work)(void *instance, lv2_respond respond, void *handle, uint32_t size, const void *data);
    lv2_status (*respond)(void *instance, uint32_t size, const void *data);
    lv2_status (*end_run)(void *instance);
} lv2_worker;

/* state: what a plug-in remembers beside its controls, by keys. */
enum { LV2_POD = 1, LV2_PORTABLE = 2 };
typedef uint32_t (*lv2_store)(void *handle, uint32_t key, const void *value, size_t size, uint32_t type, uint32_t flags);
typedef const void *(*lv2_retrieve)(void *handle, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags);
typedef struct {
    uint32_t (*save)(void *instance, lv2_store store, void *handle, uint32_t flags, const lv2_feature *const *features);
    uint32_t (*restore)(void *instance, lv2_retrieve retrieve, void *handle, uint32_t flags, const lv2_feature *const *features);
} lv2_state;
typedef struct {
    void *handle;
    char *(*to_abstract)(void *handle, const char *path);
    char *(*to_absolute)(void *handle, const char *path);
} lv2_map_path;
typedef struct {
    void *handle;
    char *(*make)(void *handle, const char *path);
} lv2_make_path;
typedef struct {
    void *handle;
    void (*free)(void *handle, char *path);
} lv2_free_path;

/* atom: events on their way through a port. A sequence of none is its head alone. */
typedef struct {
    uint32_t size, type; /* size: of what follows these two */
    uint32_t unit, pad;
} lv2_sequence;

#endif
