"""A lab's files in a directory of the test, and small edits of them. No logic of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay.settings.pki import LabChoices, LabConfig, Pki, create_pki, write_lab_config

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
CHOICES = LabChoices(
    front_port=18443,
    exporter_port=19464,
    gate_ports=[19001],
    gate_status_ports=[19002],
    applications={"city-a": "http://127.0.0.1:18000"},
)


def make(directory: Path, now: datetime = NOW) -> tuple[Pki, LabConfig]:
    pki = create_pki(directory, tenants={"city-a": ["localhost", "127.0.0.1"]}, now=now)
    return pki, write_lab_config(pki, CHOICES)


def replace_file(path: Path, content: str | bytes, mode: int = 0o400) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
