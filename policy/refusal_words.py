"""What a citizen is told of a refused form: for each finding a sentence in Japanese and in English that says what to mend.

Rules:
1. A sentence is made of words of this file, the labels of the procedure file and numbers declared there. No value and no name
   that was sent can stand in it: a finding holds none.
2. Only what is wrong with a field, a file or the query is told. What rules found is not: it would tell an attacker what to try next.
3. A file is told by its attachment and, where several may come, by its number; its name is a value, too.
4. Every fault that a field can have has a sentence (tests/unit/policy/test_refusal_words.py). One that had none would be told in
   the words of its code, never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from policy.attachments import Attachment
from policy.bilingual import Said
from policy.faults import Fault
from policy.file_words import file_sentence
from policy.route import Route
from policy.schema import Declaration, Field
from policy.verdict import Code, Finding

# {label}: of the field; {most}, {least}: characters, values of a number, or days; {times}: how often it may come
SENTENCES: Final[Mapping[Fault, Said]] = {
    Fault.BODY_MISSING: Said("申請の内容が届いていません。入力して送信してください。", "Nothing was sent. Fill in the form and send it."),
    Fault.FORM_EMPTY: Said("何も入力されていません。入力して送信してください。", "The form is empty. Fill it in and send it."),
    Fault.UNDECLARED: Said(
        "この手続では受け取れない項目が含まれています。自治体の申請画面から、もう一度入力してください。",
        "Something was sent that this procedure does not take. Use the municipality's own form.",
    ),
    Fault.MISSING: Said("{label}を入力してください。", "{label}: fill in this field."),
    Fault.EMPTY: Said("{label}が空です。入力してください。", "{label}: this field is empty. Fill it in."),
    Fault.REPEATED: Said("{label}は一度だけ入力してください。", "{label}: give this once only."),
    Fault.TOO_MANY: Said("{label}は{times}個までにしてください。", "{label}: give at most {times} of these."),
    Fault.FILE_FOR_TEXT: Said(
        "{label}はファイルではなく、文字で入力してください。", "{label}: write text here; do not attach a file."
    ),
    Fault.JSON_TYPE: Said("{label}の値の型（JSON）が正しくありません。", "{label}: the JSON type of the value is not correct."),
    Fault.NOT_AN_OBJECT: Said(
        "JSON の全体は、項目の名前と値の組（オブジェクト）にしてください。", "Send one JSON object with a member for each field."
    ),
    Fault.CONTROL: Said(
        "{label}に、使えない制御文字が含まれています。消して入力し直してください。",
        "{label}: there is a control character. Delete it and type the text again.",
    ),
    Fault.BIDI: Said(
        "{label}に、書字方向を変える文字が含まれています。消して入力し直してください。",
        "{label}: there is a character that changes the direction of writing. Type the text again.",
    ),
    Fault.INVISIBLE: Said(
        "{label}に、目に見えない文字が含まれています。貼り付けずに、入力し直してください。",
        "{label}: there is an invisible character. Type the text instead of pasting it.",
    ),
    Fault.COMBINING: Said(
        "{label}に、前の文字と一つにならない濁点などの記号があります。入力し直してください。",
        "{label}: a mark does not combine with the character before it. Type the text again.",
    ),
    Fault.PRIVATE_USE: Said(
        "{label}に外字が含まれています。外字を使わずに入力してください。", "{label}: there is a private character (gaiji). Use another one."
    ),
    Fault.UNASSIGNED: Said(
        "{label}に、文字として定められていない符号があります。消して入力し直してください。",
        "{label}: there is a code that is no character. Delete it.",
    ),
    Fault.REPERTOIRE: Said(
        "{label}に、この項目では使えない文字があります。別の文字で入力してください。",
        "{label}: there is a character that this field does not take. Use another one.",
    ),
    Fault.TOO_LONG: Said("{label}は{most}文字以内で入力してください。", "{label}: write at most {most} characters."),
    Fault.TOO_SHORT: Said("{label}は{least}文字以上で入力してください。", "{label}: write at least {least} characters."),
    Fault.NOT_NAME: Said(
        "{label}は、漢字、ひらがな、カタカナまたは英字で入力してください（数字や記号は使えません）。",
        "{label}: write a name, without digits or symbols.",
    ),
    Fault.NOT_KATAKANA: Said("{label}は全角カタカナで入力してください。", "{label}: write this in full-width katakana."),
    Fault.NOT_HIRAGANA: Said("{label}はひらがなで入力してください。", "{label}: write this in hiragana."),
    Fault.NOT_ADDRESS: Said(
        "{label}は住所として入力してください（< > \" ; などの記号は使えません）。",
        '{label}: write an address, without symbols such as < > " ;.',
    ),
    Fault.NOT_POSTAL_CODE: Said(
        "{label}は 123-4567 のように、数字7桁で入力してください。", "{label}: write 7 digits, such as 123-4567."
    ),
    Fault.NOT_PHONE: Said(
        "{label}は 03-1234-5678 のように、市外局番から入力してください。", "{label}: write the whole number, such as 03-1234-5678."
    ),
    Fault.NOT_EMAIL: Said(
        "{label}は name@example.jp のように入力してください。", "{label}: write an address such as name@example.jp."
    ),
    Fault.NOT_DATE: Said(
        "{label}は 2026-04-01 のように、実在する日付で入力してください。", "{label}: write a date that exists, such as 2026-04-01."
    ),
    Fault.NOT_IN_ERA: Said(
        "{label}の日付は、その元号の期間にありません。確かめるか、西暦で入力してください。",
        "{label}: the era had no such day. Check it, or write the year of the Western calendar.",
    ),
    Fault.LUNISOLAR: Said(
        "{label}は明治5年までの旧暦です。太陽暦の日付を西暦で入力してください。",
        "{label}: this is a day of the calendar before 1873. Write the day of the Western calendar.",
    ),
    Fault.TOO_EARLY: Said("{label}は{least}以後の日付にしてください。", "{label}: give {least} or a later day."),
    Fault.TOO_LATE: Said("{label}は{most}以前の日付にしてください。", "{label}: give {most} or an earlier day."),
    Fault.IN_PAST: Said("{label}は今日以後の日付にしてください。", "{label}: give today or a later day."),
    Fault.IN_FUTURE: Said("{label}は今日以前の日付にしてください。", "{label}: give today or an earlier day."),
    Fault.NOT_NUMBER: Said("{label}は数字で入力してください。", "{label}: write a whole number."),
    Fault.NOT_AMOUNT: Said(
        "{label}は 1,234円 や 1234 のように、金額を数字で入力してください。", "{label}: write an amount in digits, such as 1,234 or 1234."
    ),
    Fault.TOO_SMALL: Said("{label}は{least}以上にしてください。", "{label}: give {least} or more."),
    Fault.TOO_LARGE: Said("{label}は{most}以下にしてください。", "{label}: give {most} or less."),
    Fault.NOT_A_CHOICE: Said("{label}は選択肢の中から選んでください。", "{label}: choose one of the options."),
    Fault.NOT_CHECKBOX: Said("{label}はチェックの有無で答えてください。", "{label}: tick the box or leave it."),
    Fault.NOT_INSURED_NUMBER: Said("{label}は数字10桁で入力してください。", "{label}: write 10 digits."),
    Fault.NOT_ELDERLY_INSURED_NUMBER: Said("{label}は数字8桁で入力してください。", "{label}: write 8 digits."),
    Fault.NOT_PERSONAL_NUMBER: Said("{label}は数字12桁で入力してください。", "{label}: write 12 digits."),
    Fault.NOT_CORPORATE_NUMBER: Said(
        "{label}は、0で始まらない数字13桁で入力してください。", "{label}: write 13 digits, of which the first is not 0."
    ),
    Fault.CHECK_DIGIT: Said(
        "{label}の数字に誤りがあります。書類と見比べて、入力し直してください。",
        "{label}: a digit is wrong. Compare it with your papers and type it again.",
    ),
    Fault.NOT_BANK_CODE: Said("{label}は数字4桁で入力してください。", "{label}: write 4 digits."),
    Fault.NOT_BRANCH_CODE: Said("{label}は数字3桁で入力してください。", "{label}: write 3 digits."),
    Fault.NOT_ACCOUNT_KIND: Said(
        "{label}は、普通、当座、貯蓄、その他のどれかにしてください。", "{label}: choose ordinary, current, savings or other."
    ),
    Fault.NOT_ACCOUNT_NUMBER: Said(
        "{label}は数字7桁で入力してください（足りないときは前に0を付けます）。",
        "{label}: write 7 digits, with zeros in front where there are fewer.",
    ),
    Fault.NOT_ACCOUNT_HOLDER: Said(
        "{label}は通帳のとおり、カタカナ、英字、数字で入力してください（ヲと・は使えません）。",
        "{label}: write it as in the bank book, in katakana, Latin letters and digits.",
    ),
    Fault.NOT_ARRIVAL_NUMBER: Said(
        "{label}は、到達番号を英数字とハイフンで入力してください。", "{label}: write the arrival number: letters, digits, hyphens."
    ),
    Fault.NOT_VISIBLE_ASCII: Said(
        "{label}は半角の英数字と記号で入力してください。", "{label}: write half-width letters, digits and symbols."
    ),
    Fault.NEEDED_HERE: Said(
        "ほかの項目の内容から、{label}も必要です。入力してください。", "{label}: needed because of another field. Fill in this field."
    ),
    Fault.NONE_OF_THESE: Said(
        "{label}など、ここに挙げた項目のどれかを入力してください。", "{label}: fill in this field or another of those listed here."
    ),
    Fault.MORE_THAN_ONE: Said(
        "{label}など、ここに挙げた項目は一つだけ入力してください。", "{label}: fill in only one of the fields listed here."
    ),
    Fault.OUT_OF_ORDER: Said(
        "{label}の日付と、ここに挙げたほかの日付の前後を確かめてください。", "{label}: check the order of the days listed here."
    ),
    Fault.NOT_EQUAL: Said(
        "{label}と、ここに挙げたほかの項目を同じ内容にしてください。", "{label}: write the same as in the other field listed here."
    ),
}  # fmt: skip
# What no field of a form can have: their answers have no list of fields (rule 2)
NOT_OF_A_FIELD: Final = frozenset(
    {
        Fault.TENANT_UNKNOWN, Fault.PATH_UNKNOWN, Fault.NOT_IN_EFFECT, Fault.METHOD, Fault.BODY, Fault.BODY_TYPE,
        Fault.RULES_LIMIT, Fault.RULES_FAILED, Fault.STAGE_SKIPPED,
    }
)  # fmt: skip
_TOLD: Final = frozenset(
    {
        Code.QUERY_INVALID, Code.FIELD_UNDECLARED, Code.FIELD_MISSING, Code.FIELD_REPEATED, Code.FIELD_INVALID,
        Code.FILE_UNDECLARED, Code.FILE_MISSING, Code.FILE_INVALID,
    }
)  # fmt: skip
_NUMBERS: Final = frozenset(
    {Fault.TOO_SMALL, Fault.TOO_LARGE}
)  # whose bounds are those of the number, not of its digits

_DAYS: Final = frozenset({Fault.TOO_EARLY, Fault.TOO_LATE})


class Told(NamedTuple):
    """One thing to mend. `target`: the declared name of the field, or "" for the form as a whole. `element`: which of the files
    that it may have, from 0.
    """

    code: Code
    detail: str
    target: str
    label: Said
    sentence: Said
    element: int | None = None


def told_of(findings: Iterable[Finding], route: Route | None) -> tuple[Told, ...]:
    """What the citizen is told of each of `findings`, each thing once, in their order."""
    told = [_told(finding, route) for finding in findings if finding.code in _TOLD]
    return tuple(dict.fromkeys(told))


def pointer(name: str, element: int | None = None) -> str:
    """The JSON pointer of a member, or of one of its elements, as a URI fragment (RFC 6901 section 6, as in RFC 9457 section 3); of
    the whole for "".
    """
    member = "#/" + name.replace("~", "~0").replace("/", "~1") if name else "#"
    return member if element is None else f"{member}/{element}"


def _told(finding: Finding, route: Route | None) -> Told:
    attachment = _attachment(finding, route)
    if attachment is not None:
        return _told_of_file(finding, attachment)
    field = _field(finding, route)
    if field is None:
        label = Said(finding.target or "申請の内容", finding.target or "The form")
        bounds: dict[str, object] = {"most": "", "least": "", "times": ""}
    else:
        declaration = field.declaration
        label = Said(declaration.label_ja, declaration.label_en)
        bounds = _bounds(finding.detail, declaration, field.field_class.max_chars)
    words = _words(finding)
    sentence = Said(words.ja.format(label=label.ja, **bounds), words.en.format(label=label.en, **bounds))
    return Told(finding.code, finding.detail, finding.target, label, sentence)


def _told_of_file(finding: Finding, attachment: Attachment) -> Told:
    label, number = Said(attachment.label_ja, attachment.label_en), finding.number
    if number:
        label = Said(f"{label.ja}（{number}番目のファイル）", f"{label.en} (file {number})")
    words = file_sentence(finding.detail, attachment)
    if words is None:
        words = _COUNTS.get(finding.detail, _OF_CODE[Code.FILE_INVALID])
        said = Said(words.ja.format(times=attachment.repeat), words.en.format(times=attachment.repeat))
    else:
        said = words
    sentence = Said(f"{label.ja}: {said.ja}", f"{label.en}: {said.en}")
    return Told(finding.code, finding.detail, attachment.name, label, sentence, number - 1 if number else None)


def _attachment(finding: Finding, route: Route | None) -> Attachment | None:
    declared = () if route is None or finding.code is Code.QUERY_INVALID else route.attachments
    return next((attachment for attachment in declared if attachment.name == finding.target), None)


def _field(finding: Finding, route: Route | None) -> Field | None:
    if route is None:
        return None
    form = route.query if finding.code is Code.QUERY_INVALID else route.form
    return form.fields.get(finding.target)


def _bounds(detail: str, declared: Declaration, of_class: int | None) -> dict[str, object]:
    if detail in _NUMBERS:
        return {"most": declared.maximum, "least": declared.minimum, "times": declared.repeat}
    if detail in _DAYS:
        return {"most": declared.latest, "least": declared.earliest, "times": declared.repeat}
    return {"most": declared.max_chars or of_class, "least": declared.min_chars, "times": declared.repeat}


def _words(finding: Finding) -> Said:
    if finding.code is Code.FILE_UNDECLARED and not finding.target:
        return _OF_CODE[Code.FILE_UNDECLARED]
    try:
        return SENTENCES[Fault(finding.detail)]
    except (ValueError, KeyError):
        return _OF_CODE[finding.code]


_OF_CODE: Final[Mapping[Code, Said]] = {
    Code.QUERY_INVALID: Said("{label}が正しくありません。", "{label}: this is not correct."),
    Code.FIELD_UNDECLARED: SENTENCES[Fault.UNDECLARED],
    Code.FIELD_MISSING: SENTENCES[Fault.MISSING],
    Code.FIELD_REPEATED: SENTENCES[Fault.REPEATED],
    Code.FIELD_INVALID: Said("{label}を確かめて、入力し直してください。", "{label}: check this field and fill it in again."),
    Code.FILE_UNDECLARED: Said(
        "この手続では受け取れないファイルが添付されています。添付を外して送信してください。",
        "A file is attached that this procedure does not take. Send the form without it.",
    ),
    Code.FILE_MISSING: Said("必要なファイルがありません。添付してください。", "A file is missing. Attach it."),
    Code.FILE_INVALID: Said(
        "このファイルは受け取れません。別のファイルを添付してください。", "This file cannot be taken. Attach another one."
    ),
}  # fmt: skip
_COUNTS: Final[Mapping[str, Said]] = {
    Fault.REPEATED: Said("ファイルは一つだけ添付してください。", "Attach one file only."),
    Fault.TOO_MANY: Said("ファイルは{times}個まで添付できます。", "Attach at most {times} files."),
}
