"""What was found to be over the bound, each for a reason of its own: the search begins with these."""

from __future__ import annotations

from bench.worst.recipe import SIZE_MOST, VALUES_MOST, Recipe

KNOWN = (
    # many arguments that many rules match (ARGUMENTS_MAX, MATCH_CHARGE)
    Recipe("json", "", "$(''or'<m \\u005c ", "", values=VALUES_MOST, depth=100, size=256 * 1024, rules=(921130, 942410, 941170)),
    Recipe("json", "", "$(''or'<m", "", values=1_000, distinct=True, size=256 * 1024, rules=(921130,)),
    Recipe("form", "./", "(E.'])((a) /node/add/pagex ", "1=1 ", values=1_000, distinct=True, rules=(933210, 942251)),
    Recipe("form", "", " ", "", values=1_000, distinct=True),
    # what is listed once for each value, and again for each of its forms (LISTED_CHARGE)
    Recipe(
        "json",
        "<APPLET+;|あ|,:&#x26;\t$('or'<m$(''or'<m(E.'])((a) /node/add/pagex ",
        " xegap/dda/edon/ )a(()]'.E(;fo ",
        "%u0025",
        values=900,
        distinct=True,
        named=True,
        depth=255,
        rules=(922120, 941290, 933210, 942251, 942421, 921130),
    ),
    # forms with a NUL in them, which were transformed one by one; and characters of which each was looked at
    Recipe(
        "json",
        "<APPLET+@%\udc80 m\np ,o<r\\u005Mg",
        " of;; of;%000000",
        "",
        values=900,
        distinct=True,
        named=True,
        depth=255,
        rules=(922120, 941290, 941170, 921130, 920170),
    ),
    Recipe("json", "", "\0%41 \0", "", values=900, distinct=True, named=True, depth=255),
    # what is transformed one by one still: values that are no UTF-8, or with a separator of the engine in them
    Recipe("form", "\udc80", "a b ", "", values=900, distinct=True),
    Recipe("form", "", "\udc80", "", values=1_000, distinct=True),
    Recipe("json", "", "\x1e%41", "", values=900, distinct=True, depth=255),
    # names in many long forms, in each of which something is found (FORM_BYTES_PER_STEP, SCANNED_BYTES_PER_STEP)
    Recipe(
        "json",
        "lmth_lluf/ssx_retlif/rotide/gM500u\\r<o, p\nm \udc80%@+TELPPA<",
        "'_0-;;;;\\?.%",
        "",
        values=900,
        distinct=True,
        named=True,
        depth=100,
    ),
    Recipe("query", "<APPLET+@%\udc80` \np ,o<r->%1f%1e%1d%1c%07%06%05%04%u00x", "h[", "", values=1_000, distinct=True),
    # a long name of a cookie, which each rule that leaves out some cookies looked at
    Recipe("cookie", "$_session ;", " \nEVOM\nu%40%50%60%70%c1%d1%e1%f%xnigolu%40%50", "${", distinct=True, named=True, size=256 * 1024),
    # names that repeat their parents (JSON_NAME_BYTES)
    Recipe("json", "<APPLET+", " of;", "", values=900, distinct=True, named=True, depth=20, rules=(922120, 941290)),
    Recipe("json", "", "javascript:", "", values=900, distinct=True, named=True, depth=500, size=SIZE_MOST),
    # letters that Unicode folds to ASCII, and so were hits of everything that ignores case
    Recipe("json", "", "\u212a11", "", values=1_000, distinct=True),
    Recipe("form", "", "\u017f", "", values=1_000, distinct=True),
    # percent signs that begin no escape, in all forms of the target at once
    Recipe("query", "", "%ufFa", "", values=300, distinct=True, size=SIZE_MOST, rules=(920260,)),
    Recipe("path", "", "%\t", "", rules=(920202,)),
    Recipe("path", "", "%", "%41"),
    Recipe("query", "", "%%41", "%"),
    Recipe("query", "", ";|あ|,:\t", "", wraps=("percent-u",), size=256 * 1024, rules=(942421,)),
    # every form of a target as long as no daemon lets in, each of them decoded
    Recipe("query", "", "%u3042", "", size=256 * 1024),
    Recipe("path", "", "%u0041", "", size=SIZE_MOST),
    # control characters that decoders use meanwhile, so that they must go another way
    Recipe("path", "", "%1f%1e%1d%1c%07%06%05%04%u", "", size=256 * 1024),
    # the shortest escapes of CSS
    Recipe("query", "", "\\4", "", size=256 * 1024),
    Recipe("form", "", "\\4", "", values=1_000, distinct=True),
    # the longest name, the most cookies
    Recipe("form", "", "あ,", "", named=True, size=SIZE_MOST),
    Recipe("cookie", "r<o, p\nm i|%@", "\\u005c /doku0php\n;", '$T ,"=', values=500, distinct=True, named=True, rules=(941170,)),
    # what a request still had was less than the next limit of steps, which was tried all the same
    Recipe("header", "`|/*\t; \n ; あ&\r= `0", " " * 20, "*/", values=100, distinct=True, rules=(920600,)),
    Recipe("header", "1mmmax-age=0\n,\tmax-age=", "11", "\u017f", values=8, distinct=True, rules=(920510,)),
    Recipe("header", "\nbytes=-\t\t-\n , ", "88", "", values=10, distinct=True, rules=(920202,)),
    Recipe("multipart", "Warning\tmaor xdbx%1", "\n.", "", values=1, distinct=True, depth=500, size=256 * 1024, rules=(920350, 951210)),
    # steps in a value that lies in no cache (FAR_CHARGE)
    Recipe("multipart", "", "  ", "", values=1, size=256 * 1024, rules=(932105, 932115)),
    Recipe("multipart", "", " ", "\n", values=1, size=SIZE_MOST, rules=(942240,)),
    Recipe("json", "", "\nor ", "", values=1_000, distinct=True, rules=(942240,)),
    # what looks like SQL for long, and in which next to nothing is found (ASCII_MORE)
    Recipe("json", "", "\nor \nor ", "r", values=1_100, distinct=True, depth=100, rules=(942240,)),
    Recipe("json", "", "\nor \nor\t", "r", values=1_100, distinct=True, depth=100, size=102_700, rules=(942240, 941370)),
    # names of fields as long as many, and each of them in many forms
    Recipe(
        "json",
        "<APPLET+;|あ|,:&#x26;\t$('or'<m$(''or'<m",
        "\\%u00select 5%u0\\",
        "",
        wraps=("comments",),
        values=100,
        named=True,
        depth=255,
        rules=(922120, 941290, 933210, 942251),
    ),
    Recipe("json", "]\r/*!\n", "m'(m'(", "", wraps=("nul",), values=1_000, distinct=True, depth=100, rules=(921130,)),
    # where everything is found in every value
    Recipe("files", "&& !\t  '\"\"o''p\\", "$(<!--'or'<\n", "", values=1_000, distinct=True, size=256 * 1024, rules=(921130, 932105)),
    Recipe("query", "", "or'or' '", "", values=1_000, distinct=True, rules=(920220,)),
    # what libinjection folds away and so reads to the end, in each form and in runs of ASCII (injection.TOKEN_CHARGE); and `&` with
    # a letter behind it, which might begin the name of an entity
    Recipe("form", "\u212a%0a ", "&A&a", "", rules=(942100,)),
    Recipe("json", "**/\u212a\\u005c+\r%00\n", "&A&a", "", values=2, size=SIZE_MOST, rules=(942100,)),
    Recipe("header", "%00\u212a<", "&A&A&a&a", "", size=256 * 1024, rules=(942100,)),
    Recipe("multipart", "#\n", "&A", "'\"", values=2, rules=(942100,)),
    # answers, each of whose headers a rule is asked about, beside what the request has left
    Recipe("response", ">\u017f", "Warning='oR'SQ1Lあ_(..\\", "", values=1_000, rules=(951250,)),
    Recipe("response", "Cli Driver", "\u3000\u3000", "bB", values=1_000, distinct=True, size=64 * 1024, rules=(951130,)),
)  # fmt: skip
