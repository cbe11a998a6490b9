"""liblilv, which reads what is written of the installed LV2 plug-ins. The only place that talks to it.

It is asked for when a plug-in is: where nobody has one, nobody needs it. A process reads what is installed once.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from typing import Any

from rig.errors import RigError

LIBRARY = "liblilv-0.so.0"
LACKS = f"LV2 plug-ins need the library lilv ({LIBRARY}): install it (Debian: apt install liblilv-0-0)"

LV2 = "http://lv2plug.in/ns/"
CORE = f"{LV2}lv2core#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

_C = """
typedef struct LilvWorldImpl LilvWorld;
typedef struct LilvPluginImpl LilvPlugin;
typedef struct LilvPortImpl LilvPort;
typedef struct LilvNodeImpl LilvNode;
typedef struct LilvScalePointImpl LilvScalePoint;
typedef void LilvIter;
typedef void LilvPlugins;
typedef void LilvNodes;
typedef void LilvScalePoints;
LilvWorld *lilv_world_new(void);
void lilv_world_load_all(LilvWorld *);
const LilvPlugins *lilv_world_get_all_plugins(const LilvWorld *);
LilvNodes *lilv_world_find_nodes(LilvWorld *, const LilvNode *, const LilvNode *, const LilvNode *);
LilvNode *lilv_new_uri(LilvWorld *, const char *);
void lilv_node_free(LilvNode *);
bool lilv_node_is_blank(const LilvNode *);
const char *lilv_node_as_string(const LilvNode *);
LilvIter *lilv_plugins_begin(const LilvPlugins *);
const LilvPlugin *lilv_plugins_get(const LilvPlugins *, LilvIter *);
LilvIter *lilv_plugins_next(const LilvPlugins *, LilvIter *);
bool lilv_plugins_is_end(const LilvPlugins *, LilvIter *);
const LilvPlugin *lilv_plugins_get_by_uri(const LilvPlugins *, const LilvNode *);
const LilvNode *lilv_plugin_get_uri(const LilvPlugin *);
LilvNode *lilv_plugin_get_name(const LilvPlugin *);
LilvNode *lilv_plugin_get_author_name(const LilvPlugin *);
const LilvNode *lilv_plugin_get_library_uri(const LilvPlugin *);
const LilvNode *lilv_plugin_get_bundle_uri(const LilvPlugin *);
LilvNodes *lilv_plugin_get_required_features(const LilvPlugin *);
LilvNodes *lilv_plugin_get_value(const LilvPlugin *, const LilvNode *);
uint32_t lilv_plugin_get_num_ports(const LilvPlugin *);
const LilvPort *lilv_plugin_get_port_by_index(const LilvPlugin *, uint32_t);
const LilvNode *lilv_port_get_symbol(const LilvPlugin *, const LilvPort *);
LilvNode *lilv_port_get_name(const LilvPlugin *, const LilvPort *);
const LilvNodes *lilv_port_get_classes(const LilvPlugin *, const LilvPort *);
LilvNodes *lilv_port_get_value(const LilvPlugin *, const LilvPort *, const LilvNode *);
LilvScalePoints *lilv_port_get_scale_points(const LilvPlugin *, const LilvPort *);
void lilv_scale_points_free(LilvScalePoints *);
LilvIter *lilv_scale_points_begin(const LilvScalePoints *);
const LilvScalePoint *lilv_scale_points_get(const LilvScalePoints *, LilvIter *);
LilvIter *lilv_scale_points_next(const LilvScalePoints *, LilvIter *);
bool lilv_scale_points_is_end(const LilvScalePoints *, LilvIter *);
const LilvNode *lilv_scale_point_get_label(const LilvScalePoint *);
const LilvNode *lilv_scale_point_get_value(const LilvScalePoint *);
LilvIter *lilv_nodes_begin(const LilvNodes *);
const LilvNode *lilv_nodes_get(const LilvNodes *, LilvIter *);
LilvIter *lilv_nodes_next(const LilvNodes *, LilvIter *);
bool lilv_nodes_is_end(const LilvNodes *, LilvIter *);
void lilv_nodes_free(LilvNodes *);
char *lilv_file_uri_parse(const char *, char **);
void lilv_free(void *);
"""

lock = threading.RLock()
"""Whoever asks holds it: lilv is for one thread at a time."""


class World:
    """What is installed. Handles of plug-ins and ports are lilv's own."""

    def __init__(self) -> None:
        """Raises RigError where there is no lilv."""
        from cffi import FFI  # what plays no plug-in need not wait for it

        self._ffi = FFI()
        self._ffi.cdef(_C)
        try:
            self._lib: Any = self._ffi.dlopen(LIBRARY)
        except OSError:
            raise RigError(LACKS) from None
        self._c = self._lib.lilv_world_new()
        self._lib.lilv_world_load_all(self._c)
        self._plugins = self._lib.lilv_world_get_all_plugins(self._c)
        self._node = functools.cache(self._new_node)

    def _new_node(self, uri: str) -> Any:
        return self._lib.lilv_new_uri(self._c, uri.encode())

    def text(self, node: Any) -> str:
        """What a node says; "" where there is none."""
        if not node:
            return ""
        return self._ffi.string(self._lib.lilv_node_as_string(node)).decode(errors="replace")

    def _taken(self, node: Any) -> str:
        """The same of a node that is ours to free."""
        said = self.text(node)
        self._lib.lilv_node_free(node)
        return said

    def _texts(self, nodes: Any, *, free: bool = True) -> tuple[str, ...]:
        if not nodes:
            return ()
        said = tuple(self._each("nodes", nodes, self.text))
        if free:
            self._lib.lilv_nodes_free(nodes)
        return said

    def _each(self, what: str, of: Any, see: Any = lambda item: item) -> Iterator[Any]:
        begin, get, following, is_end = (
            getattr(self._lib, f"lilv_{what}_{word}") for word in ("begin", "get", "next", "is_end")
        )
        at = begin(of)
        while not is_end(of, at):
            yield see(get(of, at))
            at = following(of, at)

    # --- plug-ins ---

    def plugins(self) -> Iterator[Any]:
        """All."""
        return self._each("plugins", self._plugins)

    def find(self, uri: str) -> Any:
        """The plug-in of that URI, or None."""
        if not uri.isprintable() or " " in uri or ":" not in uri:
            return None
        return self._lib.lilv_plugins_get_by_uri(self._plugins, self._node(uri)) or None

    def uri(self, plugin: Any) -> str:
        return self.text(self._lib.lilv_plugin_get_uri(plugin))

    def name(self, plugin: Any) -> str:
        return self._taken(self._lib.lilv_plugin_get_name(plugin))

    def author(self, plugin: Any) -> str:
        return self._taken(self._lib.lilv_plugin_get_author_name(plugin))

    def kind(self, plugin: Any) -> str:
        """Its class in a word: "Reverb"; "" for one of none. The standard's own list of them need not be installed."""
        classes = (uri.removeprefix(CORE) for uri in self.said(plugin, TYPE) if uri.startswith(CORE))
        return next((name.removesuffix("Plugin") for name in classes if name != "Plugin"), "")

    def library(self, plugin: Any) -> str:
        """The path of its library; "" where it says none."""
        return self._path(self._lib.lilv_plugin_get_library_uri(plugin))

    def bundle(self, plugin: Any) -> str:
        """The path of its folder, with the / at the end."""
        return self._path(self._lib.lilv_plugin_get_bundle_uri(plugin))

    def _path(self, node: Any) -> str:
        path = self._lib.lilv_file_uri_parse(self.text(node).encode(), self._ffi.NULL)
        if not path:
            return ""
        said = self._ffi.string(path).decode(errors="surrogateescape")
        self._lib.lilv_free(path)
        return said

    def required(self, plugin: Any) -> tuple[str, ...]:
        """The features that it cannot do without."""
        return self._texts(self._lib.lilv_plugin_get_required_features(plugin))

    def said(self, plugin: Any, what: str) -> tuple[str, ...]:
        """What is written of it under a URI."""
        return self._texts(self._lib.lilv_plugin_get_value(plugin, self._node(what)))

    def said_of(self, subject: str, what: str) -> tuple[str, ...]:
        """What is written of anything that has a URI."""
        nodes = self._lib.lilv_world_find_nodes(self._c, self._node(subject), self._node(what), self._ffi.NULL)
        return self._texts(nodes)

    # --- ports ---

    def ports(self, plugin: Any) -> Iterator[Any]:
        """In the order of their numbers."""
        for i in range(self._lib.lilv_plugin_get_num_ports(plugin)):
            yield self._lib.lilv_plugin_get_port_by_index(plugin, i)

    def symbol(self, plugin: Any, port: Any) -> str:
        return self.text(self._lib.lilv_port_get_symbol(plugin, port))

    def port_name(self, plugin: Any, port: Any) -> str:
        return self._taken(self._lib.lilv_port_get_name(plugin, port))

    def classes(self, plugin: Any, port: Any) -> tuple[str, ...]:
        return self._texts(self._lib.lilv_port_get_classes(plugin, port), free=False)

    def port_said(self, plugin: Any, port: Any, what: str) -> tuple[str, ...]:
        """What is written of a port under a URI."""
        return self._texts(self._lib.lilv_port_get_value(plugin, port, self._node(what)))

    def points(self, plugin: Any, port: Any) -> list[tuple[float, str]]:
        """The values of a port that have names, the least first."""
        points = self._lib.lilv_port_get_scale_points(plugin, port)
        if not points:
            return []
        lib = self._lib
        found = [
            (number(self.text(lib.lilv_scale_point_get_value(point))), self.text(lib.lilv_scale_point_get_label(point)))
            for point in self._each("scale_points", points)
        ]
        lib.lilv_scale_points_free(points)
        return sorted((value, label) for value, label in found if value is not None)


def number(text: str) -> float | None:
    """What is written as one, or None."""
    try:
        return float(text)
    except ValueError:
        return None


@functools.cache
def world() -> World:
    """What is installed, as the process found it. To be asked under `lock`. Raises RigError where there is no lilv."""
    return World()
