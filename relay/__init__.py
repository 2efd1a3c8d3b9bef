"""Sekisho's daemon. The map of this tree; dependencies point downwards only, and roles never import each other.

    front/ egress/ ledger/ exporter/ gate/ scanner/   a process each: __main__, pipeline (the flow on one screen)
    lab/                                     the whole topology on one machine; ``cli`` the ``sekisho`` command
    settings/                                the configuration: read, checked, shown; its commands
    ------------------------------------------------------------------------------------------------------
    net/  ops/                               edges: sockets, disk, the operating system
    http/  tls/  envelope/  tree/  ipc/      sans-IO: bytes in, values out; no trio, socket, os or time
    base/                                    errors, reasons, ids, limits: the vocabulary; standard library only

Beside it stand ``policy`` (from bytes to a verdict, pure), ``content`` (attached files, pure; only the scanner opens them)
and ``certs`` (X.509 decisions); none imports ``relay``.
Where to begin reading: ``relay/front/pipeline.py``.
"""
