"""A role, started by its own `main`, that tries acts instead of serving: `python -m tests.walls.probed_role ROLE MODE REQUEST`.

MODE: `walls` (as it is), `users` (without Landlock and seccomp, as the configuration could say), `none` (nothing given up).
REQUEST: JSON with the facts, the numbers of the acts in the lists of `cases`, and the role's arguments. Prints JSON: one end for each act.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import socket
import sys
from typing import Any

from relay.ops.sandbox.walls import Held, Walls, enter
from tests.walls.acts import Facts
from tests.walls.cases import ALLOWED, CASES, WORK, Case


def end_of(case: Case, facts: Facts) -> str:
    try:
        case.act(facts)
    except TimeoutError:
        return "timed out"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, repr(error))
    return ALLOWED


def main() -> int:
    role, mode, request = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    facts = Facts(**request["facts"])
    cases = [(CASES + WORK)[number] for number in request["cases"]]
    socket.getaddrinfo("127.0.0.1", 1)  # what resolving loads is loaded before
    module = importlib.import_module(f"relay.{role}.__main__")

    async def probe(*_: object, task_status: Any) -> None:
        ends = [end_of(case, facts) for case in cases]
        os.write(1, json.dumps({"uid": os.getuid(), "ends": ends}).encode() + b"\n")
        task_status.started()

    def entered(walls: Walls, landlock: Any, seccomp: Any) -> Held:
        if mode == "walls":
            return enter(walls, landlock, seccomp)
        if mode == "users":
            return enter(walls, "off", "off")
        return Held(walls.role, os.geteuid(), os.getegid(), 0, False, (), ())

    if role == "exporter":
        module.Exporter.serve = probe
        module.enter = entered
    else:
        getattr(module, f"{role.capitalize()}Role").serve = probe
        importlib.import_module("relay.ops.start").enter = entered
    return int(module.main(request["arguments"]))


if __name__ == "__main__":
    sys.exit(main())
