"""Which modules mypyc compiles (docs/adr/0012): those that hold pure decisions and that every request goes through.

The rest of the packaging is in pyproject.toml. Without SEKISHO_COMPILE=1 nothing is compiled and the same source runs as it is.
"""

import os
from pathlib import Path

from mypyc.build import mypycify
from setuptools import setup

# One library each, next to its modules: a role loads none of a package that it must not load.
LIBRARIES = {
    "policy.compiled": (
        "policy/engine/*.py", "policy/operators/*.py", "policy/scan/scanner.py", "policy/transformations/*.py",
        "policy/variables/**/*.py", "policy/effort.py", "policy/inspection.py", "policy/normalise.py", "policy/pipeline.py",
        "policy/repertoire.py", "policy/request_facts.py", "policy/route_stage.py", "policy/schema.py",
    ),
    "relay.http.compiled": (
        "relay/http/connection.py", "relay/http/content_type.py", "relay/http/fields.py", "relay/http/framing.py",
        "relay/http/grammar.py", "relay/http/multipart.py", "relay/http/target.py", "relay/http/urlencoded.py",
    ),
    "relay.envelope.compiled": (
        "relay/envelope/bhttp.py", "relay/envelope/bhttp_grammar.py", "relay/envelope/bhttp_reader.py",
        "relay/envelope/response.py", "relay/envelope/stream.py",
    ),
    "relay.front.compiled": ("relay/front/answered.py", "relay/front/carry.py", "relay/front/sealing.py"),
}  # fmt: skip


def modules(patterns: tuple[str, ...]) -> list[str]:
    return sorted({str(path) for pattern in patterns for path in Path().glob(pattern) if path.name != "__init__.py"})


groups = [(modules(patterns), library) for library, patterns in LIBRARIES.items()]
everything = [path for paths, _ in groups for path in paths]
wanted = os.environ.get("SEKISHO_COMPILE") == "1"

setup(ext_modules=mypycify(everything, separate=groups, opt_level="2", debug_level="0") if wanted else [])
