"""What each word of `content.faults` says to the citizen whose file it is: what to mend, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from content.faults import Fault


class Said(NamedTuple):
    ja: str
    en: str


WORDS: Final[Mapping[Fault, Said]] = {
    # the name
    Fault.NAME_EMPTY: Said("ファイル名がありません。名前を付けてください。", "The file has no name. Give it one."),
    Fault.NAME_TOO_LONG: Said("ファイル名が長すぎます。短くしてください。", "The file name is too long. Shorten it."),
    Fault.NAME_CONTROL: Said(
        "ファイル名に制御文字があります。名前を付け直してください。",
        "The file name holds a control character. Rename it.",
    ),
    Fault.NAME_BIDI: Said(
        "ファイル名に文字の向きを変える記号があります。名前を付け直してください。",
        "The file name holds a character that turns the direction of writing. Rename it.",
    ),
    Fault.NAME_INVISIBLE: Said(
        "ファイル名に目に見えない文字があります。名前を付け直してください。",
        "The file name holds an invisible character. Rename it.",
    ),
    Fault.NAME_REPERTOIRE: Said(
        "ファイル名に使えない文字があります。漢字、かな、英数字で名前を付け直してください。",
        "The file name holds a character that cannot be used. Rename it with kanji, kana, letters and digits.",
    ),
    Fault.NAME_PATH: Said(
        "ファイル名にフォルダーの区切り（/ \\ :）があります。名前だけにしてください。",
        "The file name holds a folder separator (/ \\ :). Use a plain name.",
    ),
    Fault.NAME_RESERVED: Said(
        "CON、NUL など、Windows が予約している名前です。名前を付け直してください。",
        "The file name is reserved by Windows (CON, NUL and the like). Rename it.",
    ),
    Fault.NAME_EDGE: Said(
        "ファイル名の最初か最後に点または空白があります。取り除いてください。",
        "The file name begins or ends with a dot or a space. Remove it.",
    ),
    Fault.NAME_DOUBLE_EXTENSION: Said(
        "ファイル名に拡張子が二つあります。一つにしてください。", "The file name has two extensions. Leave one."
    ),
    # what it says to be, and what it is
    Fault.EXTENSION_UNKNOWN: Said(
        "この拡張子のファイルは受け取れません。PDF などに変換してください。",
        "Files with this extension are not taken. Convert it, for example to PDF.",
    ),
    Fault.HEIC: Said(
        "HEIC 形式の写真は受け取れません。JPEG 形式に変換してください。",
        "Photographs in the HEIC format are not taken. Convert it to JPEG.",
    ),
    Fault.TYPE_DISAGREES: Said(
        "送られた種類（Content-Type）と拡張子が合いません。正しい拡張子で保存し直してください。",
        "The declared type and the extension do not agree. Save the file again with the right extension.",
    ),
    Fault.CONTENT_DISAGREES: Said(
        "ファイルの中身と拡張子が合いません。正しい形式で保存し直してください。",
        "The content and the extension do not agree. Save the file again in the right format.",
    ),
    Fault.CONTENT_EMPTY: Said(
        "ファイルが空です。中身を確かめてください。", "The file is empty. Look at what is in it."
    ),
    Fault.KIND_NOT_TAKEN: Said(
        "この手続では、この種類のファイルは受け取れません。", "This procedure does not take files of this kind."
    ),
    Fault.FILE_TOO_LARGE: Said(
        "ファイルが大きすぎます。小さくするか、分けてください。", "The file is too large. Make it smaller or split it."
    ),
    Fault.POLYGLOT: Said(
        "二つの形式を兼ねるファイルは受け取れません。一つの形式で保存し直してください。",
        "The file is of two formats at once. Save it again as one.",
    ),
    Fault.TRAILING_DATA: Said(
        "ファイルの終わりの後に余分なデータがあります。別のソフトで開いて保存し直してください。",
        "There is data behind the end of the file. Open it in another program and save it again.",
    ),
    Fault.DAMAGED: Said(
        "ファイルが壊れています。開けるか確かめ、保存し直してください。",
        "The file is damaged. See whether it opens, and save it again.",
    ),
    # texts
    Fault.TEXT_ENCODING: Said(
        "文字コードを読めません。UTF-8 かシフト JIS で保存し直してください。",
        "The encoding cannot be read. Save the file again as UTF-8 or Shift JIS.",
    ),
    Fault.TEXT_CHARACTER: Said(
        "テキストに制御文字か目に見えない文字があります。取り除いてください。",
        "The text holds a control or invisible character. Remove it.",
    ),
    Fault.TEXT_IS_CODE: Said(
        "テキストではなく、プログラムか別の形式の文書です。テキストとして保存し直してください。",
        "This is a program or another kind of document. Save it again as plain text.",
    ),
    Fault.CSV_FORMULA: Said(
        "CSV に数式があります。数式を値に直してください。", "The CSV holds a formula. Replace it by its value."
    ),
    Fault.CSV_TOO_LARGE: Said(
        "CSV の行か列が多すぎます。分けてください。", "The CSV has too many rows or columns. Split it."
    ),
    # pictures
    Fault.IMAGE_TOO_LARGE: Said(
        "画像の縦横が大きすぎます。縮小してください。", "The picture is too wide, too high or both. Make it smaller."
    ),
    Fault.IMAGE_FRAMES: Said(
        "画像のページかコマが多すぎます。減らすか、分けてください。",
        "The picture has too many pages or frames. Split it or leave some out.",
    ),
    Fault.IMAGE_PARTS: Said(
        "画像の作りが複雑すぎます。別のソフトで保存し直してください。",
        "The picture has too many parts. Save it again with another program.",
    ),
    # archives
    Fault.ARCHIVE_ENTRIES: Said(
        "ZIP の中のファイルが多すぎます。分けてください。", "The ZIP holds too many files. Split it."
    ),
    Fault.ARCHIVE_DEPTH: Said(
        "ZIP の中に ZIP が重なりすぎています。まとめ直してください。",
        "The ZIP holds ZIPs too deep. Pack the files anew.",
    ),
    Fault.ARCHIVE_SIZE: Said(
        "ZIP を開くと大きすぎます。分けてください。", "What the ZIP unpacks to is too large. Split it."
    ),
    Fault.ARCHIVE_RATIO: Said(
        "ZIP の圧縮率が高すぎます。圧縮せずに送ってください。",
        "The ZIP is compressed too far. Send the files without compression.",
    ),
    Fault.ARCHIVE_ENCRYPTED: Said(
        "パスワード付きの ZIP は検査できません。パスワードを外してください。",
        "A ZIP with a password cannot be examined. Remove the password.",
    ),
    Fault.ARCHIVE_METHOD: Said(
        "この圧縮方式の ZIP は受け取れません。標準の方式で作り直してください。",
        "The ZIP's compression method is not taken. Make it again with the standard one.",
    ),
    Fault.ARCHIVE_ZIP64: Said(
        "ZIP64 形式は受け取れません。標準の ZIP で作り直してください。",
        "The ZIP64 format is not taken. Make it again as a standard ZIP.",
    ),
    Fault.ARCHIVE_NAME: Said(
        "ZIP の中に使えない名前のファイルがあります。名前を直して作り直してください。",
        "The ZIP holds a file with a name that cannot be used. Rename it and pack again.",
    ),
    Fault.ARCHIVE_LINK: Said(
        "ZIP の中にリンクか特殊ファイルがあります。取り除いてください。",
        "The ZIP holds a link or a special file. Remove it.",
    ),
    Fault.ARCHIVE_DUPLICATE: Said(
        "ZIP の中に同じ名前のファイルが二つあります。作り直してください。",
        "The ZIP holds two files with one name. Pack it again.",
    ),
    Fault.ARCHIVE_OVERLAP: Said(
        "ZIP の中のファイルが重なり合っています。作り直してください。",
        "Files in the ZIP share the same bytes. Pack it again.",
    ),
    Fault.ARCHIVE_GAP: Said(
        "ZIP の中に目録にないデータがあります。作り直してください。",
        "The ZIP holds data that its directory does not name. Pack it again.",
    ),
    Fault.ARCHIVE_DISAGREES: Said(
        "ZIP の目録と中身が合いません。作り直してください。",
        "The ZIP's directory and its content do not agree. Pack it again.",
    ),
    # Office documents
    Fault.OFFICE_MACRO: Said(
        "マクロのある文書は受け取れません。マクロなしで保存し直してください。",
        "Documents with macros are not taken. Save it again without.",
    ),
    Fault.OFFICE_OBJECT: Said(
        "文書に別のファイルかオブジェクトが埋め込まれています。取り除いてください。",
        "Another file or an object is embedded in the document. Remove it.",
    ),
    Fault.OFFICE_CONTROL: Said(
        "文書に ActiveX などの部品があります。取り除いてください。",
        "The document holds ActiveX or another control. Remove it.",
    ),
    Fault.OFFICE_EXTERNAL: Said(
        "文書が外部のファイルかデータを読み込みます。リンクを解除してください。",
        "The document loads a file or data from elsewhere. Break the link.",
    ),
    Fault.OFFICE_TEMPLATE: Said(
        "文書が外部のテンプレートを読み込みます。テンプレートを外してください。",
        "The document loads a template from elsewhere. Detach it.",
    ),
    Fault.OFFICE_FIELD: Said(
        "文書に外部を呼び出すフィールドか数式（DDE など）があります。取り除いてください。",
        "The document holds a field or formula that calls something else (DDE and the like). Remove it.",
    ),
    Fault.OFFICE_PART: Said(
        "文書に受け取れない部品があります。PDF に変換してください。",
        "The document holds a part that is not taken. Convert it to PDF.",
    ),
    Fault.XML_INVALID: Said(
        "文書の中の XML を読めません。保存し直してください。", "XML in the document cannot be read. Save it again."
    ),
    Fault.XML_TOO_LARGE: Said(
        "文書の中の XML が大きすぎるか深すぎます。分けてください。",
        "XML in the document is too large or too deep. Split it.",
    ),
    # PDF
    Fault.PDF_ENCRYPTED: Said(
        "パスワードか制限のある PDF は検査できません。解除してください。",
        "A PDF with a password or restrictions cannot be examined. Remove them.",
    ),
    Fault.PDF_SCRIPT: Said(
        "PDF に JavaScript があります。取り除いてください。", "The PDF holds JavaScript. Remove it."
    ),
    Fault.PDF_ACTION: Said(
        "PDF に自動で動く処理があります。印刷機能で PDF を作り直してください。",
        "The PDF holds something that acts by itself. Make it again by printing to PDF.",
    ),
    Fault.PDF_LAUNCH: Said(
        "PDF がプログラムを起動しようとします。取り除いてください。", "The PDF would start a program. Remove that."
    ),
    Fault.PDF_ATTACHMENT: Said(
        "PDF にファイルが添付されています。別々に送ってください。", "A file is attached to the PDF. Send it by itself."
    ),
    Fault.PDF_MEDIA: Said(
        "PDF に動画、音声か立体データがあります。取り除いてください。",
        "The PDF holds video, sound or 3D data. Remove it.",
    ),
    Fault.PDF_XFA: Said(
        "XFA フォームの PDF は受け取れません。印刷機能で PDF を作り直してください。",
        "PDFs with XFA forms are not taken. Make it again by printing to PDF.",
    ),
    Fault.PDF_EXTERNAL: Said(
        "PDF が外部のファイルや送信先を使います。リンクを取り除いてください。",
        "The PDF uses a file or an address elsewhere. Remove the link.",
    ),
    Fault.PDF_TOO_LARGE: Said(
        "PDF の作りが大きすぎるか深すぎます。分けてください。", "The PDF has too many or too deep objects. Split it."
    ),
    # disarming
    Fault.NOT_DISARMED: Said(
        "このファイルは無害化できません。印刷機能で PDF を作り直してください。",
        "This file cannot be made harmless without losing something. Make it again by printing to PDF.",
    ),
}
