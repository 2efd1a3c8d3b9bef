"""Every case of x509-limbo against `certs.profile.verify_chain`, and against what docs/spec/x509-limbo.md admits.

The data lies beside the clone (`../shared/data`), because it is large and not ours. Where it is absent the tests are
skipped, which pytest counts and names.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from certs.mismatch import subject_of
from certs.profile import Mismatch, PeerRejected, verify_chain

REPOSITORY = Path(__file__).resolve().parents[3]
DATA = REPOSITORY.parent / "shared" / "data" / "x509-limbo-2026-06.json"
DOCUMENT = REPOSITORY / "docs" / "spec" / "x509-limbo.md"
CASES = 208
CRL_CASES = 8
NOW = datetime(2026, 7, 1, tzinfo=UTC)  # for the cases that name no time

pytestmark = [
    pytest.mark.skipif(not DATA.exists(), reason=f"{DATA.name} does not lie in ../shared/data beside the clone"),
    # the library warns of certificates that a later version will not even parse; here they are the subject
    pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning"),
]


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DATA.read_bytes())["testcases"]
    return found


@pytest.fixture(scope="module")
def verdicts(cases: list[dict[str, Any]]) -> dict[str, Mismatch | None]:
    """The mismatch by case; None where the chain is accepted."""
    return {case["id"]: judge(case) for case in cases}


def moment(case: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else NOW


def expected_name(case: dict[str, Any]) -> str | None:
    name = case["expected_peer_name"]
    return None if name is None else name["value"]


def certificates(pems: list[str]) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(pem.encode()) for pem in pems]


def judge(case: dict[str, Any]) -> Mismatch | None:
    try:
        (leaf,) = certificates([case["peer_certificate"]])
        intermediates = certificates(case["untrusted_intermediates"])
        anchors = certificates(case["trusted_certs"])
        crls = [x509.load_pem_x509_crl(pem.encode()) for pem in case["crls"]]
    except ValueError:
        return Mismatch.INVALID  # as the TLS seam and certs.load treat what the strict parser cannot read
    usage = "client" if case["validation_kind"] == "CLIENT" else "server"
    try:
        verify_chain(
            leaf,
            intermediates,
            anchors,
            usage,
            expected_name(case),
            moment(case),
            case["max_chain_depth"],
            crls or None,
        )
    except PeerRejected as refusal:
        return refusal.mismatch
    return None


def library_accepts(case: dict[str, Any]) -> bool:
    """cryptography's own verifier with its defaults; it has no notion of revocation."""
    (leaf,) = certificates([case["peer_certificate"]])
    builder = PolicyBuilder().store(Store(certificates(case["trusted_certs"]))).time(moment(case))
    if case["max_chain_depth"] is not None:
        builder = builder.max_chain_depth(case["max_chain_depth"])
    intermediates = certificates(case["untrusted_intermediates"])
    if case["validation_kind"] == "CLIENT":
        return bool(builder.build_client_verifier().verify(leaf, intermediates).chain)
    name = expected_name(case)
    assert name is not None
    return bool(builder.build_server_verifier(subject_of(name)).verify(leaf, intermediates))


def listed(section: str) -> set[str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    (body,) = re.findall(rf"^## {section}.*?\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return set(re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE))


def test_every_case_is_judged(cases: list[dict[str, Any]], verdicts: dict[str, Mismatch | None]) -> None:
    assert len(cases) == len(verdicts) == CASES
    assert sum(bool(case["crls"]) for case in cases) == CRL_CASES
    right = sum((verdicts[case["id"]] is None) == (case["expected_result"] == "SUCCESS") for case in cases)
    assert right == CASES - len(listed("2")) - len(listed("3"))


def test_wrong_acceptances_are_those_admitted(
    cases: list[dict[str, Any]], verdicts: dict[str, Mismatch | None]
) -> None:
    wrong = {case["id"] for case in cases if case["expected_result"] == "FAILURE" and verdicts[case["id"]] is None}
    assert wrong == listed("2")


def test_wrong_refusals_are_those_admitted(cases: list[dict[str, Any]], verdicts: dict[str, Mismatch | None]) -> None:
    wrong = {case["id"] for case in cases if case["expected_result"] == "SUCCESS" and verdicts[case["id"]]}
    assert wrong == listed("3")


def test_nothing_is_accepted_that_the_library_rejects(
    cases: list[dict[str, Any]], verdicts: dict[str, Mismatch | None]
) -> None:
    accepted = [case for case in cases if verdicts[case["id"]] is None]
    assert len(accepted) > 0
    for case in accepted:
        assert library_accepts(case), case["id"]


def test_no_wrong_acceptance_concerns_revocation(
    cases: list[dict[str, Any]], verdicts: dict[str, Mismatch | None]
) -> None:
    with_lists = [case for case in cases if case["crls"]]
    assert all(verdicts[case["id"]] for case in with_lists if case["expected_result"] == "FAILURE")
    assert verdicts["crl::revoked-certificate-with-crl"] is Mismatch.REVOKED
    assert verdicts["crl::crlnumber-missing"] is Mismatch.CRL_STALE
    assert verdicts["crl::crlnumber-critical"] is Mismatch.CRL_STALE
    assert verdicts["crl::issuer-missing-crlsign"] is Mismatch.CRL_STALE


SPECIFIC = {
    "rfc5280::validity::expired-leaf": Mismatch.EXPIRED,
    "rfc5280::validity::expired-root": Mismatch.EXPIRED,
    "rfc5280::validity::expired-intermediate": Mismatch.EXPIRED,
    "rfc5280::validity::not-yet-valid-1-second": Mismatch.NOT_YET_VALID,
    "rfc5280::chain-untrusted-root": Mismatch.UNTRUSTED,
    "rfc5280::eku::ee-wrong-eku": Mismatch.USAGE,
    "webpki::san::mismatch-domain-san": Mismatch.NAME,
    "webpki::san::no-san": Mismatch.NAME,
    "webpki::forbidden-weak-rsa-in-leaf": Mismatch.KEY_WEAK,
    "webpki::forbidden-p192-leaf": Mismatch.KEY_WEAK,
    "webpki::forbidden-dsa-leaf": Mismatch.KEY_WEAK,
    "rfc5280::intermediate-ca-without-ca-bit": Mismatch.INVALID,
}


@pytest.mark.parametrize("case", sorted(SPECIFIC))
def test_the_most_specific_mismatch_is_named(case: str, verdicts: dict[str, Mismatch | None]) -> None:
    assert verdicts[case] is SPECIFIC[case]
