"""Bounds of what one message may hold that the rules are shown, and what ModSecurity sets where nobody configures it.

A bound of ours that is met ends the reading, marks the body as not readable (REQBODY_ERROR) and is named in
`Transaction.exceeded`: whoever enforces must refuse then, because the rules have not seen everything.
Each has its unit and where the number comes from; tests meet each at n and n + 1.
"""

from __future__ import annotations

# bounds of ours

# arguments of one message, of query and body together; ModSecurity recommends to refuse at 1,000, the daemon lets as many
# fields in. At paranoia level 4 each takes 30 microseconds, however short it is, so that more could not stay in 50 ms per 100 KiB
ARGUMENTS_MAX = 1_000
# cookies of one message; browsers keep at most 180 for a site
COOKIES_MAX = 500
# bytes of the request target that rules look at, and of the first line where it is a strange one; the most that the daemon can be
# told to let in. Rules see it in five variables and in what each decodes it to, so that more could not stay in 50 ms per 100 KiB
URI_BYTES_MAX = 65_536
# header fields of one message, which is only graded: the daemon's own bound is 100
HEADERS_MAX = 1_000
# parts of one multipart body, as arguments: each is an argument or a file
PARTS_MAX = 1_000
# header lines of one part; browsers send two
PART_HEADERS_MAX = 64
# header lines of all parts of a body: three of each, browsers send two
PART_LINES_MAX = 3_000
# levels of a JSON document, as in the configuration that ModSecurity recommends
JSON_DEPTH_MAX = 512
# objects and arrays of a JSON document, so that empty ones have an end too
JSON_CONTAINERS_MAX = 4_000
# bytes of the names of all containers of a JSON document together; a name repeats its parents, so that depth would multiply it
JSON_PATH_BYTES_MAX = 8_388_608
# bytes of the names of all its arguments together, which rules look at: first whatever its size, then for each of its bytes. A
# thousand values in records of records need twice the document, a thousand numbers in an array fit into the first
JSON_NAME_BYTES = 65_536
JSON_NAME_BYTES_PER_BYTE = 2
# levels of an XML document; libxml2's own bound where nothing else is asked of it
XML_DEPTH_MAX = 256
# bytes of an XML document; libxml2 bounds a text node to as much
XML_BYTES_MAX = 10_000_000
# angle brackets of an XML document; an element costs about 120 bytes, a hundred times what it takes in the text
XML_MARKUP_MAX = 200_000
# nodes that one XPath expression may select; each is a value for every rule, as arguments are
XPATH_NODES_MAX = 1_000
# bytes of content that one XPath expression may select: `//*` selects the content of each element again in its parents
XPATH_BYTES_MAX = 20_000_000

# what ModSecurity 3 has fixed

# bytes of the buffer that its multipart parser reads lines into
MULTIPART_LINE_BYTES = 4_096
# bytes of a Content-Type whose boundary it still looks for
CONTENT_TYPE_BYTES = 1_024
# levels of JSON, where SecRequestBodyJsonDepthLimit is not set
JSON_DEPTH_DEFAULT = 10_000
# bytes of a request's body, where SecRequestBodyLimit is not set
REQUEST_BODY_BYTES_DEFAULT = 134_217_728
# bytes of a response's body, where SecResponseBodyLimit is not set
RESPONSE_BODY_BYTES_DEFAULT = 524_288
