"""How the namespaces of a policy read."""

from pathlib import Path

from nslsm.library import Library, Selection, Written
from nslsm.report.page import as_text
from nslsm.report.tree import render_tree
from nslsm.resources import policies_root
from tests.audit.samples import package

OTHER = '''
module t
import base
control quiet { deny file_open }
namespace empty {}
namespace top {
    """What is at the top."""
    bind base.yama(scope = 2) as tracing in complain
    lock { base.yama, quiet }
    limit depth = 3
    namespace one { namespace deep { bind quiet } }
    namespace two { seal }
}
'''


def test_a_tree_tells_what_is_bound_inherited_sealed_and_entered() -> None:
    assert (
        as_text(render_tree(package().namespaces["ward.host"]), 80)
        == """\
host
|   bind genuine  ward.genuine
`-- ward  sealed
    |   enter on exec when object.path matches "/opt/ward/**"
    |   bind charts(store = "/srv/phi/**")  ward.charts  high
    |   bind egress  ward.egress  in complain
    |   from host: genuine
    `-- kiosk
            from ward: charts, egress in complain
            from host: genuine
            lock no control may be bound below"""
    )


def test_siblings_locks_limits_and_arguments_are_told() -> None:
    checked = Selection(("t",), Library((policies_root(),), {"t": Written(Path("/nowhere"), OTHER)})).check()
    assert checked.package is not None, checked.diagnostics
    namespaces = checked.package.namespaces

    assert (
        as_text(render_tree(namespaces["t.empty"], namespaces["t.top"]), 80)
        == """\
empty
    nothing is bound: whatever is asked is granted

top
|   What is at the top.
|   bind tracing(scope = 2)  base.yama  in complain
|   lock base.yama, t.quiet
|   limit depth = 3
|-- one
|   |   from top: tracing in complain
|   `-- deep
|           bind quiet  t.quiet
|           from top: tracing in complain
`-- two  sealed
        from top: tracing in complain"""
    )
