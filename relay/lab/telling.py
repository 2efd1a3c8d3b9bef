"""How the demo looks: panels and tables on a terminal, plain lines elsewhere. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from relay.lab.client import Reply

_WIDTH_PLAIN = 120
_FLOW = "Internet ─▶ front ─▶ ledger (permit) ─▶ egress ═ mTLS ═▶ gate ─▶ municipal application"


class Telling:
    """Tells scenes to a console."""

    def __init__(self, console: Console) -> None:
        self._console = console if console.is_terminal else Console(width=_WIDTH_PLAIN, no_color=True, highlight=False)
        self._rich = console.is_terminal
        self._number = 0

    def opening(self, directory: str) -> None:
        text = Text.assemble(("関所 Sekisho", "bold"), "\n", _FLOW, "\n", (f"lab: {directory}", "dim"))
        self._console.print(Panel(text) if self._rich else text)

    def scene(self, ja: str, en: str, promises: str) -> None:
        self._number += 1
        title = Text.assemble((f"{self._number}. {ja}  ", "bold cyan"), (en, "bold"), (f"  [{promises}]", "dim"))
        self._console.print()
        self._console.print(title)

    def processes(self, pids: Mapping[str, int]) -> None:
        self._console.print("   " + "   ".join(f"{name} {pid}" for name, pid in pids.items()))

    def reply(self, what: str, reply: Reply) -> None:
        good = reply.status < 400
        mark = "○" if good else "×"
        self._console.print(
            Text.assemble("   ", (f"{mark} {reply.status} ", "bold green" if good else "bold red"), what)
        )
        values = [f"{key}: {value}" for key, value in reply.document().items() if key != "transfer"]
        for line in reply.words or [", ".join(values)]:
            self._console.print(Text(f"     {line}"))
        self._console.print(Text(f"     Sekisho-Transfer: {reply.transfer}", "dim"))

    def records(self, records: Sequence[Mapping[str, object]]) -> None:
        table = Table(show_header=True, header_style="dim", box=None, padding=(0, 1, 0, 3))
        for column in ("log index", "kind", "what it says"):
            table.add_column(column)
        for record in records:
            table.add_row(str(record["index"]), str(record["kind"]), _gist(record))
        self._console.print(table)

    def receipt(self, receipt: str) -> None:
        lines = [line for line in receipt.splitlines() if line]
        self._console.print(Text(f"     receipt signed by {lines[1]}: {lines[-1][:60]}…", "dim"))

    def verified(self, size: int, root: str) -> None:
        self._console.print(Text.assemble("   ", ("○ verified ", "bold green"), f"{size} records, root {root[:16]}…"))

    def tampered(self, where: str, caught: str) -> None:
        self._console.print(Text(f"     one word changed in the copy: {where}"))
        self._console.print(Text.assemble("   ", ("× caught ", "bold red"), caught))

    def end(self, scenes: int) -> None:
        self._console.print()
        self._console.print(Text(f"関所は務めを果たしました。 All {scenes} scenes were as promised.", "bold green"))

    def failed(self, why: str, log: str) -> None:
        self._console.print(
            Text.assemble(("約束と違います。 Not as promised: ", "bold red"), why, "\n", (f"see {log}", "dim"))
        )


def _gist(record: Mapping[str, object]) -> str:
    match record["kind"]:
        case "intent":
            return (
                f"route {record['route']}, {record['fields']} fields, envelope {record['envelope_bytes']} bytes, "
                f"sha256 {str(record['envelope_digest'])[:12]}…, {record['tls_version']} {record['tls_group']}"
            )
        case "outcome":
            return f"{record['result']} by {record['gate']} in {record['duration_ms']} ms, for the intent at {record['intent']}"
        case "refusal":
            return f"{record['reason']} ({record['stage']}), answered {record['status']}"
        case kind:
            return str(kind)
