"""What the samples fill in: one form for each procedure of the installed catalogue.

The people, offices and addresses are made up of words for examples (見本, 記入例) and of the numbers that are set aside or
unused (a postal code of zeros; telephone 00-0000-0000 has no subscriber; a corporate number of zeros behind its check
digit). Every value is in its normal form already, so that what goes on equals what came.
"""

from __future__ import annotations

from collections.abc import Mapping

Fields = tuple[tuple[str, str], ...]

_APPLICANT: Fields = (
    ("login_id", "mihon-0001"),
    ("email", "mihon@example.jp"),
    ("postal_code", "000-0000"),
    ("address", "見本県記入例市中央町一丁目２番３号　記入例マンション４０５号室"),
    ("applicant_name", "見本　花子"),
    ("applicant_kana", "ミホン　ハナコ"),
    ("birth_date", "1950-04-01"),
    ("phone", "000-0000-0000"),
    ("sex", "女性"),
    ("copies", "1"),
    ("purpose", "居宅サービスの利用にあたり、事業所と相談して計画を作成していただくため。"),
    ("relationship", "本人"),
    ("recipient_number", "0000001"),
)

# Every field of 手続 8 but the password: 23 fields, about 3 KB when urlencoded. The form of the bench.
CARE_PLAN_NOTICE: Fields = (
    ("insured_number", "0000000001"),
    ("plan_start_date", "2026-05-01"),
    ("new_or_change", "変更"),
    ("office_name", "記入例居宅介護支援事業所　中央町センター"),
    ("office_address", "見本県記入例市中央町四丁目５番６号　見本ビル２階"),
    ("office_phone", "000-0000-0001"),
    ("contact_person", "記入　太郎"),
    (
        "change_reason",
        "これまで利用していた事業所が遠方へ移転したため、自宅から近く、訪問の時間を相談しやすい事業所へ変更します。\n"
        "（通院の付き添いと、週３回の訪問介護を希望しています。）\n"
        "なお、変更後も、ケアプランの内容は担当者と話し合って決める予定です。ご不明な点は電話でお尋ねください。〜見本〜",
    ),
    ("change_date", "2026-04-30"),
    ("notice_date", "2026-04-15"),
    *_APPLICANT,
)

RESIDENT_RECORD_COPY: Fields = (
    ("domicile_shown", "無"),
    ("family_relation_shown", "有"),
    ("certificate_kind", "住民票の写し（世帯全員）"),
    ("certificate_kind", "住民票記載事項証明書"),
    ("reason", "見本商店街の駐輪場を利用する手続で、住所を証明する書類が必要なため。"),
    *_APPLICANT[:10],
)

DOG_DEATH_NOTICE: Fields = (
    ("address", "見本県記入例市中央町一丁目２番３号"),
    ("applicant_name", "見本　次郎"),
    ("applicant_kana", "ミホン　ジロウ"),
    ("phone", "000-0000-0002"),
    ("email", "jiro@example.jp"),
)

_PERSON: Fields = _APPLICANT[1:9]  # e-mail address to sex
_OFFICE: Fields = (
    ("email", "jimusho@example.jp"),
    ("postal_code", "000-0000"),
    ("address", "見本県記入例市中央町四丁目５番６号　見本ビル２階"),
    ("applicant_name", "見本　三郎"),
    ("phone", "000-0000-0003"),
)

# The other forms of the catalogue, by the id of their route.
FURTHER: Mapping[str, Fields] = {
    "peace-mission-entry": (*_PERSON, ("relationship", "母")),
    "staff-exam-entry": (
        ("education", "見本大学社会福祉学部　2020年3月卒業"),
        ("work_history", "2020年4月から2025年3月まで　記入例福祉会　相談員\n2025年4月から　見本法人　相談員"),
        ("desired_occupation", "福祉"),
        ("qualification", "社会福祉士"),
        ("qualification", "普通自動車第一種運転免許"),
        ("qualification_date", "2020-04-30"),
        ("qualification_date", "2018-08-15"),
        *_PERSON,
    ),
    "address-change-certificate": (
        ("town_lot", "記入例町１００番地の２"),
        ("residence_number", "中央町一丁目２番３号"),
        ("party_name", "見本　花子"),
        ("implementation_date", "1985-02-01"),
        *_PERSON,
        ("copies", "2"),
        ("purpose", "登記の変更のため"),
    ),
    "disaster-support-registration": (*_PERSON, ("relationship", "本人")),
    "care-monitor-entry": (("age", "76"), ("care_level", "要支援１"), *_PERSON),
    "care-claim-correction": (("insured_number", "0000000001"), *_OFFICE, ("purpose", "請求誤りによる取下げ")),
    "child-medical-card-reissue": (
        ("infant_name", "見本　一葉"),
        ("infant_birth_date", "2025-01-10"),
        ("reissue_reason", "外出先で紛失したため。"),
        *_PERSON,
        ("recipient_number", "0000001"),
    ),
    "child-medical-card-application": (
        ("employer_name", "記入例株式会社"),
        ("living_together", "同居"),
        ("living_together", "別居"),
        ("livelihood", "生計同一"),
        ("livelihood", "生計維持"),
        ("bank_name", "見本銀行"),
        ("branch_name", "記入例支店"),
        ("account_type", "普通"),
        ("account_number", "0000000"),
        ("account_holder", "ﾐﾎﾝ ﾊﾅｺ"),
        *_PERSON,
    ),
    "child-allowance-change-notice": (
        ("health_insurance", "全国健康保険協会"),
        ("insured_number", "0000001"),
        ("bank_name", "見本銀行"),
        ("account_name", "見本　花子"),
        ("living_together", "同居"),
        *_PERSON,
    ),
    "child-allowance-end-notice": (
        ("cause", "見本県の別の市へ転出するため。"),
        ("cause_date", "2026-03-31"),
        ("child_name", "見本　一葉"),
        ("child_name", "見本　二葉"),
        *_PERSON,
    ),
    "child-allowance-status-report": (
        ("spouse", "有"),
        ("pension_kind", "厚生年金"),
        ("living_together", "同居"),
        ("custody", "有"),
        ("livelihood", "生計同一"),
        *_PERSON,
    ),
    "child-allowance-revision-notice": (
        ("child_name", "見本　二葉"),
        ("child_birth_date", "2008-04-02"),
        ("living_together", "別居"),
        ("custody", "無"),
        ("same_livelihood", "無"),
        ("revision_reason", "祖父母に養育されることになったため。"),
        ("cause_date", "2026-03-20"),
        ("allowance_kind", "児童手当"),
        ("allowance_kind", "新宿区児童手当"),
        *_PERSON,
    ),
    "nursery-application-change": (*_PERSON, ("purpose", "希望する保育所を変更するため"), ("relationship", "父")),
    "nursery-family-change": (*_PERSON, ("relationship", "母")),
    "course-entry": _PERSON,
    "lecturer-request": (*_OFFICE, ("purpose", "職員向けの男女共同参画研修")),
    "screening-slip-request": (*_PERSON, ("copies", "1")),
    "raw-oyster-notice": _OFFICE,
    "clinic-closure-notice": _OFFICE,
    "maternity-home-closure-notice": _OFFICE,
    "mobile-clinic-plan": (*_OFFICE, ("purpose", "記入例小学校での定期健康診断")),
    "prescription-count-notice": _OFFICE,
    "narcotics-retailer-notice": _OFFICE,
    "narcotics-retailer-correction": _OFFICE,
    "baby-visit-request": (*_PERSON, ("relationship", "母")),
    "dental-consultation-booking": (*_PERSON, ("relationship", "本人")),
    "procurement-vendor": (
        ("new_or_renewal", "新規"),
        ("corporate_number", "9000000000000"),
        ("trade_name", "記入例株式会社"),
        ("representative_title", "代表取締役"),
        ("representative_name", "見本　三郎"),
        ("office_postal_code", "000-0000"),
        ("office_address", "見本県記入例市中央町四丁目５番６号"),
        ("office_phone", "000-0000-0003"),
        ("office_email", "keiyaku@example.jp"),
        ("capital_yen", "10000000"),
        ("employees", "25"),
        ("business_category", "物品"),
        ("business_category", "業務委託"),
    ),
    "procurement-bid": (
        ("vendor_number", "V-2026-000001"),
        ("bid_yen", "1234000"),
        ("person_in_charge", "記入　太郎"),
        ("remarks", "内訳は仕様書のとおりです。"),
    ),
}
