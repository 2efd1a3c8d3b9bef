"""The closed set of what can be wrong with a file. A word holds nothing that a peer sent; `policy.file_words` says it to people."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    # the name
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
    # what it says to be, and what it is
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
    # texts
    TEXT_ENCODING = "text_encoding"
    TEXT_CHARACTER = "text_character"
    TEXT_IS_CODE = "text_is_code"
    CSV_FORMULA = "csv_formula"
    CSV_TOO_LARGE = "csv_too_large"
    # pictures
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_FRAMES = "image_frames"
    IMAGE_PARTS = "image_parts"
    # archives
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
    # Office documents
    OFFICE_MACRO = "office_macro"
    OFFICE_OBJECT = "office_object"
    OFFICE_CONTROL = "office_control"
    OFFICE_EXTERNAL = "office_external"
    OFFICE_TEMPLATE = "office_template"
    OFFICE_FIELD = "office_field"
    OFFICE_PART = "office_part"
    XML_INVALID = "xml_invalid"
    XML_TOO_LARGE = "xml_too_large"
    # PDF
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_SCRIPT = "pdf_script"
    PDF_ACTION = "pdf_action"
    PDF_LAUNCH = "pdf_launch"
    PDF_ATTACHMENT = "pdf_attachment"
    PDF_MEDIA = "pdf_media"
    PDF_XFA = "pdf_xfa"
    PDF_EXTERNAL = "pdf_external"
    PDF_TOO_LARGE = "pdf_too_large"
    # disarming
    NOT_DISARMED = "not_disarmed"


class Unfit(Exception):
    """A file, or a part of one, that does not pass. Raised and caught inside `content`; holds nothing of the file."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault
