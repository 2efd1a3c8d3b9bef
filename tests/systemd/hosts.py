"""Hosts that a real systemd boots: Debian in systemd-nspawn, with network namespaces of their own and cables between them.

Each host is an overlay over the tree that `scripts/debian-tree` made; nothing of it reaches this machine, and it ends with
the block. What is installed is installed as systemd/README.md says: a wheel of this tree in /opt/sekisho, the units, users
and directories.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.live.labs import until
from tests.scanners import CLAMD, CLAMD_CONF, MARK, SIGNATURE

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "out/systemd"
BOOT_S = 90.0
# what nspawn keeps from the programs inside by itself, and systemd and the roles need: their walls, and IPAddressDeny=
_CALLS = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "bpf")


def run(*command: str | Path, check: bool = True, **options: object) -> str:
    """What the command printed, stderr included."""
    done = subprocess.run(  # type: ignore[call-overload]  # options are those of subprocess.run
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        stdin=subprocess.DEVNULL, **options,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return str(done.stdout)


def wheel(directory: Path) -> Path:
    """This tree, built as an operator gets it."""
    source = directory / "source"
    for name in ("relay", "policy", "certs", "content"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run(*pip, "-w", str(directory), str(source))
    (made,) = directory.glob("*.whl")
    return made


@contextmanager
def namespaces(*names: str) -> Iterator[Mapping[str, str]]:
    """Network namespaces with nothing but `lo`, by the name that the test gives them."""
    made = {name: f"sekisho-{os.getpid()}-{name}" for name in names}
    with ExitStack() as ending:
        for name in made.values():
            run("ip", "netns", "add", name)
            ending.callback(run, "ip", "netns", "delete", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield made


def cable(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """Join two namespaces: (namespace, interface, address/length) on each side."""
    run("ip", "-n", one[0], "link", "add", one[1], "type", "veth", "peer", other[1], "netns", other[0])
    for namespace, interface, address in (one, other):
        run("ip", "-n", namespace, "address", "add", address, "dev", interface)
        run("ip", "-n", namespace, "link", "set", interface, "up")


@dataclass
class Host:
    """One machine. `call` needs it to be booted, `before` needs it not to be."""

    name: str
    namespace: str
    root: Path
    booted: subprocess.Popen[bytes] | None = None

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        file.chmod(mode)

    def before(self, *command: str) -> str:
        """Run a command in the tree of the host, and in its network."""
        return run(*self._nspawn(), "--as-pid2", *command, env=self._environment())

    def call(self, *command: str, check: bool = True) -> str:
        """Run a command on the host, as root."""
        assert self.booted is not None
        (leader,) = Path(f"/proc/{self.booted.pid}/task/{self.booted.pid}/children").read_text().split()
        spaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd")
        return run("nsenter", "--target", leader, *spaces, "--", *command, check=check)

    def property(self, unit: str, name: str) -> str:
        return self.call("systemctl", "show", "--property", name, "--value", unit).strip()

    def boot(self) -> None:
        with (self.root.parent / "console").open("wb") as console:
            self.booted = subprocess.Popen(
                [*self._nspawn(), "--boot"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=self._environment(),
                start_new_session=True,
            )
        state = until(self._state, f"{self.name} has booted", BOOT_S)
        assert state == "running", self.call("systemctl", "--failed", "--no-pager") + self.journal()

    def power_off(self) -> None:
        if self.booted is not None:
            self.booted.terminate()  # nspawn then asks the system inside to end
            try:
                self.booted.wait(BOOT_S)
            except subprocess.TimeoutExpired:
                self.booted.kill()
                self.booted.wait()

    def journal(self, *options: str) -> str:
        return self.call("journalctl", "--no-pager", "--quiet", "--output=cat", *options, check=False)

    def _state(self) -> str:
        assert self.booted is not None and self.booted.poll() is None, (self.root.parent / "console").read_text()
        children = Path(f"/proc/{self.booted.pid}/task/{self.booted.pid}/children").read_text().split()
        if not children:
            return ""
        state = self.call("systemctl", "is-system-running", check=False).strip()
        return state if state in ("running", "degraded", "maintenance") else ""

    def _nspawn(self) -> list[str]:
        return [
            "systemd-nspawn", "--quiet", f"--directory={self.root}", f"--machine={self.name}", "--register=no",
            "--keep-unit", f"--network-namespace-path=/run/netns/{self.namespace}", "--resolv-conf=off", "--timezone=off",
            "--link-journal=no", "--capability=CAP_BPF,CAP_NET_ADMIN", *(f"--system-call-filter={call}" for call in _CALLS),
        ]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}


@contextmanager
def host(name: str, namespace: str, directory: Path, package: Path) -> Iterator[Host]:
    """A host with Sekisho installed, not yet booted."""
    for part in ("upper", "work", "root"):
        (directory / part).mkdir(parents=True)
    root = directory / "root"
    layers = f"lowerdir={TREE / 'tree'},upperdir={directory / 'upper'},workdir={directory / 'work'}"
    run("mount", "-t", "overlay", "overlay", "-o", layers, root)
    made = Host(name, namespace, root)
    try:
        _install(made, package)
        yield made
    finally:
        made.power_off()
        run("umount", root)


def install_clamd(made: Host) -> None:
    """This machine's clamd with every library that it needs, its loader too, as `clamav-daemon.service`; one signature."""
    assert CLAMD is not None, "no clamd: scripts/debian-packages tests"
    place = made.root / "opt/clamd"
    place.mkdir(parents=True)
    libraries = {Path(word) for word in run("ldd", CLAMD).split() if word.startswith("/")}
    for file in (Path(CLAMD), *libraries):
        shutil.copy(file, place / file.name)
    (loader,) = [file.name for file in libraries if file.name.startswith("ld-linux")]
    made.write("/opt/clamd/database/tests.ndb", f"{SIGNATURE}:0:*:{MARK.hex()}\n")
    conf = CLAMD_CONF.format(socket="/run/clamav/clamd.ctl", database="/opt/clamd/database")
    made.write("/etc/clamav/clamd.conf", conf)
    command = f"/opt/clamd/{loader} --library-path /opt/clamd /opt/clamd/clamd --config-file /etc/clamav/clamd.conf"
    service = f"DynamicUser=yes\nRuntimeDirectory=clamav\nExecStart={command}\n"
    made.write(
        "/etc/systemd/system/clamav-daemon.service", f"[Service]\n{service}[Install]\nWantedBy=multi-user.target\n"
    )


def _install(made: Host, package: Path) -> None:
    shutil.copy(package, made.root / "root")
    pip = ("/opt/sekisho/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    made.before(*pip, f"/root/{package.name}")
    for path in (ROOT / "systemd").iterdir():
        text = path.read_text("utf-8")
        if path.suffix in (".service", ".socket", ".target"):
            made.write(f"/usr/lib/systemd/system/{path.name}", text)
    made.write("/usr/lib/sysusers.d/sekisho.conf", (ROOT / "systemd/sekisho.sysusers").read_text("utf-8"))
    made.write("/usr/lib/tmpfiles.d/sekisho.conf", (ROOT / "systemd/sekisho.tmpfiles").read_text("utf-8"))
    made.before("sh", "-ec", "systemd-sysusers && systemd-tmpfiles --create sekisho.conf")
