"""The grammar of HTTP/1.1 and URI bytes as this boundary reads it: RFC 9110, RFC 9112 and RFC 3986, never wider.

Rules:
1. Every pattern is linear: possessive quantifiers only (`*+`, `++`), so no input makes it go back over what it has read.
2. Patterns are for `fullmatch`, unless the name says otherwise.
3. Where the RFCs let a recipient forgive (obs-fold, BWS, bare LF), nothing here forgives.
"""

from __future__ import annotations

import re

TCHAR = rb"!#$%&'*+\-.^_`|~0-9A-Za-z"  # RFC 9110 section 5.6.2
TOKEN = rb"[" + TCHAR + rb"]++"
VALUE_BYTES = rb"\t\x20-\x7e\x80-\xff"  # RFC 9110 section 5.5: HTAB, SP, VCHAR, obs-text
# RFC 9110 section 5.6.4; obs-text and every control except HTAB are left out
QUOTED_STRING = rb'"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"'

VALUE_OCTETS = bytes((0x09, *range(0x20, 0x7F), *range(0x80, 0x100)))  # the same, one by one

token = re.compile(TOKEN)
_LOWER = rb"[!#$%&'*+\-.^_`|~0-9a-z]++"
lower_names = re.compile(_LOWER + rb"(?:\n" + _LOWER + rb")*")  # with an LF between them
field_line = re.compile(rb"(" + TOKEN + rb"):([" + VALUE_BYTES + rb"]*+)")
field_lines = re.compile(rb"(?:" + TOKEN + rb":[" + VALUE_BYTES + rb"]*+\r\n)*")
field_line_each = re.compile(rb"(" + TOKEN + rb"):([" + VALUE_BYTES + rb"]*+)\r\n")  # for findall, after field_lines

# What may not stand in a line that is still arriving: a control, or CR without LF behind it. `\r` at the very end waits.
line_control = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\n|\r(?!\n|\Z)")
request_line_control = re.compile(rb"[\x00-\x0c\x0e-\x1f\x7f]|\r(?!\n|\Z)")

# RFC 9112 section 7.1; `chunk_line_start` is what a line that is still arriving must look like
chunk_line = re.compile(
    rb"([0-9A-Fa-f]{1,16}+)((?:;" + TOKEN + rb"(?:=(?:" + TOKEN + rb"|" + QUOTED_STRING + rb"))?)*)"
)
chunk_line_start = re.compile(rb"[0-9A-Fa-f]{1,16}+(?:;[\t\x20-\x7e]*+)?\r?")

# RFC 9110 section 8.6, without leading zeros; 18 digits are under 2**63 everywhere
content_length = re.compile(rb"0|[1-9][0-9]{0,17}")
list_of_tokens = re.compile(rb"[ \t,]*+(?:" + TOKEN + rb"(?:[ \t]*+,[ \t,]*+|\Z))+")
# RFC 9110 section 10.1.4; `chunked` is refused by its own rule
protocols = re.compile(
    rb"[ \t,]*+(?:" + TOKEN + rb"(?:/" + TOKEN + rb")?(?:[ \t]*+,[ \t,]*+|\Z))+"
)  # RFC 9110 section 7.8
transfer_codings = re.compile(
    rb"(?:"
    + TOKEN
    + rb"(?:[ \t]*+;[ \t]*+"
    + TOKEN
    + rb"=(?:"
    + TOKEN
    + rb"|"
    + QUOTED_STRING
    + rb"))*(?:[ \t]*+,[ \t]*+|\Z))*"
)

# RFC 3986: pchar without "%", and a run of percent triplets
PCHAR = rb"A-Za-z0-9\-._~!$&'()*+,;=:@"
TRIPLET: bytes = rb"%[0-9A-Fa-f]{2}"
path = re.compile(rb"/[" + PCHAR + rb"/]*+(?:" + TRIPLET + rb"[" + PCHAR + rb"/]*+)*")
query = re.compile(rb"[" + PCHAR + rb"/?]*+(?:" + TRIPLET + rb"[" + PCHAR + rb"/?]*+)*")
triplet_run = re.compile(rb"(?:" + TRIPLET + rb")+")  # for findall and sub
encoded_control = re.compile(rb"%(?:[01][0-9A-Fa-f]|7[Ff])")  # for search
# In a path also: an encoded backslash, and what a second decoding would turn into a control, dot, slash, backslash or percent
encoded_in_path = re.compile(rb"%(?:25)?(?:[01][0-9A-Fa-f]|7[Ff]|5[Cc])|%25(?:2[EeFf]|25)")

method = re.compile(rb"[A-Z][A-Z0-9_-]*+")  # as every registered one is written (RFC 9110 section 16.1)
# RFC 9112 section 3
request_line = re.compile(rb"(" + TOKEN + rb") ([^\x00-\x20\x7f]++) HTTP/([0-9])\.([0-9])")
request_line_plain = re.compile(
    rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[" + PCHAR + rb"/]*+)(?:\?([" + PCHAR + rb"/?]*+))? HTTP/1\.1"
)
absolute_form = re.compile(rb"([A-Za-z][A-Za-z0-9+\-.]*+)://([^/?]*+)(/[^?]*+)?(?:\?(.*+))?")

# RFC 9110 section 7.2: uri-host [ ":" port ], where a name is a DNS name or an IP address
_LABEL = rb"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
authority = re.compile(
    rb"(?:\[([0-9A-Fa-f:.]{2,45}+)\]|(" + _LABEL + rb"(?:\." + _LABEL + rb")*\.?))(?::([1-9][0-9]{0,4}))?"
)
# A host whose last label is a number is an IPv4 address for a browser (WHATWG URL); here it must be a plain dotted quad
ends_in_number = re.compile(rb"(?:.*\.)?(?:[0-9]+|0[Xx][0-9A-Fa-f]*)")
_OCTET = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
dotted_quad = re.compile(_OCTET + rb"(?:\." + _OCTET + rb"){3}")
