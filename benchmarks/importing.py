"""What policies of other systems cost once they are imported: to import, to check, to load again; questions a second; memory.

``python benchmarks/importing.py`` prints a table; ``--json`` prints one line of JSON. Profiles of 10 to 10,000 rules are made
up here, and policies of SELinux of as many allow rules; where ``NSLSM_CONFORMANCE`` names the folder of conformance data, its
profiles and its policy are measured too. Each in a process of its own; the first has no rules about files, so that the others
can be compared with it.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

SIZES = (0, 10, 100, 1_000, 10_000)
QUESTIONS = 1_000
"""How many different things are asked about."""
SECONDS = 1.0
"""How long is asked, once every path was asked about."""

Figures = dict[str, float]


class Case(NamedTuple):
    """A policy to import, and what to ask of it. A function for each importer makes them."""

    title: str
    write: Callable[[Path], Path]
    """The import: writes the policy, called ``measured``, into a folder."""
    arguments: dict[str, object]
    """With which the control is bound, so that what asks is confined."""
    hook: str
    questions: Sequence[tuple[object, ...]]
    """What the hook is asked about, as positional arguments behind the task."""


# AppArmor

RULES: tuple[tuple[str, str], ...] = (
    ("/srv/data{n}/** rw,", "/srv/data{n}/a/b"),
    ("/etc/service{n}/{{,conf.d/}}*.conf r,", "/etc/service{n}/conf.d/x.conf"),
    ("/usr/lib/service{n}/lib*.so.[0-9]* mr,", "/usr/lib/service{n}/libx.so.1"),
    ("@{{HOME}}/.cache/service{n}/** rwk,", "/home/a/.cache/service{n}/x"),
    ("/usr/share/service/part{n} r,", "/usr/share/service/part{n}"),
    ("deny /srv/data{n}/private/** rw,", "/srv/data{n}/private/x"),
    ("/usr/bin/tool{n} ix,", "/usr/bin/tool{n}"),
    ("/run/service{n}.pid rw,", "/run/service{n}.pid"),
    ("/proc/[0-9]*/net/{n} r,", "/proc/12/net/{n}"),
    ("/var/log/service{n}/*.log ra,", "/var/log/service{n}/x.log"),
)
"""Sorts of rules, and what each is about."""


def profile(rules: int) -> str:
    """A profile of so many rules about files, of ten sorts, and a few about other things."""
    lines = "\n".join(f"  {RULES[number % len(RULES)][0].format(n=number)}" for number in range(rules))
    return (
        "@{HOME} = /home/*/ /root/\n\nprofile service /usr/sbin/service {\n"
        f"  capability net_bind_service,\n  network inet stream,\n  signal peer=service,\n{lines}\n}}\n"
    )


def apparmor(folder: Path) -> Iterator[Case]:
    """Made-up profiles of all sizes; real ones where there are some."""
    for size in SIZES:
        path = folder / f"service{size}"
        path.write_text(profile(size))
        asked = [_path(number, size) for number in range(QUESTIONS)]
        yield _case(f"AppArmor, {size} rules", path, "service", asked)
    conformance = os.environ.get("NSLSM_CONFORMANCE")
    if conformance:
        rows = [json.loads(row) for row in (Path(conformance) / "apparmor/file.jsonl").read_text().splitlines()]
        for path in sorted((Path(conformance) / "apparmor/profiles").glob("*.flat")):
            own = [row for row in rows if row["src"] == path.stem]
            if own:
                main = min((row["profile"] for row in own), key=len)
                own_paths = dict.fromkeys(row["path"].rstrip("/") for row in own if row["profile"] == main)
                found = [each for each in own_paths if {"", ".", ".."}.isdisjoint(each.split("/")[1:])]
                yield _case(f"AppArmor, {path.stem}", path, main, found[:QUESTIONS])


def _case(title: str, path: Path, label: str, paths: Sequence[str]) -> Case:
    return Case(title, partial(_profiles, path), {"start": {label}}, "file_open", [(each, {"read"}) for each in paths])


def _profiles(path: Path, folder: Path) -> Path:
    import nslsm  # noqa: PLC0415 - in the process that measures

    file = folder / "measured.nslsm"
    file.write_text(nslsm.import_apparmor(path, folders=[path.parent], name="measured", enforce=True).text)
    return file


def _path(number: int, rules: int) -> str:
    """What one of so many rules is about; for every third question, what none is about."""
    rule = (number * rules // QUESTIONS + number) % max(rules, 1)
    return RULES[rule % len(RULES)][1].format(n=f"{rule}x{number}" if number % 3 == 0 or not rules else rule)


# SELinux

CLASSES = ("file", "dir", "process", "unix_stream_socket")
HEAD = """(mls true) (sensitivity s0) (sensitivityorder (s0)) (category c0) (categoryorder (c0)) (sensitivitycategory s0 (c0))
(level low (s0)) (level high (s0 (c0))) (handleunknown deny) (sid kernel) (sidorder (kernel)) (user u) (role r) (role object_r)
(userrole u r) (userrole u object_r) (userlevel u low) (userrange u (low high)) (typeattribute all_types)
(roletype r all_types) (roletype object_r all_types) (sidcontext kernel (u r t0 (low low)))
(classorder (file dir process unix_stream_socket))
"""


def cil(rules: int) -> str:
    """A policy of so many allow rules, a third of them on attributes of which each type has some."""
    types = max(rules // 20, 10)
    lines = [HEAD, *(f"(class {each} (read write open getattr))" for each in CLASSES)]
    lines += [f"(type t{number}) (typeattributeset all_types t{number})" for number in range(types)]
    lines += [f"(typeattribute a{number})" for number in range(types // 5)]
    for number in range(types // 5):
        members = " ".join(f"t{(number * 7 + step * 13) % types}" for step in range(40))
        lines.append(f"(typeattributeset a{number} ({members}))")
    for number in range(rules):
        target = f"t{number * 31 % types}" if number % 3 else f"a{number % (types // 5)}"
        lines.append(f"(allow t{number % types} {target} ({CLASSES[number % 4]} (read open getattr)))")
    lines.append("(mlsconstrain (file (read write)) (or (dom h1 h2) (neq t1 all_types)))")
    return "\n".join(lines)


def selinux(folder: Path) -> Iterator[Case]:
    """Made-up policies of all sizes; Debian's whole one where it is there. No question is asked twice."""
    for size in SIZES[2:]:
        path = folder / f"policy{size}.cil"
        path.write_text(cil(size))
        types = max(size // 20, 10)
        triples = [(f"u:r:t{number * 7 % types}:s0", CLASSES[number % 4], "read") for number in range(QUESTIONS)]
        yield Case(
            f"SELinux, {size} allow rules", partial(_modules, path), {"start": "u:r:t1:s0"}, "user_access", triples
        )
    conformance = os.environ.get("NSLSM_CONFORMANCE")
    if conformance:
        archive = Path(conformance) / "selinux/refpolicy_trixie_cil.tar.xz"
        rows = [json.loads(row) for row in (Path(conformance) / "selinux/access.jsonl").read_text().splitlines()]
        asked = [(row["tcontext"], row["tclass"], (row["allowed"] or ["read"])[0]) for row in rows[:QUESTIONS]]
        start = "system_u:system_r:init_t:s0-s0:c0.c1023"
        yield Case("SELinux, Debian's policy", partial(_modules, archive), {"start": start}, "user_access", asked)


def _modules(path: Path, folder: Path) -> Path:
    import nslsm  # noqa: PLC0415 - in the process that measures

    return nslsm.import_selinux(path, name="measured").write(folder)


IMPORTERS: tuple[Callable[[Path], Iterator[Case]], ...] = (apparmor, selinux)
"""A function for each system whose policies are imported."""


# Measuring


def measured(case: Case, folder: Path) -> Figures:
    """All figures of one case, in seconds of processor time, but for those whose names say otherwise."""
    os.environ["NSLSM_CACHE"] = str(folder / "kept")
    import nslsm  # noqa: PLC0415 - it reads where to keep what was checked

    # What everybody loads is no part of what is measured.
    nslsm.Kernel().exchange("root", nslsm.load_policy("base.platform")["platform"])
    figures: Figures = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    path = case.write(folder)
    figures["import"] = time.process_time() - began
    figures["lines"] = path.read_text().count("\n")
    began = time.process_time()
    policy = nslsm.load_policy(path)
    figures["check"] = time.process_time() - began
    began = time.process_time()
    policy = nslsm.load_policy(path)
    figures["again"] = time.process_time() - began
    began = time.process_time()
    kernel = nslsm.Kernel()
    kernel.exchange("root", {"measured": policy["measured"](**case.arguments)})
    task = kernel.spawn(uid=1000)
    ask = kernel.hook(case.hook)
    ask(task, *case.questions[0])
    figures["bind"] = time.process_time() - began
    began = time.process_time()
    denied = sum(ask(task, *each) != 0 for each in case.questions)
    figures["cold, questions a second"] = len(case.questions) / (time.process_time() - began)
    figures["denied, of a hundred"] = 100 * denied / len(case.questions)
    began, asked = time.process_time(), 0
    while time.process_time() - began < SECONDS:
        for each in case.questions:
            ask(task, *each)
        asked += len(case.questions)
    figures["warm, questions a second"] = asked / (time.process_time() - began)
    figures["memory, MiB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return figures


def main() -> None:
    """Measure and print."""
    figures: dict[str, Figures] = {}
    shown = "--json" not in sys.argv
    if shown:
        print(
            f"{'':<36} {'lines':>6} {'import':>8} {'check':>8} {'again':>8} {'bind':>8} {'cold/s':>8} {'warm/s':>8} {'MiB':>5}"
        )
    with TemporaryDirectory() as folder:
        for number, case in enumerate(case for each in IMPORTERS for case in each(Path(folder))):
            own = Path(folder) / f"case{number}"
            own.mkdir()
            with ProcessPoolExecutor(1) as process:
                found = process.submit(measured, case, own).result()
            figures[case.title] = found
            if shown:
                print(
                    f"{case.title:<36} {found['lines']:6.0f} {found['import']:6.2f} s {found['check']:6.2f} s "
                    f"{found['again']:6.2f} s {found['bind']:6.2f} s {found['cold, questions a second']:8,.0f} "
                    f"{found['warm, questions a second']:8,.0f} {found['memory, MiB']:5.0f}"
                )
    if not shown:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
