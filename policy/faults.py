"""The closed set of words that stand in `Finding.detail`: what exactly is wrong with a field, a form or a request.

A word says what to mend and holds nothing that a peer sent. `policy.fault_words` says it to an operator,
`policy.refusal_words` to the citizen, `policy.file_words` of a file to both.
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


class FileFault(StrEnum):
    """What is wrong with a file: the words of the scanner role (content/faults.py, which no other role loads), and what is said of a
    file beside them.
    """

    MISSING_FILE = "missing_file"
    INFECTED = "infected"
    UNSCANNABLE = "unscannable"
    NOT_EXAMINED = "not_examined"
    NAME_EMPTY = "name_empty"
    NAME_TOO_LONG = "name_too_long"
    NAME_CONTROL = "name_control"
    NAME_BIDI = "name_bidi"
    NAME_INVISIBLE = "name_invisible"
    NAME_REPERTOIRE = "name_repertoire"
    NAME_PATH = "name_path"
    NAME_RESERVED = "name_reserved"
    NAME_EDGE = "name_edge"
    NAME_DOUBLE_EXTENSION = "name_double_extension"
    EXTENSION_UNKNOWN = "extension_unknown"
    HEIC = "heic"
    TYPE_DISAGREES = "type_disagrees"
    CONTENT_DISAGREES = "content_disagrees"
    CONTENT_EMPTY = "content_empty"
    KIND_NOT_TAKEN = "kind_not_taken"
    FILE_TOO_LARGE = "file_too_large"
    POLYGLOT = "polyglot"
    TRAILING_DATA = "trailing_data"
    DAMAGED = "damaged"
    TEXT_ENCODING = "text_encoding"
    TEXT_CHARACTER = "text_character"
    TEXT_IS_CODE = "text_is_code"
    CSV_FORMULA = "csv_formula"
    CSV_TOO_LARGE = "csv_too_large"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_FRAMES = "image_frames"
    IMAGE_PARTS = "image_parts"
    ARCHIVE_ENTRIES = "archive_entries"
    ARCHIVE_DEPTH = "archive_depth"
    ARCHIVE_SIZE = "archive_size"
    ARCHIVE_RATIO = "archive_ratio"
    ARCHIVE_ENCRYPTED = "archive_encrypted"
    ARCHIVE_METHOD = "archive_method"
    ARCHIVE_ZIP64 = "archive_zip64"
    ARCHIVE_NAME = "archive_name"
    ARCHIVE_LINK = "archive_link"
    ARCHIVE_DUPLICATE = "archive_duplicate"
    ARCHIVE_OVERLAP = "archive_overlap"
    ARCHIVE_GAP = "archive_gap"
    ARCHIVE_DISAGREES = "archive_disagrees"
    OFFICE_MACRO = "office_macro"
    OFFICE_OBJECT = "office_object"
    OFFICE_CONTROL = "office_control"
    OFFICE_EXTERNAL = "office_external"
    OFFICE_TEMPLATE = "office_template"
    OFFICE_FIELD = "office_field"
    OFFICE_PART = "office_part"
    XML_INVALID = "xml_invalid"
    XML_TOO_LARGE = "xml_too_large"
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_SCRIPT = "pdf_script"
    PDF_ACTION = "pdf_action"
    PDF_LAUNCH = "pdf_launch"
    PDF_ATTACHMENT = "pdf_attachment"
    PDF_MEDIA = "pdf_media"
    PDF_XFA = "pdf_xfa"
    PDF_EXTERNAL = "pdf_external"
    PDF_TOO_LARGE = "pdf_too_large"
    NOT_DISARMED = "not_disarmed"


class Invalid(Exception):
    """A value that its class does not take. Raised and caught inside `policy`; holds no value."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault
