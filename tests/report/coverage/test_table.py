"""How coverage reads on a terminal."""

from nslsm.language.load import check_modules
from nslsm.report.coverage import render_coverage
from nslsm.report.page import as_text
from nslsm.simulation.cases import run
from nslsm.simulation.coverage import Coverage
from tests.language.check.memory import Memory
from tests.simulation.coverage.seen import covered

TEXT = """
control gate {
    confine file_open where object.path under "/srv" {
        allow file_open when subject.uid == 1000 and object.path == "/srv/a"
    }
    deny inode_unlink when object.path == "/x"
    inbound deny ptrace_access_check
}
control spare { deny file_open when object.path == "/y" }
namespace host {
    bind gate
    namespace web { enter on bprm_check_security when object.path == "/bin/web" }
}
namespace other { bind spare }
test "t" {
    task t in host { uid = 1000 }
    t open "/srv/a" -> allow
    t open "/srv/b" -> deny by gate
    t unlink "/y" -> deny by kernel
}
"""


def test_scores_first_then_what_was_not_seen_with_its_place() -> None:
    page = as_text(render_coverage(covered(TEXT)))

    assert page == (
        """\
coverage                rules         branches
case                      2/6   33 %      8/20   40 %
  gate                    2/4   50 %      8/14   57 %
  spare                   0/1    0 %       0/3    0 %
  enter on host.web       0/1    0 %       0/3    0 %
total                     2/6   33 %      8/20   40 %

by namespace     rules         branches
host               2/4   50 %      8/14   57 %
  gate             2/4   50 %      8/14   57 %
host.web           0/1    0 %       0/3    0 %
  enter on         0/1    0 %       0/3    0 %

not seen in case.nslsm
      3:5  gate#confine-1
     3:29    object.path under "/srv"  never false
      4:9  gate#confine-1.allow-1
     4:30    subject.uid == 1000  never false
      6:5  gate#deny-1  never asked
      7:5  gate#deny-2  never asked
      9:9  spare  bound in no namespace that a test uses
    12:21  host.web#enter-1  never asked"""
    )


def test_all_that_was_seen_needs_no_list() -> None:
    text = """
    control gate { deny file_open when object.path == "/a" }
    namespace host { bind gate }
    test "t" { task t in host t open "/a" -> deny by gate  t open "/b" -> allow }
    """

    page = as_text(render_coverage(covered(text)))

    assert "100 %" in page
    assert "not seen" not in page


def test_what_was_never_known_says_so() -> None:
    text = """
    control gate { deny file_open when object.sha256 == "aa" and object.path == "/a" }
    namespace host { bind gate }
    test "t" { task t in host t open "/a" -> unknown object.sha256  t open "/b" -> allow }
    """

    page = as_text(render_coverage(covered(text)))

    assert 'object.sha256 == "aa"  never known: unknown twice' in page
    assert "gate#deny-1  never denied, asked twice" in page


def test_namespaces_of_one_path_in_two_modules_are_told_apart() -> None:
    text = """
    control gate { deny file_open when object.path == "/a" }
    namespace host { bind gate }
    test "t" { task t in host t open "/a" -> deny by gate }
    """
    package = check_modules(["one", "two"], Memory({"one": text, "two": text})).require()
    coverage = Coverage([package])
    list(run(package.tests, coverage=coverage))

    page = as_text(render_coverage(coverage.covered()))

    assert "host  (one)" in page
    assert "host  (two)" in page
