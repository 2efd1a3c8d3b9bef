"""THE outcome table: every way a transfer can end, what its peer is told, and the name it has in log and metric.

`Reason.value` is the log code and the metric label. A row says the HTTP status, the stage that decides, and the words
for the citizen in Japanese and English. The words tell what to mend and nothing about the inside.
`docs/reasons.md` is generated from this table (`python -m relay.base.reasons`), and a test compares the two.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Stage(enum.StrEnum):
    """Where a transfer ended; a metric label, so this set stays closed."""

    CONNECTION = "connection"
    TLS = "tls"
    FRAMING = "framing"
    BODY = "body"
    ROUTE = "route"
    SCHEMA = "schema"
    RULES = "rules"
    FILES = "files"
    LEDGER = "ledger"
    EGRESS = "egress"
    GATE = "gate"
    APPLICATION = "application"
    RESPONSE = "response"
    PEER = "peer"
    INTERNAL = "internal"


class Reason(enum.StrEnum):
    """Closed set. A member without a row in `ROWS` fails at import."""

    ADMITTED = "admitted"
    # connection and TLS: no HTTP answer is possible, or none is owed
    CONNECTIONS_EXCEEDED = "connections_exceeded"
    SOURCE_CONNECTIONS_EXCEEDED = "source_connections_exceeded"
    TLS_HANDSHAKE_FAILED = "tls_handshake_failed"
    TLS_HANDSHAKE_TIMEOUT = "tls_handshake_timeout"
    TLS_NAME_UNKNOWN = "tls_name_unknown"
    TLS_RECORD_INVALID = "tls_record_invalid"
    PEER_CLOSED = "peer_closed"
    ANSWER_NOT_READ = "answer_not_read"
    # framing: the raw bytes of one HTTP/1.1 request
    REQUEST_LINE_INVALID = "request_line_invalid"
    TARGET_INVALID = "target_invalid"
    TARGET_TOO_LONG = "target_too_long"
    METHOD_NOT_IMPLEMENTED = "method_not_implemented"
    VERSION_NOT_SUPPORTED = "version_not_supported"
    HEADER_INVALID = "header_invalid"
    HEADERS_TOO_LARGE = "headers_too_large"
    HOST_INVALID = "host_invalid"
    HOST_MISDIRECTED = "host_misdirected"
    LENGTH_CONFLICT = "length_conflict"
    LENGTH_INVALID = "length_invalid"
    TRANSFER_ENCODING_INVALID = "transfer_encoding_invalid"
    CHUNK_INVALID = "chunk_invalid"
    TRAILER_INVALID = "trailer_invalid"
    UPGRADE_REFUSED = "upgrade_refused"
    EXPECTATION_FAILED = "expectation_failed"
    BODY_INCOMPLETE = "body_incomplete"
    HEADERS_TIMEOUT = "headers_timeout"
    BODY_TIMEOUT = "body_timeout"
    # body
    BODY_TOO_LARGE = "body_too_large"
    BODY_UNEXPECTED = "body_unexpected"
    CONTENT_TYPE_UNSUPPORTED = "content_type_unsupported"
    CONTENT_ENCODING_UNSUPPORTED = "content_encoding_unsupported"
    CHARSET_INVALID = "charset_invalid"
    CHARSET_UNDECODABLE = "charset_undecodable"
    URLENCODED_INVALID = "urlencoded_invalid"
    MULTIPART_INVALID = "multipart_invalid"
    JSON_INVALID = "json_invalid"
    PARTS_EXCEEDED = "parts_exceeded"
    FIELDS_EXCEEDED = "fields_exceeded"
    FIELD_TOO_LARGE = "field_too_large"
    NAME_TOO_LONG = "name_too_long"
    NESTING_TOO_DEEP = "nesting_too_deep"
    # route, schema, rules, files
    ROUTE_UNKNOWN = "route_unknown"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    QUERY_INVALID = "query_invalid"
    FIELD_UNDECLARED = "field_undeclared"
    FIELD_MISSING = "field_missing"
    FIELD_REPEATED = "field_repeated"
    FIELD_INVALID = "field_invalid"
    FILE_UNDECLARED = "file_undeclared"
    FILE_MISSING = "file_missing"
    FILE_INVALID = "file_invalid"
    RULES_MATCHED = "rules_matched"
    # the scanner of attached files
    SCANNER_UNAVAILABLE = "scanner_unavailable"
    SCANNER_INVALID = "scanner_invalid"
    SCAN_TIMEOUT = "scan_timeout"
    SCAN_FAILED = "scan_failed"
    # dependencies
    OVERLOADED = "overloaded"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
    EGRESS_UNAVAILABLE = "egress_unavailable"
    EGRESS_LOST = "egress_lost"
    GATE_UNAVAILABLE = "gate_unavailable"
    GATE_TIMEOUT = "gate_timeout"
    GATE_LINK_INVALID = "gate_link_invalid"
    RECEIPT_INVALID = "receipt_invalid"
    APPLICATION_UNAVAILABLE = "application_unavailable"
    APPLICATION_TIMEOUT = "application_timeout"
    APPLICATION_INVALID = "application_invalid"
    RESPONSE_TOO_LARGE = "response_too_large"
    RESPONSE_INVALID = "response_invalid"
    RESPONSE_REFUSED = "response_refused"
    RESPONSE_UNRECORDED = "response_unrecorded"
    # egress: what it refuses to send, whoever asks
    PERMIT_MISSING = "permit_missing"
    PERMIT_INVALID = "permit_invalid"
    PERMIT_MISMATCH = "permit_mismatch"
    PERMIT_EXPIRED = "permit_expired"
    PERMIT_REUSED = "permit_reused"
    IPC_VIOLATION = "ipc_violation"
    # gate: what it refuses to open, whoever asks
    ENVELOPE_INVALID = "envelope_invalid"
    SENDER_UNKNOWN = "sender_unknown"
    RECIPIENT_UNKNOWN = "recipient_unknown"
    SIGNATURE_INVALID = "signature_invalid"
    ENVELOPE_STALE = "envelope_stale"
    ENVELOPE_REPLAYED = "envelope_replayed"
    RELAY_UNKNOWN = "relay_unknown"
    # a peer's certificate, on either side of a mutual TLS link
    CERT_MISSING = "cert_missing"
    CERT_INVALID = "cert_invalid"
    CERT_EXPIRED = "cert_expired"
    CERT_NOT_YET_VALID = "cert_not_yet_valid"
    CERT_UNTRUSTED = "cert_untrusted"
    CERT_SELF_SIGNED = "cert_self_signed"
    CERT_NAME_MISMATCH = "cert_name_mismatch"
    CERT_USAGE_MISMATCH = "cert_usage_mismatch"
    CERT_PIN_MISMATCH = "cert_pin_mismatch"
    CERT_REVOKED = "cert_revoked"
    CERT_KEY_WEAK = "cert_key_weak"
    CRL_STALE = "crl_stale"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Row:
    """What follows from a reason: `status` is the HTTP status code, 0 where no HTTP answer can be given."""

    status: int
    stage: Stage
    ja: str
    en: str


_AGAIN_JA = "しばらくしてから、もう一度お試しください。申請は受け付けられていません。"
_AGAIN_EN = "Please try again later. Nothing has been accepted."
_SOFTWARE_JA = (
    "ご利用のソフトウェアが正しくない形式の要求を送りました。ブラウザーを更新するか、別のものでお試しください。"
)
_SOFTWARE_EN = "Your software sent a request in a form that is not correct. Update the browser or try another one."


def _malformed(ja: str, en: str, status: int = 400, stage: Stage = Stage.FRAMING) -> Row:
    return Row(status, stage, ja + _SOFTWARE_JA, f"{en} {_SOFTWARE_EN}")


def _later(
    stage: Stage,
    status: int = 503,
    ja: str = "ただいま手続を受け付けられません。",
    en: str = "The service cannot take requests now.",
) -> Row:
    return Row(status, stage, ja + _AGAIN_JA, f"{en} {_AGAIN_EN}")


def _unexamined() -> Row:
    return _later(
        Stage.FILES,
        ja="添付ファイルの検査ができませんでした。",
        en="The attached files could not be examined.",
    )


def _silent(stage: Stage) -> Row:
    return Row(0, stage, "", "")


ROWS: dict[Reason, Row] = {
    Reason.ADMITTED: Row(200, Stage.APPLICATION, "受け付けました。", "Admitted."),
    Reason.CONNECTIONS_EXCEEDED: _silent(Stage.CONNECTION),
    Reason.SOURCE_CONNECTIONS_EXCEEDED: _silent(Stage.CONNECTION),
    Reason.TLS_HANDSHAKE_FAILED: _silent(Stage.TLS),
    Reason.TLS_HANDSHAKE_TIMEOUT: _silent(Stage.TLS),
    Reason.TLS_NAME_UNKNOWN: _silent(Stage.TLS),
    Reason.TLS_RECORD_INVALID: _silent(Stage.TLS),
    Reason.PEER_CLOSED: _silent(Stage.CONNECTION),
    Reason.ANSWER_NOT_READ: _silent(Stage.CONNECTION),
    Reason.REQUEST_LINE_INVALID: _malformed("要求の一行目が正しくありません。", "The request line is not correct."),
    Reason.TARGET_INVALID: _malformed("アドレス（URL）が正しくありません。", "The address (URL) is not correct."),
    Reason.TARGET_TOO_LONG: Row(
        414,
        Stage.FRAMING,
        "アドレス（URL）が長すぎます。短くしてください。",
        "The address (URL) is too long. Shorten it.",
    ),
    Reason.METHOD_NOT_IMPLEMENTED: _malformed(
        "この要求方法（メソッド）は使えません。", "This method cannot be used.", 501
    ),
    Reason.VERSION_NOT_SUPPORTED: _malformed("HTTP/1.1 で接続してください。", "Connect with HTTP/1.1.", 505),
    Reason.HEADER_INVALID: _malformed("要求のヘッダーが正しくありません。", "A header field is not correct."),
    Reason.HEADERS_TOO_LARGE: Row(
        431,
        Stage.FRAMING,
        "要求のヘッダーが大きすぎます。このサイトの Cookie を削除してお試しください。",
        "The header fields are too large. Delete this site's cookies and try again.",
    ),
    Reason.HOST_INVALID: _malformed("宛先のホスト名が正しくありません。", "The host name is not correct."),
    Reason.HOST_MISDIRECTED: Row(
        421,
        Stage.ROUTE,
        "この接続では、そのホスト名の手続を扱えません。アドレス（URL）を確かめてください。",
        "This connection does not serve that host name. Check the address (URL).",
    ),
    Reason.LENGTH_CONFLICT: _malformed(
        "本文の長さが二通りに書かれています。", "The length of the body is given in two ways."
    ),
    Reason.LENGTH_INVALID: _malformed("本文の長さが正しくありません。", "The length of the body is not correct."),
    Reason.TRANSFER_ENCODING_INVALID: _malformed(
        "本文の送り方（Transfer-Encoding）が使えません。", "This Transfer-Encoding cannot be used.", 501
    ),
    Reason.CHUNK_INVALID: _malformed("本文の区切り（chunk）が正しくありません。", "The chunked body is not correct."),
    Reason.TRAILER_INVALID: _malformed(
        "本文の後のヘッダー（trailer）が正しくありません。", "A trailer field is not correct."
    ),
    Reason.UPGRADE_REFUSED: _malformed(
        "この接続の切替え（Upgrade）は使えません。", "This connection cannot be upgraded."
    ),
    Reason.EXPECTATION_FAILED: _malformed("この Expect は満たせません。", "This expectation cannot be met.", 417),
    Reason.BODY_INCOMPLETE: _malformed("本文が途中で終わりました。", "The body ended too early."),
    Reason.HEADERS_TIMEOUT: Row(
        408,
        Stage.FRAMING,
        "時間内に要求が届きませんでした。もう一度お試しください。",
        "The request did not arrive in time. Try again.",
    ),
    Reason.BODY_TIMEOUT: Row(
        408,
        Stage.FRAMING,
        "時間内に本文が届きませんでした。通信状態のよい所でもう一度お試しください。",
        "The body did not arrive in time. Try again where the connection is better.",
    ),
    Reason.BODY_TOO_LARGE: Row(
        413,
        Stage.BODY,
        "送られた内容が大きすぎます。添付ファイルを小さくしてください。",
        "What you sent is too large. Make the attached files smaller.",
    ),
    Reason.BODY_UNEXPECTED: Row(400, Stage.BODY, "この手続では本文を送れません。", "This request may not have a body."),
    Reason.CONTENT_TYPE_UNSUPPORTED: Row(
        415,
        Stage.BODY,
        "この形式（Content-Type）では申請できません。",
        "This procedure does not take that Content-Type.",
    ),
    Reason.CONTENT_ENCODING_UNSUPPORTED: Row(
        415,
        Stage.BODY,
        "圧縮した内容は受け付けられません。圧縮せずに送ってください。",
        "Compressed content is not taken. Send it uncompressed.",
    ),
    Reason.CHARSET_INVALID: Row(
        400, Stage.BODY, "文字コードが UTF-8 として正しくありません。", "The text is not correct UTF-8."
    ),
    Reason.CHARSET_UNDECODABLE: Row(
        400,
        Stage.BODY,
        "使えない文字（外字など）か、文字コード（Shift_JIS、EUC-JP）として正しくない文字があります。別の文字で入力してください。",
        "Some text is not correct in its encoding (Shift_JIS, EUC-JP), or is a private character. Enter other characters.",
    ),
    Reason.URLENCODED_INVALID: _malformed(
        "フォームの形式が正しくありません。", "The form is not correctly encoded.", stage=Stage.BODY
    ),
    Reason.MULTIPART_INVALID: _malformed(
        "フォーム（multipart）の形式が正しくありません。", "The multipart form is not correct.", stage=Stage.BODY
    ),
    Reason.JSON_INVALID: _malformed(
        "JSON の形式が正しくありません。", "The JSON text is not correct.", stage=Stage.BODY
    ),
    Reason.PARTS_EXCEEDED: Row(413, Stage.BODY, "フォームの部分の数が多すぎます。", "The form has too many parts."),
    Reason.FIELDS_EXCEEDED: Row(413, Stage.BODY, "フォームの項目の数が多すぎます。", "The form has too many fields."),
    Reason.FIELD_TOO_LARGE: Row(
        413, Stage.BODY, "長すぎる項目があります。短くしてください。", "A field is too long. Shorten it."
    ),
    Reason.NAME_TOO_LONG: Row(
        413, Stage.BODY, "項目またはファイルの名前が長すぎます。", "The name of a field or file is too long."
    ),
    Reason.NESTING_TOO_DEEP: Row(413, Stage.BODY, "入れ子が深すぎます。", "The content is nested too deeply."),
    Reason.ROUTE_UNKNOWN: Row(
        404,
        Stage.ROUTE,
        "その手続は見つかりません。アドレス（URL）を確かめてください。",
        "There is no such procedure. Check the address (URL).",
    ),
    Reason.METHOD_NOT_ALLOWED: Row(
        405,
        Stage.ROUTE,
        "この手続では、その要求方法（メソッド）は使えません。",
        "This procedure does not take that method.",
    ),
    Reason.QUERY_INVALID: Row(
        400,
        Stage.ROUTE,
        "アドレス（URL）の ? より後が正しくありません。",
        "The part of the address after ? is not correct.",
    ),
    Reason.FIELD_UNDECLARED: Row(
        422,
        Stage.SCHEMA,
        "この手続では受け取れない項目が含まれています。",
        "The form holds a field that this procedure does not take.",
    ),
    Reason.FIELD_MISSING: Row(
        422, Stage.SCHEMA, "記入が必要な項目が空いています。", "A field that must be filled in is empty or missing."
    ),
    Reason.FIELD_REPEATED: Row(
        422,
        Stage.SCHEMA,
        "一度だけ送る項目が、二度以上送られました。",
        "A field that may be sent once was sent more than once.",
    ),
    Reason.FIELD_INVALID: Row(
        422, Stage.SCHEMA, "書き方の正しくない項目があります。", "A field is not filled in correctly."
    ),
    Reason.FILE_UNDECLARED: Row(
        422,
        Stage.FILES,
        "この手続では添付ファイルを受け取れません。",
        "This procedure does not take that attached file.",
    ),
    Reason.FILE_MISSING: Row(
        422, Stage.FILES, "必要な添付ファイルがありません。", "A required attached file is missing."
    ),
    Reason.FILE_INVALID: Row(
        422, Stage.FILES, "受け取れない添付ファイルがあります。", "An attached file cannot be taken."
    ),
    Reason.RULES_MATCHED: Row(
        403,
        Stage.RULES,
        "内容に、攻撃と見分けられない部分があったため受け付けられません。受付番号を添えて窓口にお問い合わせください。",
        "Part of the content cannot be told from an attack, so it was refused. Contact the office and quote the reference.",
    ),
    Reason.SCANNER_UNAVAILABLE: _unexamined(),
    Reason.SCANNER_INVALID: _unexamined(),
    Reason.SCAN_TIMEOUT: _unexamined(),
    Reason.SCAN_FAILED: _unexamined(),
    Reason.OVERLOADED: _later(Stage.CONNECTION, ja="混み合っています。", en="The service is busy."),
    Reason.LEDGER_UNAVAILABLE: _later(Stage.LEDGER),
    Reason.EGRESS_UNAVAILABLE: _later(Stage.EGRESS),
    Reason.EGRESS_LOST: Row(
        502,
        Stage.EGRESS,
        "送信の途中で処理が中断しました。届いている場合があります。受付番号を添えて窓口でお確かめください。",
        "Sending was interrupted midway. It may have arrived: ask the office and quote the reference.",
    ),
    Reason.GATE_UNAVAILABLE: _later(Stage.GATE),
    Reason.GATE_TIMEOUT: Row(
        504,
        Stage.GATE,
        "役所側の応答を確認できませんでした。届いている場合があります。受付番号を添えて窓口でお確かめください。",
        "No answer came from the municipality in time. It may have arrived: ask the office and quote the reference.",
    ),
    Reason.GATE_LINK_INVALID: Row(
        502,
        Stage.GATE,
        "役所側との通信が途中で乱れました。届いている場合があります。受付番号を添えて窓口でお確かめください。",
        "The link to the municipality failed midway. It may have arrived: ask the office and quote the reference.",
    ),
    Reason.RECEIPT_INVALID: Row(
        502,
        Stage.GATE,
        "受領の証明を確認できませんでした。受付番号を添えて窓口でお確かめください。",
        "The receipt could not be verified. Ask the office and quote the reference.",
    ),
    Reason.APPLICATION_UNAVAILABLE: _later(Stage.APPLICATION, 502),
    Reason.APPLICATION_TIMEOUT: Row(
        504,
        Stage.APPLICATION,
        "役所側のシステムが時間内に応答しませんでした。届いている場合があります。受付番号を添えて窓口でお確かめください。",
        "The municipality's system did not answer in time. It may have arrived: ask the office and quote the reference.",
    ),
    Reason.APPLICATION_INVALID: Row(
        502,
        Stage.APPLICATION,
        "役所側のシステムの応答が正しくありませんでした。受付番号を添えて窓口でお確かめください。",
        "The municipality's system gave an answer that is not correct. Ask the office and quote the reference.",
    ),
    Reason.RESPONSE_TOO_LARGE: Row(
        502, Stage.RESPONSE, "応答が大きすぎるため表示できません。", "The answer is too large to be shown."
    ),
    Reason.RESPONSE_INVALID: Row(
        502, Stage.RESPONSE, "応答を安全に表示できません。", "The answer cannot be shown safely."
    ),
    Reason.RESPONSE_REFUSED: Row(
        502,
        Stage.RESPONSE,
        "手続の内容は役所に届きましたが、応答を安全に表示できません。受付番号を添えて窓口にお問い合わせください。",
        "The request reached the office, but its answer cannot be shown safely. Contact the office and quote the reference.",
    ),
    Reason.RESPONSE_UNRECORDED: Row(
        503,
        Stage.LEDGER,
        "手続の内容は役所に届きましたが、応答を表示できません。もう一度送らずに、受付番号を添えて窓口にお問い合わせください。",
        "The request reached the office, but its answer cannot be shown. Do not send it again: "
        "contact the office and quote the reference.",
    ),
    Reason.PERMIT_MISSING: _later(Stage.EGRESS),
    Reason.PERMIT_INVALID: _later(Stage.EGRESS),
    Reason.PERMIT_MISMATCH: _later(Stage.EGRESS),
    Reason.PERMIT_EXPIRED: _later(Stage.EGRESS),
    Reason.PERMIT_REUSED: _later(Stage.EGRESS),
    Reason.IPC_VIOLATION: _silent(Stage.INTERNAL),
    Reason.ENVELOPE_INVALID: _later(Stage.GATE, 502),
    Reason.SENDER_UNKNOWN: _later(Stage.GATE, 502),
    Reason.RECIPIENT_UNKNOWN: _later(Stage.GATE, 502),
    Reason.SIGNATURE_INVALID: _later(Stage.GATE, 502),
    Reason.ENVELOPE_STALE: _later(Stage.GATE, 502),
    Reason.ENVELOPE_REPLAYED: _later(Stage.GATE, 502),
    Reason.RELAY_UNKNOWN: _later(Stage.GATE, 502),
    Reason.CERT_MISSING: _later(Stage.PEER),
    Reason.CERT_INVALID: _later(Stage.PEER),
    Reason.CERT_EXPIRED: _later(Stage.PEER),
    Reason.CERT_NOT_YET_VALID: _later(Stage.PEER),
    Reason.CERT_UNTRUSTED: _later(Stage.PEER),
    Reason.CERT_SELF_SIGNED: _later(Stage.PEER),
    Reason.CERT_NAME_MISMATCH: _later(Stage.PEER),
    Reason.CERT_USAGE_MISMATCH: _later(Stage.PEER),
    Reason.CERT_PIN_MISMATCH: _later(Stage.PEER),
    Reason.CERT_REVOKED: _later(Stage.PEER),
    Reason.CERT_KEY_WEAK: _later(Stage.PEER),
    Reason.CRL_STALE: _later(Stage.PEER),
    Reason.INTERNAL_ERROR: _later(Stage.INTERNAL, 500),
}

_without_row = set(Reason) - ROWS.keys()
if _without_row:
    raise LookupError(f"reasons without a row: {sorted(_without_row)}")


def row(reason: Reason) -> Row:
    """The row of `reason`; total, because the import checked it."""
    return ROWS[reason]


def as_markdown() -> str:
    """The table as `docs/reasons.md` shows it."""
    lines = [
        "# Reasons",
        "",
        "Generated from `relay/base/reasons.py` by `python -m relay.base.reasons`; a test compares them.",
        "`—` in the status column: the connection ends without an HTTP answer.",
        "",
        "| reason | status | stage | ja | en |",
        "|---|---|---|---|---|",
    ]
    for reason, entry in ROWS.items():
        lines.append(f"| `{reason.value}` | {entry.status or '—'} | {entry.stage.value} | {entry.ja} | {entry.en} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
