"""What is wrong with a file, in both languages: what to mend for the citizen whose file it is, and the bounds that its attachment has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from policy.attachments import Attachment
from policy.bilingual import Said
from policy.faults import FileFault

FILE_WORDS: Final[Mapping[FileFault, Said]] = {
    FileFault.MISSING_FILE: Said("このファイルが必要です。添付してください。", "This file is needed. Attach it."),
    FileFault.INFECTED: Said(
        "ウイルス検査で危険なものが見つかりました。このファイルは使わずに、お使いの機器を検査してください。",
        "The virus scan found something dangerous. Do not use this file, and have your device scanned.",
    ),
    FileFault.UNSCANNABLE: Said(
        "ウイルス検査で最後まで調べられないファイルです。分けるか、印刷機能で PDF を作り直してください。",
        "The virus scan cannot look at all of the file. Split it, or make a PDF by printing it.",
    ),
    # the name
    FileFault.NAME_EMPTY: Said("ファイル名がありません。名前を付けてください。", "The file has no name. Give it one."),
    FileFault.NAME_TOO_LONG: Said(
        "ファイル名が長すぎます。短くしてください。", "The file name is too long. Shorten it."
    ),
    FileFault.NAME_CONTROL: Said(
        "ファイル名に制御文字があります。名前を付け直してください。",
        "The file name holds a control character. Rename it.",
    ),
    FileFault.NAME_BIDI: Said(
        "ファイル名に文字の向きを変える記号があります。名前を付け直してください。",
        "The file name holds a character that turns the direction of writing. Rename it.",
    ),
    FileFault.NAME_INVISIBLE: Said(
        "ファイル名に目に見えない文字があります。名前を付け直してください。",
        "The file name holds an invisible character. Rename it.",
    ),
    FileFault.NAME_REPERTOIRE: Said(
        "ファイル名に使えない文字があります。漢字、かな、英数字で名前を付け直してください。",
        "The file name holds a character that cannot be used. Rename it with kanji, kana, letters and digits.",
    ),
    FileFault.NAME_PATH: Said(
        "ファイル名にフォルダーの区切り（/ \\ :）があります。名前だけにしてください。",
        "The file name holds a folder separator (/ \\ :). Use a plain name.",
    ),
    FileFault.NAME_RESERVED: Said(
        "CON、NUL など、Windows が予約している名前です。名前を付け直してください。",
        "The file name is reserved by Windows (CON, NUL and the like). Rename it.",
    ),
    FileFault.NAME_EDGE: Said(
        "ファイル名の最初か最後に点または空白があります。取り除いてください。",
        "The file name begins or ends with a dot or a space. Remove it.",
    ),
    FileFault.NAME_DOUBLE_EXTENSION: Said(
        "ファイル名に拡張子が二つあります。一つにしてください。", "The file name has two extensions. Leave one."
    ),
    # what it says to be, and what it is
    FileFault.EXTENSION_UNKNOWN: Said(
        "この拡張子のファイルは受け取れません。PDF などに変換してください。",
        "Files with this extension are not taken. Convert it, for example to PDF.",
    ),
    FileFault.HEIC: Said(
        "HEIC 形式の写真は受け取れません。JPEG 形式に変換してください。",
        "Photographs in the HEIC format are not taken. Convert it to JPEG.",
    ),
    FileFault.TYPE_DISAGREES: Said(
        "送られた種類（Content-Type）と拡張子が合いません。正しい拡張子で保存し直してください。",
        "The declared type and the extension do not agree. Save the file again with the right extension.",
    ),
    FileFault.CONTENT_DISAGREES: Said(
        "ファイルの中身と拡張子が合いません。正しい形式で保存し直してください。",
        "The content and the extension do not agree. Save the file again in the right format.",
    ),
    FileFault.CONTENT_EMPTY: Said(
        "ファイルが空です。中身を確かめてください。", "The file is empty. Look at what is in it."
    ),
    FileFault.KIND_NOT_TAKEN: Said(
        "この手続では、この種類のファイルは受け取れません。", "This procedure does not take files of this kind."
    ),
    FileFault.FILE_TOO_LARGE: Said(
        "ファイルが大きすぎます。小さくするか、分けてください。", "The file is too large. Make it smaller or split it."
    ),
    FileFault.POLYGLOT: Said(
        "二つの形式を兼ねるファイルは受け取れません。一つの形式で保存し直してください。",
        "The file is of two formats at once. Save it again as one.",
    ),
    FileFault.TRAILING_DATA: Said(
        "ファイルの終わりの後に余分なデータがあります。別のソフトで開いて保存し直してください。",
        "There is data behind the end of the file. Open it in another program and save it again.",
    ),
    FileFault.DAMAGED: Said(
        "ファイルが壊れています。開けるか確かめ、保存し直してください。",
        "The file is damaged. See whether it opens, and save it again.",
    ),
    # texts
    FileFault.TEXT_ENCODING: Said(
        "文字コードを読めません。UTF-8 かシフト JIS で保存し直してください。",
        "The encoding cannot be read. Save the file again as UTF-8 or Shift JIS.",
    ),
    FileFault.TEXT_CHARACTER: Said(
        "テキストに制御文字か目に見えない文字があります。取り除いてください。",
        "The text holds a control or invisible character. Remove it.",
    ),
    FileFault.TEXT_IS_CODE: Said(
        "テキストではなく、プログラムか別の形式の文書です。テキストとして保存し直してください。",
        "This is a program or another kind of document. Save it again as plain text.",
    ),
    FileFault.CSV_FORMULA: Said(
        "CSV に数式があります。数式を値に直してください。", "The CSV holds a formula. Replace it by its value."
    ),
    FileFault.CSV_TOO_LARGE: Said(
        "CSV の行か列が多すぎます。分けてください。", "The CSV has too many rows or columns. Split it."
    ),
    # pictures
    FileFault.IMAGE_TOO_LARGE: Said(
        "画像の縦横が大きすぎます。縮小してください。", "The picture is too wide, too high or both. Make it smaller."
    ),
    FileFault.IMAGE_FRAMES: Said(
        "画像のページかコマが多すぎます。減らすか、分けてください。",
        "The picture has too many pages or frames. Split it or leave some out.",
    ),
    FileFault.IMAGE_PARTS: Said(
        "画像の作りが複雑すぎます。別のソフトで保存し直してください。",
        "The picture has too many parts. Save it again with another program.",
    ),
    # archives
    FileFault.ARCHIVE_ENTRIES: Said(
        "ZIP の中のファイルが多すぎます。分けてください。", "The ZIP holds too many files. Split it."
    ),
    FileFault.ARCHIVE_DEPTH: Said(
        "ZIP の中に ZIP が重なりすぎています。まとめ直してください。",
        "The ZIP holds ZIPs too deep. Pack the files anew.",
    ),
    FileFault.ARCHIVE_SIZE: Said(
        "ZIP を開くと大きすぎます。分けてください。", "What the ZIP unpacks to is too large. Split it."
    ),
    FileFault.ARCHIVE_RATIO: Said(
        "ZIP の圧縮率が高すぎます。圧縮せずに送ってください。",
        "The ZIP is compressed too far. Send the files without compression.",
    ),
    FileFault.ARCHIVE_ENCRYPTED: Said(
        "パスワード付きの ZIP は検査できません。パスワードを外してください。",
        "A ZIP with a password cannot be examined. Remove the password.",
    ),
    FileFault.ARCHIVE_METHOD: Said(
        "この圧縮方式の ZIP は受け取れません。標準の方式で作り直してください。",
        "The ZIP's compression method is not taken. Make it again with the standard one.",
    ),
    FileFault.ARCHIVE_ZIP64: Said(
        "ZIP64 形式は受け取れません。標準の ZIP で作り直してください。",
        "The ZIP64 format is not taken. Make it again as a standard ZIP.",
    ),
    FileFault.ARCHIVE_NAME: Said(
        "ZIP の中に使えない名前のファイルがあります。名前を直して作り直してください。",
        "The ZIP holds a file with a name that cannot be used. Rename it and pack again.",
    ),
    FileFault.ARCHIVE_LINK: Said(
        "ZIP の中にリンクか特殊ファイルがあります。取り除いてください。",
        "The ZIP holds a link or a special file. Remove it.",
    ),
    FileFault.ARCHIVE_DUPLICATE: Said(
        "ZIP の中に同じ名前のファイルが二つあります。作り直してください。",
        "The ZIP holds two files with one name. Pack it again.",
    ),
    FileFault.ARCHIVE_OVERLAP: Said(
        "ZIP の中のファイルが重なり合っています。作り直してください。",
        "Files in the ZIP share the same bytes. Pack it again.",
    ),
    FileFault.ARCHIVE_GAP: Said(
        "ZIP の中に目録にないデータがあります。作り直してください。",
        "The ZIP holds data that its directory does not name. Pack it again.",
    ),
    FileFault.ARCHIVE_DISAGREES: Said(
        "ZIP の目録と中身が合いません。作り直してください。",
        "The ZIP's directory and its content do not agree. Pack it again.",
    ),
    # Office documents
    FileFault.OFFICE_MACRO: Said(
        "マクロのある文書は受け取れません。マクロなしで保存し直してください。",
        "Documents with macros are not taken. Save it again without.",
    ),
    FileFault.OFFICE_OBJECT: Said(
        "文書に別のファイルかオブジェクトが埋め込まれています。取り除いてください。",
        "Another file or an object is embedded in the document. Remove it.",
    ),
    FileFault.OFFICE_CONTROL: Said(
        "文書に ActiveX などの部品があります。取り除いてください。",
        "The document holds ActiveX or another control. Remove it.",
    ),
    FileFault.OFFICE_EXTERNAL: Said(
        "文書が外部のファイルかデータを読み込みます。リンクを解除してください。",
        "The document loads a file or data from elsewhere. Break the link.",
    ),
    FileFault.OFFICE_TEMPLATE: Said(
        "文書が外部のテンプレートを読み込みます。テンプレートを外してください。",
        "The document loads a template from elsewhere. Detach it.",
    ),
    FileFault.OFFICE_FIELD: Said(
        "文書に外部を呼び出すフィールドか数式（DDE など）があります。取り除いてください。",
        "The document holds a field or formula that calls something else (DDE and the like). Remove it.",
    ),
    FileFault.OFFICE_PART: Said(
        "文書に受け取れない部品があります。PDF に変換してください。",
        "The document holds a part that is not taken. Convert it to PDF.",
    ),
    FileFault.XML_INVALID: Said(
        "文書の中の XML を読めません。保存し直してください。", "XML in the document cannot be read. Save it again."
    ),
    FileFault.XML_TOO_LARGE: Said(
        "文書の中の XML が大きすぎるか深すぎます。分けてください。",
        "XML in the document is too large or too deep. Split it.",
    ),
    # PDF
    FileFault.PDF_ENCRYPTED: Said(
        "パスワードか制限のある PDF は検査できません。解除してください。",
        "A PDF with a password or restrictions cannot be examined. Remove them.",
    ),
    FileFault.PDF_SCRIPT: Said(
        "PDF に JavaScript があります。取り除いてください。", "The PDF holds JavaScript. Remove it."
    ),
    FileFault.PDF_ACTION: Said(
        "PDF に自動で動く処理があります。印刷機能で PDF を作り直してください。",
        "The PDF holds something that acts by itself. Make it again by printing to PDF.",
    ),
    FileFault.PDF_LAUNCH: Said(
        "PDF がプログラムを起動しようとします。取り除いてください。", "The PDF would start a program. Remove that."
    ),
    FileFault.PDF_ATTACHMENT: Said(
        "PDF にファイルが添付されています。別々に送ってください。", "A file is attached to the PDF. Send it by itself."
    ),
    FileFault.PDF_MEDIA: Said(
        "PDF に動画、音声か立体データがあります。取り除いてください。",
        "The PDF holds video, sound or 3D data. Remove it.",
    ),
    FileFault.PDF_XFA: Said(
        "XFA フォームの PDF は受け取れません。印刷機能で PDF を作り直してください。",
        "PDFs with XFA forms are not taken. Make it again by printing to PDF.",
    ),
    FileFault.PDF_EXTERNAL: Said(
        "PDF が外部のファイルや送信先を使います。リンクを取り除いてください。",
        "The PDF uses a file or an address elsewhere. Remove the link.",
    ),
    FileFault.PDF_TOO_LARGE: Said(
        "PDF の作りが大きすぎるか深すぎます。分けてください。", "The PDF has too many or too deep objects. Split it."
    ),
    # no verdict, where other things are wrong too
    FileFault.NOT_EXAMINED: Said(
        "今回はファイルの検査ができませんでした。ほかを直してから、もう一度一緒に送ってください。",
        "The file could not be examined this time. Mend the rest, then send it again together.",
    ),
    # disarming
    FileFault.NOT_DISARMED: Said(
        "このファイルは無害化できません。印刷機能で PDF を作り直してください。",
        "This file cannot be made harmless without losing something. Make it again by printing to PDF.",
    ),
}
# Where the sentence alone does not say what would do
_NEEDS_KINDS: Final = frozenset(
    {
        FileFault.MISSING_FILE, FileFault.EXTENSION_UNKNOWN, FileFault.HEIC, FileFault.TYPE_DISAGREES,
        FileFault.CONTENT_DISAGREES, FileFault.KIND_NOT_TAKEN,
    }
)  # fmt: skip
_UNITS: Final = ((10**6, "MB"), (10**3, "KB"))  # of SI: no file is told to fit that does not


def file_sentence(detail: str, attachment: Attachment) -> Said | None:
    """What to mend in a file of `attachment`; None for a word that is not one of a file."""
    if detail not in FILE_WORDS:
        return None
    said = FILE_WORDS[FileFault(detail)]
    if detail == FileFault.FILE_TOO_LARGE:
        most = size_words(attachment.max_bytes)
        return Said(f"{said.ja}一つのファイルは{most.ja}までです。", f"{said.en} One file may have at most {most.en}.")
    if detail in _NEEDS_KINDS:
        kinds = kind_words(attachment.kinds)
        return Said(f"{said.ja}受け取れる種類: {kinds}。", f"{said.en} Kinds taken: {kinds}.")
    return said


def size_words(size: int) -> Said:
    """In bytes, and where they are many also in the largest unit of which there is one, rounded down."""
    exact = Said(f"{size:,} バイト", f"{size:,} bytes")
    for unit, name in _UNITS:
        if size >= unit:
            about = f"{size * 10 // unit / 10:g} {name}"
            return Said(f"{about}（{exact.ja}）", f"{about} ({exact.en})")
    return exact


def kind_words(kinds: Iterable[str]) -> str:
    return ", ".join([kind.upper() for kind in kinds])
