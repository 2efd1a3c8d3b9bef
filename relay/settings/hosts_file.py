"""The names that this host knows without asking anybody: /etc/hosts, as hosts(5) has it.

The gate's walls allow no UDP, so no name server is asked behind them: a name that is not here leads nowhere.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

HOSTS = Path("/etc/hosts")


def names_of_hosts(path: Path = HOSTS) -> frozenset[str]:
    """Every name and alias, in lower case; none where there is no such file."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return frozenset()
    found: set[str] = set()
    for line in text.splitlines():
        fields = line.partition("#")[0].split()
        if fields and _is_address(fields[0]):
            found.update(name.lower() for name in fields[1:])
    return frozenset(found)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
