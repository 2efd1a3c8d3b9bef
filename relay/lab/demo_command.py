"""placeholder"""

from relay.settings.report import Subparsers


def add_parser(subparsers: Subparsers) -> None: ...
