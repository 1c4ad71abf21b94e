"""What an input is, by content."""

from pathlib import Path

import pytest

from nslsm.importers.traces.recognise import Format, sniff

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.strace")), ids=lambda path: path.stem)
def test_each_notation_of_strace_is_recognised(path: Path) -> None:
    assert sniff(path.read_bytes()[:4096]) is Format.STRACE


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", Format.EMPTY),
        (b" \n\n", Format.EMPTY),
        (b"\x7fELF\x02\x01", Format.ELF),
        (b"\x1f\x8b\x08\x00", Format.COMPRESSED),
        (b"\x28\xb5\x2f\xfd", Format.COMPRESSED),
        (b"abc\0def", Format.BINARY),
        (b'__libc_start_main(0x401, 1, 0x7ff) = 0\nputs("hi") = 3\n', Format.LTRACE),
        (b"1234 malloc(32) = 0x55d0\n", Format.LTRACE),
        (b"strrchr(\"ls\", '/') = nil\n", Format.LTRACE),
        (b'SYS_openat(0xffffff9c, "/etc") = 3\n', Format.LTRACE),
        (b"type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2\n", Format.AUDITD),
        (b"type=SYSCALL msg=audit(11/14/23 22:13:20.123:456) : arch=x86_64 syscall=openat\n", Format.INTERPRETED),
        (b'node=a type=CWD msg=audit(1364481363.243:24287): cwd="/"\n', Format.AUDITD),
        (b'[    3.1] audit: type=1400 audit(1364481363.243:7): apparmor="DENIED"\n', Format.AUDITD),
        (b'Nov 14 22:13:20 h audit[77]: AVC apparmor="DENIED" operation="open"\n', Format.AUDITD),
        (b"     0.000 ( 0.002 ms): ls/1234 brk() = 0x55\n", Format.PERF),
        (b"1 12:34:56.123456789 0 bash (1234) > open\n", Format.SYSDIG),
        (b'{"process_exec":{"process":{"pid":1}}}\n', Format.TETRAGON),
        (b'{"words":{"process":{"pid":1}}}\n', Format.JSON),
        (b"[\n {}\n]\n", Format.JSON),
        (b"% time     seconds  usecs/call     calls    errors syscall\n", Format.COUNTS),
        (b"# about\nmodule healthcare.hipaa\n\nimport base\n", Format.POLICY),
        (b"control x {\n    deny file_open\n}\n", Format.POLICY),
        (b"#include <stdio.h>\nint main(void) { return 0; }\n", Format.UNKNOWN),
        (b"total 472\ndrwxr-xr-x 3 root\n", Format.UNKNOWN),
        (b'7 openat(AT_FDCWD, "/etc", O_RDO', Format.UNKNOWN),
        (b"garbage\n7 close(3) = 0\n", Format.STRACE),
        (b"exit(0) = ?\n", Format.STRACE),
        (b"# nslsm-record 1 {}\n", Format.STRACE),
    ],
)
def test_an_input_is_what_its_first_lines_say(head: bytes, expected: Format) -> None:
    assert sniff(head) is expected
