"""Rules: what they are about, what they are called, what they may read, what they set."""

import pytest

from nslsm.hooks.catalogue import CATALOGUE
from nslsm.hooks.kinds import FILE, TASK
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import HookClass
from nslsm.hooks.types import BOOL, PATH
from nslsm.language.check import ir
from tests.language.check.memory import checked, codes, control, findings, package

OPERATIONS = """
operation write = file_open when flags has write, path_rename, path_rename at new
operation touch = write, path_chmod when object.owner == 0
operation see   = path_*, inode_getattr
"""


def ids(text: str) -> list[str]:
    return [rule.id for rule in control(text).rules]


# Names of rules


def test_rules_are_called_by_kind_and_position_or_by_their_own_name() -> None:
    text = """
    control c {
        attr task.seen: bool = false
        deny file_open when subject.seen and subject.gid == 1
        deny night: file_open when subject.gid == 2
        inbound deny task_kill
        confine file_open {
            allow file_open when subject.uid == 0
            allow mine: file_open when subject.uid == 1
            allow file_open when subject.uid == 2
        }
        confine home: file_open { allow file_open }
        on file_open set subject.seen = true
        on denied file_open set subject.seen = true
        audit file_open
    }
    """
    rules = control(text).rules

    assert [rule.id for rule in rules] == [
        "deny-1", "night", "deny-3", "confine-1", "home", "on-1", "on-2", "audit-1"
    ]  # fmt: skip
    assert [allow.id for rule in rules if isinstance(rule, ir.Confine) for allow in rule.allows] == [
        "confine-1.allow-1",
        "confine-1.mine",
        "confine-1.allow-3",
        "home.allow-1",
    ]


def test_naming_one_rule_renames_no_other() -> None:
    assert ids("control c { deny file_open  deny task_kill }")[1] == "deny-2"
    assert ids("control c { deny first: file_open  deny task_kill }")[1] == "deny-2"


def test_a_rule_keeps_its_place_its_errno_and_its_reason() -> None:
    rule = control('control c {\n  inbound deny task_kill with ESRCH because "hidden"\n}').rules[0]

    assert isinstance(rule, ir.Deny)
    assert (rule.inbound, rule.errno, rule.because) == (True, Errno.ESRCH, "hidden")
    assert (rule.span.source, rule.span.line) == ("case.nslsm", 2)


# What rules are about


def test_a_hook_is_an_action_of_one_target() -> None:
    assert control("control c { deny file_open, task_kill }").rules[0].actions == (
        ir.Action("file_open", (ir.Target("file_open"),)),
        ir.Action("task_kill", (ir.Target("task_kill"),)),
    )


def test_an_operation_is_one_action_with_its_guards_and_aims() -> None:
    action = control(f"{OPERATIONS} control c {{ deny write }}").rules[0].actions[0]

    assert action.name == "case.write"
    assert [(target.hook, target.at) for target in action.targets] == [
        ("file_open", None), ("path_rename", None), ("path_rename", "new")
    ]  # fmt: skip
    assert isinstance(action.targets[0].guard, ir.Compare)
    assert action.targets[1].guard is None


def test_operations_include_operations_and_families_with_their_guards() -> None:
    modules = {"ops": OPERATIONS}
    rules = control("import ops control c { deny ops.touch }", modules).rules
    family = control("import ops control c { audit ops.see }", modules).rules[0].actions[0]

    assert [target.hook for target in rules[0].actions[0].targets] == [
        "file_open", "path_rename", "path_rename", "path_chmod"
    ]  # fmt: skip
    assert {target.hook for target in family.targets} == {
        "inode_getattr", *(name for name in CATALOGUE if name.startswith("path_"))
    }  # fmt: skip


def test_a_guard_around_an_operation_is_added_to_the_guards_in_it() -> None:
    text = f"{OPERATIONS} operation own = write when object.owner == 0 control c {{ deny own }}"
    first, second, _ = control(text).rules[0].actions[0].targets

    assert isinstance(first.guard, ir.And)
    assert isinstance(second.guard, ir.Compare)


def test_a_family_is_what_counts_for_judging_and_everything_for_observing() -> None:
    names = [name for name in CATALOGUE if name.startswith("bprm_")]
    access = [name for name in names if CATALOGUE[name].hook_class is HookClass.ACCESS]
    denied, audited = control("control c { deny bprm_*  audit bprm_* }").rules

    assert [action.name for action in denied.actions] == access
    assert [action.name for action in audited.actions] == names
    assert access != names


def test_a_hook_that_is_named_twice_is_one_action() -> None:
    assert len(control("control c { deny file_*, file_open }").rules[0].actions) == len(
        [name for name, hook in CATALOGUE.items() if name.startswith("file_") and hook.hook_class is HookClass.ACCESS]
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("control c { deny nothing_* }", "unknown-hook"),
        ("control c { deny ops.nothing }", "unknown-hook"),
        ("let x = 3 control c { deny x  deny file_open when subject.uid == x }", "unknown-hook"),
        ("operation told = file_free_security control c { deny told }", "undeniable-hook"),
        ("control c { confine task_prctl { } }", "undeniable-hook"),
        ("control c { confine file_open { allow vm_enough_memory } }", "undeniable-hook"),
        ("operation o = file_open at old control c { deny o }", "fact-not-on-hook"),
        ("operation o = file_open at flags control c { deny o }", "not-a-thing"),
        ("operation o = path_rename operation p = o at new, file_open at subject", "fact-not-on-hook"),
        ("operation o = path_rename when subject.uid == 0 operation p = o at new", "not-a-thing"),
        ("operation file_open = task_kill", "reserved-name"),
        ("operation a = b operation b = a", "cyclic-definition"),
        ("operation a = file_open when object.tainted", "unknown-fact"),
        ("control c { inbound audit file_open }", "inbound-without-home"),
        ("control c { inbound deny task_kill, file_open }", "inbound-without-home"),
    ],
)
def test_what_a_rule_cannot_be_about_is_said(text: str, code: str) -> None:
    assert set(codes(text)) == {code}, findings(text)


def test_an_operation_that_is_wrong_is_reported_where_it_is_and_not_where_it_is_used() -> None:
    text = "operation o = file_opne\ncontrol c {\n deny o\n deny o when subject.uid == 0\n}"
    found = checked(text).diagnostics

    assert [(each.code.name, each.span and each.span.line) for each in found] == [("unknown-hook", 1)]


def test_operations_that_include_one_another_too_deep_are_an_error() -> None:
    upwards = "\n".join(f"operation o{n} = o{n - 1}" for n in range(1, 200))
    downwards = "\n".join(f"operation o{n} = o{n - 1}" for n in range(199, 0, -1))

    assert codes(f"operation o0 = file_open\n{upwards}") == ["over-limit"]
    assert set(codes(f"{downwards}\noperation o0 = file_open")) == {"over-limit"}


def test_operations_that_double_one_another_stay_small() -> None:
    chain = "\n".join(f"operation o{n} = o{n - 1}, o{n - 1}" for n in range(1, 30))

    assert len(control(f"operation o0 = file_open\n{chain}\ncontrol c {{ deny o29 }}").rules[0].actions[0].targets) == 1


# What rules may read


def test_a_rule_reads_only_what_all_its_hooks_have_and_the_finding_says_which_lacks_it() -> None:
    assert findings("control c { deny file_open, file_permission, task_kill when flags has write }") == [
        "fact-not-on-hook: `file_permission` and `task_kill` have no fact `flags`"
    ]
    assert findings('control c { deny file_open, task_kill when object.path == "/x" }') == [
        "fact-not-on-hook: at `task_kill` the object is a task, which has no fact `path`"
    ]


def test_what_objects_of_different_kinds_have_in_common_can_be_read() -> None:
    rule = control('control c { deny file_open, socket_connect when object.path == "/x" }').rules[0]

    assert isinstance(rule, ir.Deny)
    assert isinstance(rule.when, ir.Compare)
    assert isinstance(rule.when.left, ir.FactOf)
    assert rule.when.left.type == PATH
    assert rule.when.left.thing.type.name == "file or socket"  # type: ignore[union-attr]
    assert codes("control c { deny file_open, socket_connect when object.type == regular }") == ["unknown-fact"]


def test_a_fact_of_different_types_at_two_hooks_cannot_be_read() -> None:
    found = findings("control c { deny file_open, path_rename when flags has write }")

    assert len(found) == 1
    assert found[0].startswith("fact-not-on-hook: `flags` is of different types")


def test_an_object_aimed_at_another_thing_is_read_as_that_thing() -> None:
    text = "operation o = task_fix_setuid at new control c { deny o when object.uid == 0 }"

    assert codes(text) == []
    assert codes('operation o = task_fix_setuid at new control c { deny o when object.exe == "/x" }') == [
        "unknown-fact"
    ]


# Regions


def test_allows_name_actions_of_their_region_also_as_members_of_a_family() -> None:
    text = """
    control c {
        confine inode_* { allow inode_getattr  allow inode_* when subject.uid == 0 }
    }
    """
    region = control(text).rules[0]

    assert isinstance(region, ir.Confine)
    assert region.allows[0].actions == ("inode_getattr",)
    assert region.allows[1].actions == tuple(action.name for action in region.actions)


def test_a_family_in_an_allow_is_its_part_of_the_region() -> None:
    text = "control c { confine inode_getattr, task_kill { allow inode_*  allow task_kill } }"
    region = control(text).rules[0]

    assert isinstance(region, ir.Confine)
    assert region.allows[0].actions == ("inode_getattr",)


def test_an_operation_is_the_same_by_whatever_name_it_came() -> None:
    text = """
    import ops
    import ops (write)
    import ops as o
    control c { confine ops.write { allow write when subject.uid == 0  allow o.write when subject.uid == 1 } }
    """
    region = control(text, {"ops": OPERATIONS}).rules[0]

    assert isinstance(region, ir.Confine)
    assert [allow.actions for allow in region.allows] == [("ops.write",), ("ops.write",)]


def test_an_allow_reads_what_its_own_actions_have() -> None:
    text = "control c { confine file_open, task_kill { allow file_open when flags has read  allow task_kill } }"

    assert codes(text) == []


# Attributes and effects


def test_attributes_are_declared_with_type_default_foreign_value_and_join() -> None:
    text = """
    control c {
        attr file.label: string = object.xattr("security.x", "_") foreign "?" join last
        deny file_open when object.label == "top"
    }
    """
    (attribute,) = control(text).attributes

    assert (attribute.key, attribute.kind, attribute.join) == ("file.label", FILE, "last")
    assert isinstance(attribute.default, ir.MethodOf)
    assert isinstance(attribute.foreign, ir.Constant)


def test_attributes_are_read_and_set_through_the_side_that_is_of_their_kind() -> None:
    text = """
    control c {
        attr task.level: int = 0
        attr file.level: int = 0
        attr namespace.count: int = 0
        deny task_kill when object.level > subject.level
        deny path_rename when new.level != old.level or object.parent.level > 1
        on task_alloc set object.level = subject.level
        on file_open set object.level = subject.level set namespace.count = namespace.count + 1
    }
    """
    found = control(text)
    effect = found.rules[3]

    assert isinstance(effect, ir.Effect)
    assert [(assign.thing, assign.attribute) for assign in effect.assignments] == [
        (ir.Thing("object", FILE), "file.level"),
        (ir.Thing("namespace", effect.assignments[1].thing.type), "namespace.count"),  # type: ignore[arg-type]
    ]
    first = found.rules[0]
    assert isinstance(first, ir.Deny)
    assert isinstance(first.when, ir.Compare)
    assert first.when.left == ir.AttributeOf(ir.Thing("object", TASK), "task.level", first.when.left.type)


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("attr task.x: bool = false  on file_open set object.x = true", "unknown-fact"),
        ("attr task.x: bool = false  on file_open set subject.y = true", "unknown-fact"),
        ("attr task.x: bool = false  on file_open set subject.x = 1", "type-mismatch"),
        ('attr task.x: bool = false  on file_open set object.path = "/x"', "not-assignable"),
        ("attr task.x: bool = false  on path_rename set object.path.y = true", "not-assignable"),
        ("attr task.x: bool = false  on file_open, task_kill set object.x = true", "fact-not-on-hook"),
        ("attr task.x: bool = 3", "type-mismatch"),
        ("attr task.x: bool = subject.uid == 0", "fact-not-on-hook"),
        ("attr task.x: bool = false attr task.x: int = 0", "duplicate-name"),
        ("attr task.x: colour = 3 deny file_open when subject.x == 3", "unknown-type"),
        ("attr thing.x: bool = false deny file_open when subject.x", "unknown-kind"),
        ("attr task.x: bool = false attr task.y: bool = object.x", "unknown-fact"),
        ("attr task.x: int = 0 join union", "bad-join"),
        ("attr task.x: int = 0 join sum", "bad-join"),
        ("attr task.x: bool = false deny file_open when namespace.x", "unknown-fact"),
        ("attr task.x: set of set of int = {}", "unknown-type"),
    ],
)
def test_what_is_wrong_with_attributes_is_one_finding(inside: str, code: str) -> None:
    found = findings(f"control c {{ {inside} }}")

    assert [each.partition(":")[0] for each in found] == [code]


def test_an_attribute_may_have_the_type_of_a_fact() -> None:
    text = "control c { attr task.last: socket_family = unspec join last on socket_connect set subject.last = family }"

    assert control(text).attributes[0].type == CATALOGUE["socket_connect"].fact("family").type  # type: ignore[union-attr]


# Controls


def test_a_control_has_its_name_its_words_its_parameters_and_its_tables() -> None:
    text = '''
    table ports(program: path) -> set of int = { "/usr/bin/ssh" -> {22} } else {}
    table unused(program: path) = { "/x" }
    @ref(hipaa, "164.312(b)", coverage = partial)
    @ref(hipaa, "164.308(a)(2)")
    @severity(high)
    @title("Ports")
    @owner("platform")
    control c(scope: int = 1 + 1, home: path) {
        """What it is for."""
        let known = ports(subject.exe)
        deny socket_connect when port not in known and scope > 1 and subject.exe under home
    }
    '''
    found = control(text)

    assert found.doc == "What it is for."
    assert found.parameters[0].default is not None
    assert found.parameters[0].default.value == 2
    assert found.parameters[1].default is None
    assert [table.name for table in found.tables] == ["case.ports"]
    assert found.annotations == ir.Annotations(
        (ir.Reference("hipaa", "164.312(b)", "partial"), ir.Reference("hipaa", "164.308(a)(2)", "supports")),
        "high",
        "Ports",
        "platform",
    )


def test_tables_that_an_operation_asks_belong_to_the_controls_that_use_it() -> None:
    modules = {"ops": 'table secret(name: path) = { "/x" } operation leak = file_open when secret(object.path)'}

    assert [table.name for table in control("import ops control c { deny ops.leak }", modules).tables] == ["ops.secret"]


def test_several_mistakes_are_found_in_one_run() -> None:
    text = """
    control c(x: nothing) {
        attr task.y: bool
        deny file_opne
        deny file_open when objct.path == "/x"
        confine file_open { allow task_kill }
    }
    control d { deny file_open when subject.uid == "x" }
    """

    assert codes(text) == [
        "unknown-type", "missing-default", "unknown-hook", "unknown-name", "allow-outside-region-actions", "type-mismatch"
    ]  # fmt: skip


def test_more_rules_than_the_limit_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nslsm.language.check.controls.MAX_RULES", 2)

    assert codes("control c { deny file_open  deny task_kill  deny file_ioctl }") == ["over-limit"]
    assert codes("control c { deny file_open  deny task_kill } control d { deny file_ioctl }") == ["over-limit"]
    assert codes("control c { deny file_open  deny task_kill }") == []


def test_the_example_of_the_library_has_the_parts_it_says() -> None:
    found = package(
        "import healthcare.hipaa namespace host { bind hipaa.phi_access }".replace("hipaa.phi", "healthcare.hipaa.phi")
    )
    phi = found.controls["healthcare.hipaa.phi_access"]

    assert [rule.id for rule in phi.rules] == ["confine-1", "deny-1", "on-1", "on-2", "on-3", "deny-2"]
    assert [table.name for table in phi.tables] == ["healthcare.hipaa.modality"]
    assert all(attribute.type == BOOL for attribute in phi.attributes)
