"""`sekisho certs`: a small private CA, key files, and a look at what is there."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from rich.cells import cell_len

from certs.load import CertInvalid, load_chain
from certs.profile import spki_pin
from relay.base.errors import ConfigInvalid, Problem
from relay.envelope.keys import KeyInvalid, RecipientPrivateKey
from relay.settings.addresses import parse_ip
from relay.settings.authority import ISSUERS, create_authorities, lifetime, open_authorities, renew_crl
from relay.settings.certs_show import LABELS, facts_of
from relay.settings.check_command import add_choice_of_file, checked_by, say_summary
from relay.settings.key_files import make_directory, write_gate_keys, write_private, write_public, write_relay_keys
from relay.settings.model import HostName, Name, Origin
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, as_objects, say_json, say_problems

MOST_DAYS = 825  # what clients bear with for a private CA; public ones end at 398 and less

_CODES = "\nexit codes: 0 done, 2 wrong usage, 78 a file is in the way, missing or not what it should be\n"
_EPILOG = """\
examples: a relay and a gate, from nothing
  sekisho certs init ca
  sekisho certs issue ca --role front  --name shinsei.city-a.example.jp --key city-a --out relay
  sekisho certs issue ca --role egress --name relay1.example.jp --out relay
  sekisho certs issue ca --role gate   --name gate1.example.jp --out gate
  sekisho certs keygen relay --for relay --name relay1.example.jp
  sekisho certs keygen gate  --for gate  --name gate1.example.jp
  sekisho certs show relay/egress.crt           the pin that gate.toml needs
  sekisho certs check --config sekisho.toml
"""
_INIT = "\nexample:\n  sekisho certs init /root/sekisho-ca\n" + _CODES
_ISSUE = (
    "Writes OUT/KEY.crt (mode 0444) and OUT/keys/KEY (mode 0400).\n\nexample:\n"
    "  sekisho certs issue ca --role front --name a.example.jp --name b.example.jp --key city-a --out relay\n" + _CODES
)
_CRL = "\nexamples:\n  sekisho certs crl ca                              from a timer, every few hours\n"
_CRL += "  sekisho certs crl ca --revoke relay/egress.crt\n" + _CODES
_KEYGEN = (
    "For a relay: keys/front-signing, keys/log-signing, keys/permit, front-signing.vkey, log.vkey.\n"
    "For a gate: keys/sealing, keys/receipt, sealing.pub, receipt.vkey. The gates of one tenant share keys/sealing: make it\n"
    "once, and copy it. Private files have mode 0400 and are never overwritten.\n\nexamples:\n"
    "  sekisho certs keygen relay --for relay --name relay1.example.jp\n"
    "  sekisho certs keygen gate --for gate --name gate1.example.jp\n" + _CODES
)
_SHOW = "\nexamples:\n  sekisho certs show relay/egress.crt ca/lgwan-ca.crl gate/receipt.vkey\n"
_SHOW += "  sekisho certs show --json relay/egress.crt | jq -r .[0].pin\n" + _CODES
_CHECK = "\nexamples:\n  sekisho certs check\n  sekisho certs check --gate /etc/sekisho/gate.toml\n"
_CHECK += "\nexit codes: 0 nothing wrong (there may be warnings), 2 wrong usage, 78 there are problems\n"


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers, "certs", "make, show and check certificates and keys (証明書と鍵)", _EPILOG, _usage
    )
    parser.set_defaults(certs_parser=parser)
    actions = parser.add_subparsers(metavar="ACTION")
    init = add_command(actions, "init", "create a private CA in a new directory", _INIT, _telling(_init))
    init.add_argument("directory", metavar="DIR", type=Path)
    _add_issue(actions)
    crl = add_command(actions, "crl", "renew the revocation list of the LGWAN CA", _CRL, _telling(_crl))
    crl.add_argument("directory", metavar="DIR", type=Path, help="the directory of the CA")
    crl.add_argument("--revoke", metavar="FILE", type=Path, action="append", default=[], help="a certificate to revoke")
    keygen = add_command(actions, "keygen", "create the key files of a relay or a gate", _KEYGEN, _telling(_keygen))
    keygen.add_argument("directory", metavar="DIR", type=Path)
    keygen.add_argument("--for", dest="purpose", choices=["relay", "gate"], required=True)
    keygen.add_argument(
        "--name", required=True, type=_host_name, help="host name of the relay or gate, as in its configuration"
    )
    keygen.add_argument("--origin", type=_origin, help="origin of the relay's log; default: NAME/log")
    show = add_command(actions, "show", "show certificates, revocation lists and public keys", _SHOW, _telling(_show))
    show.add_argument("files", metavar="FILE", type=Path, nargs="+")
    show.add_argument("--json", action="store_true", help="print one JSON array")
    check = add_command(actions, "check", "check the certificates that a configuration names", _CHECK, _check)
    add_choice_of_file(check)


def _add_issue(actions: Subparsers) -> None:
    issue = add_command(actions, "issue", "issue a certificate with a new key", _ISSUE, _telling(_issue))
    issue.add_argument("directory", metavar="DIR", type=Path, help="the directory of the CA")
    issue.add_argument("--role", choices=list(ISSUERS), required=True)
    names = "a DNS name or IP address; may repeat"
    issue.add_argument(
        "--name", dest="names", metavar="NAME", action="append", required=True, type=_host_name, help=names
    )
    key = "name of the key; default: the role, or for front the first label of the name"
    issue.add_argument("--key", type=_key_name, help=key)
    issue.add_argument("--days", type=_days, help=f"how long it is valid, 1 to {MOST_DAYS}; default: 90")
    issue.add_argument("--out", metavar="DIR", type=Path, default=Path(), help="where to write; default: here")


def _host_name(text: str) -> str:
    with suppress(ValueError):
        return str(parse_ip(text))
    return _fitting(HostName, text)


def _key_name(text: str) -> str:
    return _fitting(Name, text)


def _origin(text: str) -> str:
    return _fitting(Origin, text)


def _fitting(kind: Any, text: str) -> str:
    """`text`, where it is what the configuration would take."""
    meta = get_args(kind)[1]
    if re.match(meta.pattern, text) is None:
        raise argparse.ArgumentTypeError(f"expected {meta.description}")
    return text


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {MOST_DAYS}")
    return int(text)


def _usage(arguments: argparse.Namespace) -> int:
    arguments.certs_parser.print_help()
    return 2


def _telling(act: Callable[[argparse.Namespace], None]) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        try:
            act(arguments)
        except ConfigInvalid as invalid:
            say_problems(invalid.problems)
            return EX_CONFIG
        except CertInvalid as invalid:
            say_problems([Problem(fault.path, 0, fault.message, fault.mend) for fault in invalid.faults])
            return EX_CONFIG
        except KeyInvalid as invalid:
            say_problems(
                [Problem(str(arguments.directory), 0, str(invalid), "choose a shorter --name, at most 58 characters")]
            )
            return EX_CONFIG
        return EX_OK

    return run


def _init(arguments: argparse.Namespace) -> None:
    authorities = create_authorities(arguments.directory)
    for path in (authorities.anchor("internet"), authorities.anchor("lgwan"), authorities.crl):
        print(f"wrote {path}")
    print(f"wrote {arguments.directory / 'ca-keys'} (keep it off every relay and gate)")


def _issue(arguments: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    name = arguments.key or (arguments.role if arguments.role != "front" else arguments.names[0].partition(".")[0])
    authorities = open_authorities(arguments.directory)
    certificate, key = arguments.out / f"{name}.crt", arguments.out / "keys" / name
    for path in (certificate, key):
        if path.exists():
            raise ConfigInvalid(
                [Problem(str(path), 0, "exists already", "choose another --key or --out, or move it away")]
            )
    make_directory(key.parent, 0o700)
    issued = authorities.issue(arguments.role, arguments.names, now=now, not_after=lifetime(arguments.days, now))
    print(f"wrote {write_private(key, issued.key_pem)}")
    print(f"wrote {write_public(certificate, issued.chain_pem)}")
    print(f"pin   {spki_pin(issued.certificate)}")


def _crl(arguments: argparse.Namespace) -> None:
    authorities = open_authorities(arguments.directory)
    count = renew_crl(authorities, [load_chain(path)[0] for path in arguments.revoke])
    print(f"wrote {authorities.crl}: {count} revoked")


def _keygen(arguments: argparse.Namespace) -> None:
    make_directory(arguments.directory)
    if arguments.purpose == "relay":
        public = write_relay_keys(arguments.directory, arguments.name, arguments.origin)
    else:
        public = write_gate_keys(arguments.directory, arguments.name, {"sealing": RecipientPrivateKey.generate()})
    print(f"wrote {arguments.directory / 'keys'}")
    for path in public.values():
        print(f"wrote {path}")


def _show(arguments: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    found = [(path, facts) for path in arguments.files for facts in facts_of(path, now)]
    if arguments.json:
        say_json([{"file": str(path)} | facts for path, facts in found])
        return
    wide = max(cell_len(label) for label in LABELS.values())
    for path, facts in found:
        print(path)
        for key, value in facts.items():
            text = ", ".join(value) if isinstance(value, list) else str(value)
            print(f"  {LABELS[key]}{' ' * (wide - cell_len(LABELS[key]))}  {text or '(none)'}")


def _check(arguments: argparse.Namespace) -> int:
    checked = checked_by(arguments, certificates_only=True)
    if arguments.json:
        say_json({"problems": as_objects(checked.problems), "warnings": as_objects(checked.warnings)})
    else:
        say_problems(checked.problems, checked.warnings)
        say_summary(checked)
    return EX_CONFIG if checked.problems else EX_OK
