"""What an OpenAPI document says of the files that a procedure takes: parts of a multipart body, which no other body could hold.

A file is a string of octets to the specification (3.1, "Considerations for Multipart Content"), its largest size in bytes the
`maxLength`. Whether one passes is for the scanner to say, so that the example of a file only shows where it goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policy.attachments import DISARM, Attachment
from policy.faults import Fault, FileFault
from policy.file_words import FILE_WORDS, kind_words, size_words

FILE_TYPES: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "tiff": "image/tiff",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "zip": "application/zip",
    "txt": "text/plain",
    "csv": "text/csv",
}  # the first that docs/spec/content.md section 2 takes of each kind
FILE_SCHEMA: Final = "FileFault"


def file_types(attachment: Attachment) -> tuple[str, ...]:
    return tuple(FILE_TYPES[kind] for kind in attachment.kinds)


def file_properties(attachments: Sequence[Attachment]) -> dict[str, object]:
    return {attachment.name: _property(attachment) for attachment in attachments}


def file_encoding(attachments: Sequence[Attachment]) -> dict[str, object]:
    return {attachment.name: {"contentType": ", ".join(file_types(attachment))} for attachment in attachments}


def file_examples(attachments: Sequence[Attachment]) -> dict[str, object]:
    """Of each file that must come a word in its place: no file that is made up would pass for a certificate."""
    words = {one.name: f"（{one.label_ja}のファイル: {kind_words(one.kinds)}）" for one in attachments if one.required}
    return {one.name: words[one.name] if one.repeat == 1 else [words[one.name]] for one in attachments if one.required}


def about_files(attachments: Sequence[Attachment]) -> list[str]:
    """What the description of an operation says of them: each file, and what the answers may be."""
    lines = []
    for one in attachments:
        need = "必須" if one.required else "任意"
        size = size_words(one.max_bytes).ja
        lines.append(
            f"添付 `{one.name}` {one.label_ja}: {kind_words(one.kinds)}、一つ {size}まで、{one.repeat} 個まで、{need}。"
        )
        if one.active == DISARM:
            lines.append(
                f"添付 `{one.name}` は無害化（マクロ、スクリプト、外部へのリンクなどを除いて作り直すこと）をして窓口のシステムに渡します。"
                "渡るファイルは送られたものと同じバイト列ではありません。"
            )
    several = next((one.name for one in attachments if one.repeat > 1), "")
    where = f"（`{several}` の 2 番目のファイルなら `#/{several}/1`）" if several else ""
    lines.append(
        "ファイルは名前、拡張子、Content-Type、中身が合うかを調べ、ウイルス検査を行います。"
        "受け取れないファイルはすべて 422 の `errors` で、"
        f"項目の誤りと一緒に、`pointer` でどのファイルかを示してお答えします{where}。`fault` は {FILE_SCHEMA} の言葉か、"
        f"`{Fault.REPEATED.value}`、`{Fault.TOO_MANY.value}`（数が多い）です。検査ができないときは 503 で、何も受け付けていません。"
    )
    return lines


def fault_schema() -> dict[str, object]:
    """Every word that an answer may have for a file."""
    return {
        "description": "ファイルを受け取れない理由。",
        "oneOf": [
            {"const": fault.value, "title": FILE_WORDS[fault].ja, "description": FILE_WORDS[fault].en}
            for fault in FileFault
        ],
    }


def _property(attachment: Attachment) -> dict[str, object]:
    about = {
        "title": attachment.label_ja,
        "description": f"{attachment.label_ja} / {attachment.label_en}（{kind_words(attachment.kinds)}）",
    }
    types = file_types(attachment)
    file: dict[str, object] = {
        "type": "string",
        "format": "binary",  # what makers of clients go by; 3.1 itself has no word for a part that is raw bytes
        "minLength": 1,
        "maxLength": attachment.max_bytes,
        **({"contentMediaType": types[0]} if len(types) == 1 else {}),
    }
    if attachment.repeat == 1:
        return {**file, **about}
    least = {"minItems": 1} if attachment.required else {}
    return {"type": "array", "items": file, "maxItems": attachment.repeat, **least, **about}
