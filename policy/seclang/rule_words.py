"""What may stand in a rule: variables, operators, transformations.

Source: the ModSecurity v3 reference manual, and of v2's what CRS uses or what would be missed in silence. Of a variable the
shape says whether it has selectors: `REQUIRED` never occurs, `OPTIONAL` is a collection, `NONE` a single value.
"""

from __future__ import annotations

from policy.seclang.word import Shape, refused, supported, table, without_effect

_NO_SCRIPTS = "nothing is known here of files and users of the application's server"
_NO_TIMES = "counts microseconds inside Apache; the metrics of the rules stage tell where time goes"

VARIABLES = table(
    supported(
        Shape.OPTIONAL,
        "ARGS ARGS_GET ARGS_GET_NAMES ARGS_NAMES ARGS_POST ARGS_POST_NAMES FILES FILES_NAMES FILES_SIZES "
        "FILES_TMPNAMES FILES_TMP_CONTENT GLOBAL IP MATCHED_VARS MATCHED_VARS_NAMES MULTIPART_FILENAME MULTIPART_NAME "
        "MULTIPART_PART_HEADERS REQUEST_COOKIES REQUEST_COOKIES_NAMES REQUEST_HEADERS REQUEST_HEADERS_NAMES RESOURCE "
        "RESPONSE_HEADERS RESPONSE_HEADERS_NAMES RULE SESSION TX USER XML",
    ),
    supported(
        Shape.NONE,
        "ARGS_COMBINED_SIZE DURATION FILES_COMBINED_SIZE FULL_REQUEST FULL_REQUEST_LENGTH HIGHEST_SEVERITY "
        "INBOUND_DATA_ERROR MATCHED_VAR MATCHED_VAR_NAME MODSEC_BUILD MSC_PCRE_ERROR MSC_PCRE_LIMITS_EXCEEDED "
        "MULTIPART_BOUNDARY_QUOTED MULTIPART_BOUNDARY_WHITESPACE MULTIPART_CRLF_LF_LINES MULTIPART_DATA_AFTER "
        "MULTIPART_DATA_BEFORE MULTIPART_FILE_LIMIT_EXCEEDED MULTIPART_HEADER_FOLDING MULTIPART_INVALID_HEADER_FOLDING "
        "MULTIPART_INVALID_PART MULTIPART_INVALID_QUOTING MULTIPART_LF_LINE MULTIPART_MISSING_SEMICOLON "
        "MULTIPART_SEMICOLON_MISSING MULTIPART_STRICT_ERROR MULTIPART_UNMATCHED_BOUNDARY OUTBOUND_DATA_ERROR PATH_INFO "
        "QUERY_STRING REMOTE_ADDR REMOTE_HOST REMOTE_PORT REQBODY_ERROR REQBODY_ERROR_MSG REQBODY_PROCESSOR "
        "REQBODY_PROCESSOR_ERROR REQBODY_PROCESSOR_ERROR_MSG REQUEST_BASENAME REQUEST_BODY REQUEST_BODY_LENGTH "
        "REQUEST_FILENAME REQUEST_LINE REQUEST_METHOD REQUEST_PROTOCOL REQUEST_URI REQUEST_URI_RAW RESPONSE_BODY "
        "RESPONSE_CONTENT_LENGTH RESPONSE_CONTENT_TYPE RESPONSE_PROTOCOL RESPONSE_STATUS SERVER_ADDR SERVER_NAME "
        "SERVER_PORT SESSIONID STATUS STATUS_LINE TIME TIME_DAY TIME_EPOCH TIME_HOUR TIME_MIN TIME_MON TIME_SEC "
        "TIME_WDAY TIME_YEAR UNIQUE_ID URLENCODED_ERROR USERID WEBAPPID AUTH_TYPE REMOTE_USER",
    ),
    without_effect(Shape.OPTIONAL, "empty: the environment of the process is no business of a rule", "ENV"),
    without_effect(Shape.OPTIONAL, "empty: there is no data base of places", "GEO"),
    refused(
        _NO_SCRIPTS,
        "SCRIPT_BASENAME SCRIPT_FILENAME SCRIPT_GID SCRIPT_GROUPNAME SCRIPT_MODE SCRIPT_UID SCRIPT_USERNAME",
    ),
    refused(
        _NO_TIMES,
        "PERF_ALL PERF_COMBINED PERF_GC PERF_LOGGING PERF_PHASE1 PERF_PHASE2 PERF_PHASE3 PERF_PHASE4 PERF_PHASE5 "
        "PERF_RULES PERF_SREAD PERF_SWRITE",
    ),
    refused("collections are kept in memory, not in SDBM files", "SDBM_DELETE_ERROR"),
    refused("ModSecurity 2 only: bodies are not changed by rules", "STREAM_INPUT_BODY STREAM_OUTPUT_BODY"),
    refused("ModSecurity 2 only: REMOTE_ADDR is the address of the client", "USERAGENT_IP"),
    refused("ModSecurity 2 only: there is no error log of Apache", "WEBSERVER_ERROR_LOG"),
)

OPERATORS = table(
    supported(
        Shape.REQUIRED,
        "beginsWith contains containsWord endsWith eq ge gt ipMatch ipMatchF ipMatchFromFile le lt pm pmf pmFromFile rx "
        "rxGlobal streq strmatch validateByteRange verifyCC verifyCPF verifySSN verifySVNR within",
    ),
    supported(Shape.NONE, "detectSQLi detectXSS noMatch unconditionalMatch validateUrlEncoding validateUtf8Encoding"),
    without_effect(Shape.REQUIRED, "never matches: the rules stage asks no name server", "rbl"),
    without_effect(Shape.NONE, "never matches: there is no data base of places", "geoLookup"),
    refused("the service behind it has ended, and the rules stage uses no network", "gsbLookup"),
    refused("starts a program with what a client sent", "inspectFile"),
    refused("needs ssdeep, which is not part of Sekisho", "fuzzyHash"),
    refused("loads definitions that may name further files; a schema of the procedure says what a body may hold", "validateDTD"),
    refused("loads schemas that may name further files; a schema of the procedure says what a body may hold", "validateSchema"),
    refused("belongs to the hash engine of ModSecurity 2, which rewrites pages", "validateHash"),
    refused("changes what is forwarded; ModSecurity 3 does not have it either", "rsub"),
)  # fmt: skip

TRANSFORMATIONS = table(
    supported(
        Shape.NONE,
        "base64Decode base64DecodeExt base64Encode cmdLine compressWhitespace cssDecode escapeSeqDecode hexDecode "
        "hexEncode htmlEntityDecode jsDecode length lowercase md5 none normalisePath normalisePathWin normalizePath "
        "normalizePathWin parityEven7bit parityOdd7bit parityZero7bit removeComments removeCommentsChar removeNulls "
        "removeWhitespace replaceComments replaceNulls sha1 sqlHexDecode trim trimLeft trimRight upperCase urlDecode "
        "urlDecodeUni urlEncode utf8toUnicode",
    ),
)

PERSISTENT = frozenset({"GLOBAL", "IP", "RESOURCE", "SESSION", "USER"})
"""Collections that outlive a request; with TX the ones that `setvar` may write."""

SCALARS = frozenset(name.upper() for name, word in VARIABLES.items() if word.shape is Shape.NONE)
