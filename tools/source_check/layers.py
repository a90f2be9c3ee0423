"""Who may include whom (docs/ARCHITECTURE.md): base -> exporter | domain | pg | rpc | json | import -> service -> programs."""
import re

from source_check.rule import Rule

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')

# Folder -> the lib/ folders and generated packages it may include; its own files are always allowed.
MAY_INCLUDE = {
    "lib/base": set(),
    "lib/domain": {"base"},
    "lib/exporter": {"base"},
    "lib/import": {"base", "domain"},
    "lib/json": {"base"},
    "lib/pg": {"base"},
    "lib/rpc": {"base", "bihuan/rpc"},
    "lib/service": {"base", "domain", "exporter", "json", "pg", "rpc", "bihuan"},
    "services": {"base", "domain", "json", "pg", "rpc", "service", "bihuan"},
    "gateway": {"base", "domain", "exporter", "json", "rpc", "service", "bihuan"},
    "cli": {"base", "domain", "import", "json", "service", "bihuan"},
}

# Third-party header -> the one folder (or few) that may see it; tests and benchmarks may, to attack and to compare.
ONLY_IN = {
    r"libpq-fe\.h": ("lib/pg",),
    r"c?zmq\.h": ("lib/rpc",),
    r"nghttp2/.*": ("gateway",),
    r"curl/.*": ("cli",),
    r"utf8proc\.h": ("cli",),
    r"sodium\.h": ("lib/base",),
    r"jansson\.h": ("lib/json",),
    r"microhttpd\.h": ("lib/exporter",),
    r"protobuf-c/.*": ("lib/pg", "lib/rpc", "lib/json", "lib/service", "services", "gateway", "cli"),
}
FREE = ("tests/", "bench/")


def includes(text):
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1) == '"', found.group(2)


def layer_of(path):
    return next((folder for folder in MAY_INCLUDE if path.startswith(folder + "/")), None)


def project_part(header):
    """base/err.h -> base, bihuan/rpc/v1/envelope.pb-c.h -> bihuan/rpc, store.h -> None (a file of the same folder)."""
    if header.startswith("bihuan/rpc/"):
        return "bihuan/rpc"
    return header.split("/")[0] if "/" in header else None


def project_includes(path, text):
    layer = layer_of(path)
    for number, is_project, header in includes(text):
        part = project_part(header)
        if ".." in header:
            yield number, f"{header}: no way up the tree"
        elif layer and is_project and part and part != layer.split("/")[-1] and part not in MAY_INCLUDE[layer]:
            yield number, f"{layer} may not include {header}"


def third_party(path, text):
    for number, _, header in includes(text):
        for pattern, folders in ONLY_IN.items():
            if re.fullmatch(pattern, header) and not path.startswith(FREE) and not path.startswith(tuple(f + "/" for f in folders)):
                yield number, f"{header} belongs to {', '.join(folders)}"


def handlers_without_sql(_path, text):
    return ((number, f"a handler asks its store, not {header}") for number, _, header in includes(text) if header.startswith("pg/"))


RULES = [
    Rule("layer", r"\.[ch]$", project_includes),
    Rule("third-party", r"\.[ch]$", third_party),
    Rule("layer", r"^services/\w+/handlers\w*\.c$", handlers_without_sql),
]
