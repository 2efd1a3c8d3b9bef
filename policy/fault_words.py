"""What each word of `policy.faults` says to an operator, in both languages; of a file what the citizen is told (`policy.file_words`)."""

from __future__ import annotations

from collections.abc import Mapping

from policy.bilingual import Said
from policy.faults import Fault
from policy.file_words import FILE_WORDS

WORDS: Mapping[Fault, Said] = {
    # the route
    Fault.TENANT_UNKNOWN: Said("宛先の自治体が設定にありません", "no such tenant is configured"),
    Fault.PATH_UNKNOWN: Said("このパスの手続はありません", "no procedure has this path"),
    Fault.NOT_IN_EFFECT: Said("手続の有効期間の外です", "outside the procedure's effective period"),
    Fault.METHOD: Said("このメソッドは受け付けません", "the path does not take this method"),
    Fault.BODY: Said("本文を受け付けない手続に本文がありました", "a body where none may be"),
    Fault.BODY_TYPE: Said("この種類の本文は受け付けません", "the route does not take bodies of this type"),
    Fault.BODY_MISSING: Said("本文がありません", "the body is missing"),
    Fault.FORM_EMPTY: Said("何も記入されていません", "nothing is filled in"),
    # the presence of a field
    Fault.UNDECLARED: Said("手続に定めのない項目です", "the procedure does not declare such a field"),
    Fault.MISSING: Said("必要な項目がありません", "a required field is missing"),
    Fault.EMPTY: Said("必要な項目が空です", "a required field is empty"),
    Fault.REPEATED: Said("一度だけの項目が二度以上送られました", "a field that may be sent once came more than once"),
    Fault.TOO_MANY: Said("繰り返しの数が多すぎます", "a repeatable field came too often"),
    Fault.FILE_FOR_TEXT: Said("文字の項目にファイルが送られました", "a file under the name of a text field"),
    Fault.JSON_TYPE: Said("フォームでは送れない型の値です", "a JSON type that no form could have sent"),
    Fault.NOT_AN_OBJECT: Said("JSON の全体がオブジェクトではありません", "the JSON document is no object"),
    # characters
    Fault.CONTROL: Said("制御文字があります", "a control character"),
    Fault.BIDI: Said("書字方向を変える文字があります", "a character that changes the direction of writing"),
    Fault.INVISIBLE: Said("見えない文字があります", "an invisible character"),
    Fault.COMBINING: Said("前の文字と結び付かない結合文字があります", "a combining mark that composes with nothing"),
    Fault.PRIVATE_USE: Said("外字があります", "a private-use character (gaiji)"),
    Fault.UNASSIGNED: Said("Unicode で未定義の文字があります", "an unassigned character"),
    Fault.REPERTOIRE: Said("この項目では使えない文字があります", "a character that the field does not take"),
    # form of the value
    Fault.TOO_LONG: Said("長すぎます", "too long"),
    Fault.TOO_SHORT: Said("短すぎます", "too short"),
    Fault.NOT_NAME: Said("氏名の形ではありません", "not in the form of a name"),
    Fault.NOT_KATAKANA: Said("片仮名ではありません", "not katakana"),
    Fault.NOT_HIRAGANA: Said("平仮名ではありません", "not hiragana"),
    Fault.NOT_ADDRESS: Said("住所の形ではありません", "not in the form of an address"),
    Fault.NOT_POSTAL_CODE: Said("郵便番号の形ではありません", "not a postal code"),
    Fault.NOT_PHONE: Said("電話番号の形ではありません", "not a telephone number"),
    Fault.NOT_EMAIL: Said("メールアドレスの形ではありません", "not an e-mail address"),
    Fault.NOT_DATE: Said("日付ではありません", "not a date"),
    Fault.NOT_IN_ERA: Said("その元号にない日付です", "a day that its era did not have"),
    Fault.LUNISOLAR: Said("旧暦（明治5年まで）の日付です", "a day of the lunisolar calendar, before Meiji 6"),
    Fault.TOO_EARLY: Said("早すぎる日付です", "an earlier day than the field takes"),
    Fault.TOO_LATE: Said("遅すぎる日付です", "a later day than the field takes"),
    Fault.IN_PAST: Said("受付の日より前の日付です", "a day before that of the request"),
    Fault.IN_FUTURE: Said("受付の日より後の日付です", "a day after that of the request"),
    Fault.NOT_NUMBER: Said("数ではありません", "not a number"),
    Fault.NOT_AMOUNT: Said("金額の形ではありません", "not an amount of money"),
    Fault.TOO_SMALL: Said("小さすぎます", "too small"),
    Fault.TOO_LARGE: Said("大きすぎます", "too large"),
    Fault.NOT_A_CHOICE: Said("選択肢にない値です", "not one of the choices"),
    Fault.NOT_CHECKBOX: Said("チェックボックスの値ではありません", "not the value of a checkbox"),
    Fault.NOT_INSURED_NUMBER: Said("被保険者番号の形ではありません", "not an insured person's number"),
    Fault.NOT_ELDERLY_INSURED_NUMBER: Said(
        "後期高齢者医療の被保険者番号の形ではありません",
        "not an insured person's number of the health care for the elderly",
    ),
    Fault.NOT_PERSONAL_NUMBER: Said("個人番号の形ではありません", "not a personal number"),
    Fault.NOT_CORPORATE_NUMBER: Said("法人番号の形ではありません", "not a corporate number"),
    Fault.CHECK_DIGIT: Said("検査用数字が合いません", "the check digit does not agree"),
    Fault.NOT_BANK_CODE: Said("金融機関コードの形ではありません", "not the code of a bank"),
    Fault.NOT_BRANCH_CODE: Said("支店コードの形ではありません", "not the code of a branch"),
    Fault.NOT_ACCOUNT_KIND: Said("預金の種目ではありません", "not a kind of account"),
    Fault.NOT_ACCOUNT_NUMBER: Said("口座番号の形ではありません", "not an account number"),
    Fault.NOT_ACCOUNT_HOLDER: Said("口座名義の形ではありません", "not in the form of an account holder's name"),
    Fault.NOT_ARRIVAL_NUMBER: Said("到達番号の形ではありません", "not an arrival number"),
    Fault.NOT_VISIBLE_ASCII: Said("ASCII の図形文字ではありません", "not visible ASCII"),
    # what fields say together
    Fault.NEEDED_HERE: Said(
        "ほかの項目の内容から必要な項目がありません", "missing, though another field makes it needed"
    ),
    Fault.NONE_OF_THESE: Said(
        "いずれかが必要な項目がどれもありません", "none of several fields of which one is needed"
    ),
    Fault.MORE_THAN_ONE: Said(
        "一つだけの項目のうち二つ以上に記入があります", "more than one of several fields that exclude each other"
    ),
    Fault.OUT_OF_ORDER: Said("日付の前後が逆です", "days in the wrong order"),
    Fault.NOT_EQUAL: Said("確認の項目と一致しません", "not equal to the field that repeats it"),
    # ours
    Fault.RULES_LIMIT: Said(
        "ルールの段階が読める大きさや深さを超えています（除外では直りません。分けて送るよう案内してください）",
        "larger or deeper than the rules stage reads; no exclusion helps, ask for smaller pieces",
    ),
    Fault.RULES_FAILED: Said(
        "ルールの段階が途中で失敗しました。不具合として報告してください", "the rules stage failed: report it as a bug"
    ),
    Fault.STAGE_SKIPPED: Said(
        "要求のすべてを見ていない段階があります。不具合として報告してください",
        "a stage did not see the whole request: report it as a bug",
    ),
}

_EVERY: Mapping[str, Said] = {str(word): said for table in (WORDS, FILE_WORDS) for word, said in table.items()}


def words_of(detail: str) -> Said | None:
    """Of a finding's detail; None for one that is no fault of ours."""
    return _EVERY.get(detail)
