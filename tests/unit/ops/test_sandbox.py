"""The walls of a role, tried from inside by a process that has just entered them.

Each case is a process of its own: what it does after entering must end as the table says. The tables are counted, so that
a case that no longer runs is seen.
"""

from __future__ import annotations

import json
import os
import pwd
import signal
from pathlib import Path

import pytest

from relay.ops.sandbox import kernel, landlock, seccomp
from relay.ops.sandbox.syscalls import CHANGING, CHILDREN, EVERY_ROLE, HOSTILE, JUDGED, NUMBERS, ONE_FILE
from tests.unit.ops.sandbox_calls import CALLS
from tests.walled import in_process

# One process imports everything; each case is a child of its own, which enters and makes one call.
_EACH_IN_A_CHILD = """
import trio
results = []
for position, (role, call, _) in enumerate(json.loads(sys.argv[2])):
    here = Path(sys.argv[1]) / str(position)
    read, write, other = here / "read", here / "write", here / "other"
    for directory in (read, write, other):
        directory.mkdir(parents=True)
        (directory / "file").write_text("content")
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        walls = globals()[role]()
        enter(walls, "require", "require")
        os.write(writable, code_of(lambda: eval(call)).encode())
        os._exit(0)
    os.close(writable)
    with open(readable) as ended:
        results.append(ended.read())
    os.waitpid(child, 0)
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    done = in_process(tmp_path_factory.mktemp("calls"), _EACH_IN_A_CHILD, json.dumps(CALLS))
    assert done.stderr == ""
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("position", range(len(CALLS)), ids=[f"{role}: {call}" for role, call, _ in CALLS])
def test_a_call_from_inside_ends_as_the_table_says(ends: list[str], position: int) -> None:
    assert ends[position] == CALLS[position][2]


def test_every_case_of_the_table_ran(ends: list[str]) -> None:
    assert len(CALLS) == len(ends) == 81
    assert {role for role, _, _ in CALLS} == {"front", "ledger", "egress"}


HOSTILE_TRIED = sorted(name for name in HOSTILE if NUMBERS[name][seccomp.ARCHITECTURES[kernel.MACHINE][1]] is not None)

_HOSTILE_IN_A_CHILD = """
results = []
for name in json.loads(sys.argv[2]):
    child = os.fork()
    if child == 0:
        enter(front(), "require", "require")
        try:
            kernel.syscall(number(name), 0, 0, 0, 0, 0)
        except OSError:
            pass
        os._exit(0)
    results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(results))
"""


def test_each_hostile_call_ends_the_process(tmp_path: Path) -> None:
    done = in_process(tmp_path, _HOSTILE_IN_A_CHILD, json.dumps(HOSTILE_TRIED))
    ended = dict(zip(HOSTILE_TRIED, json.loads(done.stdout), strict=True))
    assert ended == dict.fromkeys(HOSTILE_TRIED, -signal.SIGSYS)
    assert len(ended) >= 50


@pytest.mark.parametrize("role", ["front", "ledger", "egress"])
def test_the_kernel_says_what_holds(tmp_path: Path, role: str) -> None:
    done = in_process(
        tmp_path,
        f"""
        status = open("/proc/self/status")
        held = enter({role}(), "require", "require")
        found = dict(line.split(":\\t") for line in status.read().splitlines() if ":\\t" in line)
        print(json.dumps([found, dataclasses.asdict(held), resource.getrlimit(resource.RLIMIT_CORE)]))
        """,
    )
    found, held, core = json.loads(done.stdout)
    assert (found["NoNewPrivs"], found["Seccomp"], found["Threads"]) == ("1", "2", "1")
    assert [int(found[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == [0, 0, 0, 0]
    assert os.geteuid() != 0 or int(found["CapBnd"], 16) == 0
    assert core == [0, 0]
    assert held["seccomp"] and held["landlock_abi"] >= landlock.MINIMUM_ABI
    assert {"fork", "execve", "listen", "read_root", "write_root", "not_dumpable", "no_core_file"} <= set(held["walls"])
    assert set(held["missing"]) <= {"own_user", "landlock_scopes"}


def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        os.chdir(write)
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        enter(Walls(role="ledger", write=(write,)), "require", "require")
        ctypes.string_at(0)
        """,
    )
    assert done.returncode == -signal.SIGSEGV
    assert [entry.name for entry in (tmp_path / "write").iterdir()] == ["file"]


def test_a_later_thread_is_behind_the_same_walls(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        enter(front(), "require", "require")
        ends = []
        def attempt():
            ends.append(code_of(lambda: (other / "file").read_bytes()))
            ends.append(code_of(lambda: socket.socket()))
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        print(*ends)
        """,
    )
    assert done.stdout.split() == ["EACCES", "EPERM"]


def test_entering_with_a_second_thread_is_misuse(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        waiting = threading.Event()
        threading.Thread(target=waiting.wait).start()
        print(code_of(lambda: enter(front(), "require", "require")))
        waiting.set()
        """,
    )
    assert done.stdout.split() == ["Misuse"]


def test_abstract_sockets_of_others_are_out_of_reach(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        from relay.ops.sandbox import landlock
        outside = socket.socket(socket.AF_UNIX)
        outside.bind("\\0sekisho-test-" + str(os.getpid()))
        outside.listen()
        scoped = landlock.abi() >= landlock.SCOPES_ABI
        enter(front(), "require", "require")
        end = code_of(lambda: socket.socket(socket.AF_UNIX).connect("\\0sekisho-test-" + str(os.getpid())))
        print(end, scoped)
        """,
    )
    assert done.stdout.split() in (["EPERM", "True"], ["allowed", "False"])


def test_the_ledger_reads_what_it_inherited(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        inherited = open(other / "file")
        enter(ledger(), "require", "require")
        print(inherited.read())
        """,
    )
    assert done.stdout.split() == ["content"]


def test_a_path_that_is_not_there_is_a_missing_wall(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        try:
            enter(Walls(role="ledger", write=(here / "nowhere",)), "require", "require")
        except WallMissing as exc:
            print(exc)
        """,
    )
    assert "nowhere" in done.stdout and "mend: create it" in done.stdout


@pytest.mark.parametrize("user", ["no-such-user", "sekisho-nobody-of-this-name"])
def test_an_unknown_user_is_a_missing_wall(tmp_path: Path, user: str) -> None:
    done = in_process(
        tmp_path,
        f"""
        try:
            enter(Walls(role="front", user={user!r}), "require", "require")
        except WallMissing as exc:
            print(exc)
        """,
    )
    assert f"there is no user {user}" in done.stdout


def test_a_role_becomes_its_user_or_says_why_not(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        try:
            held = enter(Walls(role="front", user="nobody"), "require", "require")
            print(held.uid, os.getresuid(), os.getgroups(), "not_root" in held.walls, "own_user" in held.missing)
        except WallMissing as exc:
            print(exc)
        """,
    )
    nobody = pwd.getpwnam("nobody")
    if os.geteuid() in (0, nobody.pw_uid):
        groups = os.getgrouplist("nobody", nobody.pw_gid) if os.geteuid() == 0 else os.getgroups()
        assert done.stdout.strip() == f"{nobody.pw_uid} {(nobody.pw_uid,) * 3} {groups} True False"
    else:
        assert "cannot become nobody" in done.stdout


def test_a_role_that_changes_its_user_still_ends_with_its_supervisor(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
        enter(Walls(role="front", user="nobody" if os.geteuid() == 0 else None), "require", "off")
        print(kernel.parent_death_signal())
        """,
    )
    assert done.stdout.split() == [str(int(signal.SIGTERM))]


def test_a_directory_that_the_user_cannot_reach_is_no_missing_wall(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        (other / "below").mkdir()
        other.chmod(0o700)
        held = enter(Walls(role="front", read=(other / "below",), user="nobody" if os.geteuid() == 0 else None), "require", "require")
        print("seccomp_filter" in held.walls)
        """,
    )
    assert done.stdout.split() == ["True"], done.stderr


def test_what_is_made_acting_as_a_user_is_that_users(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        import pwd
        from relay.ops.sandbox.privileges import acting_as, group_of
        who = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        before = (os.getresuid(), os.getresgid(), os.getgroups())
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
        write.chmod(0o777)
        os.chdir(write)
        try:
            with acting_as(who):
                Path("new").write_text("")
                print(code_of(lambda: Path("../other/secret").write_text("")) if os.getuid() == 0 else "EACCES")
                raise KeyError
        except KeyError:
            pass
        print((write / "new").owner() == who, (os.getresuid(), os.getresgid(), os.getgroups()) == before)
        print(kernel.parent_death_signal() == signal.SIGTERM)
        groups = {group_of(who), group_of(str(pwd.getpwnam(who).pw_uid))}
        print(groups == {pwd.getpwnam(who).pw_gid if os.geteuid() == 0 else None}, group_of(None) is None)
        """,
    )
    assert done.stdout.split() == ["EACCES"] + ["True"] * 5, done.stderr


def test_acting_as_an_unknown_user_is_a_missing_wall(tmp_path: Path) -> None:
    done = in_process(
        tmp_path,
        """
        from relay.ops.sandbox.privileges import acting_as
        try:
            with acting_as("no-such-user"):
                print("inside")
        except WallMissing as exc:
            print(exc)
        """,
    )
    assert "there is no user no-such-user" in done.stdout and "inside" not in done.stdout


# what the kernel lacks, simulated inside the child; (demand, what is missing, how entering ends)
LACKING = [
    ("landlock", "require", "WallMissing"),
    ("landlock", "if-available", "landlock"),
    ("landlock", "off", "landlock"),
    ("seccomp", "require", "WallMissing"),
    ("seccomp", "if-available", "seccomp"),
    ("seccomp", "off", "seccomp"),
    ("old_landlock", "require", "WallMissing"),
    ("old_landlock", "if-available", "landlock_tcp"),
]


@pytest.mark.parametrize(("what", "demand", "end"), LACKING)
def test_a_kernel_without_a_wall_is_refused_or_reported(tmp_path: Path, what: str, demand: str, end: str) -> None:
    done = in_process(
        tmp_path,
        f"""
        from relay.ops.sandbox import kernel, landlock, seccomp
        def absent(*_):
            raise OSError(errno.ENOSYS, "not there")
        what, demand = {what!r}, {demand!r}
        if what == "landlock":
            landlock.abi = absent
        elif what == "seccomp":
            seccomp.install = absent
        else:
            landlock.abi = lambda: 2
        try:
            held = enter(front(), demand if "landlock" in what else "require", demand if what == "seccomp" else "require")
            print(*held.missing)
        except WallMissing as exc:
            print("WallMissing" if "mend:" in str(exc) else "no advice")
        """,
    )
    assert done.stderr == ""
    assert end in done.stdout.split()


# a wall that was put up and does not hold when it is tried: (what is left out, which attempt notices)
HOLES = [
    ("w.privileges.set_flags = lambda: kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)", "not_dumpable"),
    ("w.privileges.limit_resources = lambda *_: None", "no_core_file"),
    ("w.landlock_rules.restrict = lambda rules: os.close(rules)", "read_root"),
    ("w.seccomp_filter.install = lambda profile: None", "seccomp_filter"),
    ("w.seccomp_filter._socket_alternatives = lambda profile: ((),)", "socket_udp"),
    ("NUMBERS['execve'] = (59, 221); w.seccomp_filter.EVERY_ROLE += ('execve',)", "execve"),
    (
        "NUMBERS['kill'] = (62, 129); w.landlock_rules._SCOPE_SIGNAL = 0; w.seccomp_filter.EVERY_ROLE += ('kill',)",
        "signal_others",
    ),
    ("w.seccomp_filter._THREAD_FLAGS = 0", "fork"),
    ("w.seccomp_filter._PROT_EXEC = 0", "new_code"),
]


@pytest.mark.parametrize(("hole", "noticed"), HOLES, ids=[noticed for _, noticed in HOLES])
def test_a_wall_with_a_hole_is_noticed(tmp_path: Path, hole: str, noticed: str) -> None:
    done = in_process(
        tmp_path,
        f"""
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        {hole}
        try:
            enter(front(), "require", "require")
            print("served")
        except WallMissing as exc:
            print(exc)
        """,
    )
    assert f"the wall {noticed} " in done.stdout


def test_the_tables_of_calls_do_not_overlap() -> None:
    tables = (*EVERY_ROLE, *CHANGING, *CHILDREN, *JUDGED, *HOSTILE)
    assert len(tables) == len(set(tables))
    assert set(tables) == NUMBERS.keys()
    assert set(ONE_FILE) < set(EVERY_ROLE)


@pytest.mark.parametrize("machine", sorted(seccomp.ARCHITECTURES))
def test_the_filter_has_a_program_for_each_architecture(machine: str) -> None:
    code = seccomp.program(seccomp.Profile(inet=True, write=True), machine, 1)
    assert len(code) % 8 == 0
    assert 100 < len(code) // 8 <= 4096  # BPF_MAXINSNS
    numbers = [NUMBERS[name][seccomp.ARCHITECTURES[machine][1]] for name in EVERY_ROLE]
    present = [number for number in numbers if number is not None]
    assert len(present) == len(set(present))
