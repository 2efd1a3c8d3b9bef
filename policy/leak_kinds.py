"""What an answer may give away: the names that procedure files, findings and metrics have for it, and the words beside numbers.

Rules (docs/spec/leaks.md section 4): a number of personal or card form says by itself little, as one in eleven (one in ten) that
were never meant to be one has the right check digit. What stands in front of it decides: the word nearest to it.
"""

from __future__ import annotations

import re
from typing import Final

PERSONAL_NUMBER: Final = "personal_number"
CARD_NUMBER: Final = "card_number"
STACK_TRACE: Final = "stack_trace"
SQL_ERROR: Final = "sql_error"
DIRECTORY_LISTING: Final = "directory_listing"
UNREAD: Final = "unread"  # what could not be looked at: compressed, in another charset, a part, over the bound

KINDS: Final = (PERSONAL_NUMBER, CARD_NUMBER, STACK_TRACE, SQL_ERROR, DIRECTORY_LISTING, UNREAD)
NUMBERS: Final = (PERSONAL_NUMBER, CARD_NUMBER)

NEAR_CHARS: Final = 80  # how far in front of a number a word may end: a label, the markup of a cell, a key of JSON

_PERSONAL = r"個人番号|マイ・?ナンバー|ﾏｲﾅﾝﾊﾞｰ|my[ _-]?number|kojin[ _-]?(?:bango|no\b)|(?:individual|personal)[ _-]?(?:number|no\b)"
_CARD = r"カード番号|カードno|ｶｰﾄﾞ番号|クレジット|ｸﾚｼﾞｯﾄ|credit|card[ _-]?(?:number|no\b)|cardno\b|\bpan\b"
# Numbers of other kinds, as forms, letters and keys of Japan's municipalities name them.
_OTHER = (
    r"(?:受付|到達|申請|申込|申し込み|届出|整理|照会|問合せ|問い合わせ|お客様|お客さま|利用者|予約|伝票|追跡|領収書?|納付|確認|収納機関|"
    r"注文|管理|文書|許可|登録|決定|通知書?|証明書?|発行|法人|口座|電話|製造|図書|案件|手続)(?:番号|no\b|no\.|ｎｏ|id\b|コード)"
    r"|(?:受付|更新|発行|作成|登録|処理)(?:日時?|時刻)|電話|\btel\b|\bfax\b|ファクス|タイムスタンプ"
    r"|receipt|reference|tracking|\border|invoice|arrival|ticket|transaction|request|session|timestamp|version|phone"
    r"|uketsuke|toutatsu|seiri|shinsei|\bisbn\b|\bjan\b|barcode|バーコード"
)
_WORDS: Final = re.compile(
    f"(?P<personal_number>{_PERSONAL})|(?P<card_number>{_CARD})|(?P<other>{_OTHER})", re.IGNORECASE
)


def nearest_word(text: str, place: int) -> str:
    """The kind of the last word in front of `place`: a kind of number, "other", or "" where there is none nearby."""
    found = ""
    for word in _WORDS.finditer(text, max(0, place - NEAR_CHARS), place):
        found = word.lastgroup or ""
    return found
