"""Sekisho's daemon. The map of this tree; dependencies point downwards only, and roles never import each other.

    front/ egress/ ledger/ exporter/ gate/   a process each: __main__, settings, pipeline (the flow on one screen)
    lab/                                     the whole topology on one machine; ``cli`` the ``sekisho`` command
    ------------------------------------------------------------------------------------------------------
    spool/  net/  ops/                       edges: disk, sockets, the operating system
    http/  tls/  envelope/  tree/  ipc/      sans-IO: bytes in, values out; no trio, socket, os or time
    base/                                    errors, reasons, ids, limits: the vocabulary; standard library only

Beside it stand ``policy`` (from bytes to a verdict, pure) and ``certs`` (X.509 decisions); neither imports ``relay``.
Where to begin reading: ``relay/front/pipeline.py``.
"""
