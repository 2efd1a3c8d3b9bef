"""Where Sekisho's time goes: samples of the Python stacks of front, egress and ledger under load."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.cores import Cores


def main(directory: Path, cores: Cores, options: argparse.Namespace) -> None:
    raise NotImplementedError
