"""The closed set of words that stand in `Finding.detail`: what exactly is wrong with a field, a form or a request.

A word says what to mend and holds nothing that a peer sent. `policy.fault_words` says it to an operator,
`policy.refusal_words` to the citizen.
"""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    # the route
    TENANT_UNKNOWN = "tenant_unknown"
    PATH_UNKNOWN = "path_unknown"
    NOT_IN_EFFECT = "not_in_effect"  # outside the procedure's effective period
    METHOD = "method"
    BODY = "body"  # a body where none may be
    BODY_TYPE = "body_type"
    BODY_MISSING = "body_missing"
    FORM_EMPTY = "form_empty"  # nothing is filled in
    # the presence of a field
    UNDECLARED = "undeclared"
    MISSING = "missing"
    EMPTY = "empty"  # sent, required, and empty
    REPEATED = "repeated"
    TOO_MANY = "too_many"  # a repeatable field beyond its number
    FILE_FOR_TEXT = "file_for_text"  # a file under the name of a text field
    JSON_TYPE = "json_type"  # null, a fraction, an object: what no form could have sent
    NOT_AN_OBJECT = "not_an_object"
    # characters
    CONTROL = "control"
    BIDI = "bidi"
    INVISIBLE = "invisible"  # zero-width and other format characters, variation selectors, odd spaces
    COMBINING = "combining"  # a mark that composes with nothing before it
    PRIVATE_USE = "private_use"  # 外字
    UNASSIGNED = "unassigned"
    REPERTOIRE = "repertoire"  # assigned, but not among the characters that the field takes
    # form of the value
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    NOT_NAME = "not_name"
    NOT_KATAKANA = "not_katakana"
    NOT_HIRAGANA = "not_hiragana"
    NOT_ADDRESS = "not_address"
    NOT_POSTAL_CODE = "not_postal_code"
    NOT_PHONE = "not_phone"
    NOT_EMAIL = "not_email"
    NOT_DATE = "not_date"
    NOT_IN_ERA = "not_in_era"  # 和暦: the era had no such day
    LUNISOLAR = "lunisolar"  # 明治 1 to 5: a day of another calendar
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    IN_PAST = "in_past"  # before the day on which the form came, in Japan
    IN_FUTURE = "in_future"
    NOT_NUMBER = "not_number"
    NOT_AMOUNT = "not_amount"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_A_CHOICE = "not_a_choice"
    NOT_CHECKBOX = "not_checkbox"
    NOT_INSURED_NUMBER = "not_insured_number"
    NOT_ELDERLY_INSURED_NUMBER = "not_elderly_insured_number"
    NOT_PERSONAL_NUMBER = "not_personal_number"
    NOT_CORPORATE_NUMBER = "not_corporate_number"
    CHECK_DIGIT = "check_digit"
    NOT_BANK_CODE = "not_bank_code"
    NOT_BRANCH_CODE = "not_branch_code"
    NOT_ACCOUNT_KIND = "not_account_kind"
    NOT_ACCOUNT_NUMBER = "not_account_number"
    NOT_ACCOUNT_HOLDER = "not_account_holder"
    NOT_ARRIVAL_NUMBER = "not_arrival_number"
    NOT_VISIBLE_ASCII = "not_visible_ascii"
    # what fields say together
    NEEDED_HERE = "needed_here"  # because of what another field says
    NONE_OF_THESE = "none_of_these"  # at least one of several is needed
    MORE_THAN_ONE = "more_than_one"  # only one of several may be filled in
    OUT_OF_ORDER = "out_of_order"
    NOT_EQUAL = "not_equal"
    # ours
    RULES_LIMIT = "rules_limit"  # the request is larger or deeper than the rules stage reads
    RULES_FAILED = "rules_failed"  # the rules stage could not end its work
    STAGE_SKIPPED = "stage_skipped"  # a stage that the route names did not run on the whole request


class Invalid(Exception):
    """A value that its class does not take. Raised and caught inside `policy`; holds no value."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault
