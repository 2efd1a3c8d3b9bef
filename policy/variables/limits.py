"""Bounds of what one message may hold that the rules are shown, and what ModSecurity sets where nobody configures it.

A bound of ours that is met ends the reading, marks the body as not readable (REQBODY_ERROR) and is named in
`Transaction.exceeded`: whoever enforces must refuse then, because the rules have not seen everything.
"""

from __future__ import annotations

# bounds of ours
ARGUMENTS_MAX = (
    65_536  # arguments of one message; a form has hundreds, and each costs about 300 bytes while it is judged
)
HEADERS_MAX = 4_096  # header fields of one message that is only graded; the daemon's own bound is far below
PARTS_MAX = 16_384  # parts of one multipart body; each may hold an argument or a file with six collections to fill
PART_HEADERS_MAX = 256  # header lines of one part; browsers send two
JSON_DEPTH_MAX = (
    512  # levels; below Python's recursion limit, and the recommended configuration of ModSecurity says 512
)
JSON_NAME_BYTES_MAX = 8_388_608  # bytes of all names together; a name repeats its parents, so that depth multiplies it
XML_DEPTH_MAX = 256  # levels; libxml2's own bound without its "huge" option
XML_BYTES_MAX = 10_485_760  # bytes of one document; libxml2 bounds one text node to the same 10 MB
XML_NODES_MAX = 262_144  # elements and attributes; a tree costs about 120 bytes each
XPATH_NODES_MAX = 65_536  # nodes that one expression may select; each has its content copied

# what ModSecurity 3 has fixed
MULTIPART_LINE_BYTES = 4_096  # bytes of the buffer that its multipart parser reads lines into
CONTENT_TYPE_BYTES = 1_024  # bytes of a Content-Type whose boundary it still looks for
JSON_DEPTH_DEFAULT = 10_000  # levels, where SecRequestBodyJsonDepthLimit is not set
REQUEST_BODY_BYTES_DEFAULT = 134_217_728  # bytes, where SecRequestBodyLimit is not set
RESPONSE_BODY_BYTES_DEFAULT = 524_288  # bytes, where SecResponseBodyLimit is not set
