"""Every operator of the ModSecurity 3 reference manual, and what becomes of it here.

`build` takes an argument that is known when rules load; `build_variable` one that a macro gives for each request. What is refused on
purpose is in REFUSED with the reason. Names are written in lower case; the manual's spelling is in the comments of seclang/words.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from policy.operators.addresses import IpMatch, networks_of_lines
from policy.operators.constant import NoMatch, UnconditionalMatch
from policy.operators.encodings import ValidateByteRange, ValidateUrlEncoding, ValidateUtf8Encoding
from policy.operators.identities import Verify, cpf, luhn, ssn, svnr
from policy.operators.injection import DetectSqli, DetectXss
from policy.operators.match import Operator, OperatorInvalid
from policy.operators.numeric import COMPARISONS, Comparison
from policy.operators.phrases import Phrases, phrases_in, phrases_of_lines
from policy.operators.rx import Rx, RxGlobal
from policy.operators.strings import BeginsWith, Contains, ContainsWord, EndsWith, Streq, Within
from policy.regular_file import read_regular
from policy.scan.needle import Needle

# Operators with the argument of a macro that are kept for each name. Source: ours; the macros of CRS take few values.
VARIABLE_OPERATORS: Final = 64
# Largest file that an operator reads, in bytes. Source: CRS's largest list is under 100 KB.
FILE_BYTES: Final = 4 * 1024 * 1024

Maker = Callable[[bytes], Operator]


def _comparison(name: str) -> Maker:
    return lambda argument: Comparison(name, argument)


def _phrases(argument: bytes) -> Operator:
    return Phrases(phrases_in(argument))


SIMPLE: Final[Mapping[str, Maker]] = {
    "beginswith": BeginsWith,
    "contains": Contains,
    "containsword": ContainsWord,
    "detectsqli": lambda _: DetectSqli(),
    "detectxss": lambda _: DetectXss(),
    "endswith": EndsWith,
    "ipmatch": lambda argument: IpMatch([argument]),
    "nomatch": lambda _: NoMatch(),
    "pm": _phrases,
    "rx": Rx,
    "rxglobal": RxGlobal,
    "streq": Streq,
    "strmatch": Contains,
    "unconditionalmatch": lambda _: UnconditionalMatch(),
    "validatebyterange": ValidateByteRange,
    "validateurlencoding": lambda _: ValidateUrlEncoding(),
    "validateutf8encoding": lambda _: ValidateUtf8Encoding(),
    "verifycc": lambda argument: Verify(argument, luhn, fresh=False),
    "verifycpf": lambda argument: Verify(argument, cpf, fresh=True),
    "verifyssn": lambda argument: Verify(argument, ssn, fresh=True),
    "verifysvnr": lambda argument: Verify(argument, svnr, fresh=True),
    "within": Within,
    **{name: _comparison(name) for name in COMPARISONS},
}

# Whose argument may hold macros: ModSecurity 3 expands them for these, and for others never (pm then has no phrases).
WITH_MACROS: Final = frozenset(
    (
        "beginswith",
        "contains",
        "containsword",
        "endswith",
        "rx",
        "rxglobal",
        "streq",
        "strmatch",
        "within",
        *COMPARISONS,
    )
)

FROM_FILE: Final[Mapping[str, Maker]] = {
    "ipmatchf": lambda text: IpMatch(networks_of_lines(text)),
    "ipmatchfromfile": lambda text: IpMatch(networks_of_lines(text)),
    "pmf": lambda text: Phrases(phrases_of_lines(text)),
    "pmfromfile": lambda text: Phrases(phrases_of_lines(text)),
}

# Loaded, because the Core Rule Set names them, but without an effect: they never match. The loader notes it.
INERT: Final[Mapping[str, str]] = {
    "geolookup": "has no data base of addresses here: it never matches",
    "rbl": "asks no name server about a citizen's address: it never matches",
}

REFUSED: Final[Mapping[str, str]] = {
    "fuzzyhash": "needs the ssdeep library and its data base of files",
    "gsblookup": "ModSecurity 3 does not have it, and it asks a service on the network",
    "inspectfile": "runs a program",
    "rsub": "ModSecurity 3 does not have it, and it changes what goes on",
    "validatedtd": "reads document type definitions, which the XML processor refuses",
    "validatehash": "ModSecurity 3 does not have it, and responses are not rewritten here",
    "validateschema": "loads an XML schema; routes declare their fields instead",
}


def build(name: str, argument: bytes, directory: Path) -> Operator:
    """The operator; file names in the argument are relative to `directory`, where the rule's file is. OperatorInvalid."""
    key = name.lower()
    if key in SIMPLE:
        return SIMPLE[key](argument)
    if key in FROM_FILE:
        return FROM_FILE[key](_read(argument, directory))
    if key in INERT:
        return NoMatch()
    if key in REFUSED:
        raise OperatorInvalid(
            f"@{name} is refused on purpose: it {REFUSED[key]}", "take the rule out, or write it another way"
        )
    raise OperatorInvalid(f"there is no operator @{name}", "see docs/seclang.md for those that there are")


def build_variable(name: str) -> Callable[[bytes], Operator]:
    """What makes the operator when the macros in its argument are expanded; it keeps the last VARIABLE_OPERATORS. OperatorInvalid, also
    from what is returned: then the expanded argument is of no use to the operator.
    """
    key = name.lower()
    if key not in WITH_MACROS:
        raise OperatorInvalid(f"@{name} takes no macro in its argument", "write the argument out")
    return lru_cache(VARIABLE_OPERATORS)(SIMPLE[key])


def needles(operator: Operator) -> Needle | None:
    """What a scanner can look for: where it is not found, the operator does not match. None: the operator must always be asked."""
    ask = getattr(operator, "needle", None)
    found: Needle | None = ask() if ask is not None else None
    return found


def _read(argument: bytes, directory: Path) -> bytes:
    texts = []
    for name in argument.decode("utf-8", "surrogateescape").split():
        if name.startswith(("http://", "https://")):
            raise OperatorInvalid(
                "lists from the network are refused on purpose", "store the list as a file beside the rules"
            )
        path = directory / name
        try:
            if path.stat().st_size > FILE_BYTES:
                raise OperatorInvalid(f"{name} has more than {FILE_BYTES} bytes", "divide it among several rules")
            texts.append(read_regular(path))
        except OSError as error:
            raise OperatorInvalid(
                f"{name} cannot be read: {error.strerror}", f"it is looked for in {directory}"
            ) from error
    if not texts:
        raise OperatorInvalid("the name of a file is missing", "name one after the operator")
    return b"\n".join(texts)
