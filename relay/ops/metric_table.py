"""`docs/metrics.md`, made of the declarations (`python -m relay.ops.metric_table`)."""

from __future__ import annotations

from relay.base.reasons import Reason
from relay.ops.metrics import METRICS, Label


def as_markdown() -> str:
    """The table as `docs/metrics.md` shows it."""
    lines = [
        "# Metrics",
        "",
        "Generated from `relay/ops/metrics.py` by `python -m relay.ops.metric_table`; a test compares them.",
        "The exporter serves them on the management address as `/metrics`. Values of labels are closed sets: *configured*",
        "ones come from the configuration, and anything else is counted under the fallback in parentheses.",
        "",
        "| name | type | roles | labels | meaning |",
        "|---|---|---|---|---|",
    ]
    for metric in METRICS.values():
        labels = [_label_text(label) for label in metric.labels]
        if metric.per_role:
            labels.insert(0, "`role`")
        lines.append(
            f"| `{metric.name}` | {metric.kind} | {', '.join(metric.roles)} | {'; '.join(labels) or '—'} | {metric.help} |"
        )
    lines += [
        "| `sekisho_role_up` | gauge | exporter | `role` | 1 while every process of the role answers on its status socket. |",
        "| `sekisho_role_processes` | gauge | exporter | `role` | Processes of the role that answer. |",
        "| `sekisho_dependency_up` | gauge | exporter | `role`; `dependency` | 1 while the role says that the dependency works. |",
        "| `sekisho_build_info` | gauge | exporter | `version`; `python` | Always 1. |",
    ]
    return "\n".join(lines) + "\n"


def _label_text(label: Label) -> str:
    if label.configured:
        return f"`{label.name}`: configured ({label.fallback})"
    if label.name in ("reason", "result") and len(label.values) > len(Reason):
        return f"`{label.name}`: docs/reasons.md ({label.fallback})"
    return f"`{label.name}`: {', '.join(label.values)}"


if __name__ == "__main__":
    print(as_markdown(), end="")
