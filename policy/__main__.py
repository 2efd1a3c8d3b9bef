"""`python -m policy check [DIR…]` and `python -m policy list [DIR…]`: the policy without the daemon."""

from __future__ import annotations

import argparse
import sys

from policy.commands import add_commands


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m policy", description="Check and list procedure files.")
    add_commands(parser)
    parsed = parser.parse_args(arguments)
    status: int = parsed.run(parsed)
    return status


if __name__ == "__main__":
    sys.exit(main())
