"""Rules of the kernel's audit system that ask about labels, auditctl(8)."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import Answering, Telling
from nslsm.hooks.model import Family

_CONFIG: Final = "CONFIG_AUDIT"
_answers: Final = partial(Answering, config=_CONFIG)

FAMILY: Final = Family.of(
    "audit",
    "Rules of the kernel's audit system that ask about labels, auditctl(8).",
    _answers(
        "audit_rule_init",
        doc="An audit rule that asks about a label is about to be made.",
        prototype="int audit_rule_init(u32 field, u32 op, char *rulestr, void **lsmrule, gfp_t gfp)",
        why_other="The module that knows the label reads the rule; an error says that it makes no sense.",
    ),
    _answers(
        "audit_rule_known",
        doc="The kernel asks whether an audit rule asks about a module's labels.",
        prototype="int audit_rule_known(struct audit_krule *krule)",
        why_other="An answer of 1 means yes, not that anything is refused.",
    ),
    _answers(
        "audit_rule_match",
        doc="The kernel asks whether a label is one that an audit rule asks about.",
        prototype="int audit_rule_match(struct lsm_prop *prop, u32 field, u32 op, void *lsmrule)",
        earlier=(("6.12", "int audit_rule_match(u32 secid, u32 field, u32 op, void *lsmrule)"),),
        why_other="An answer of 1 means that the rule matches, not that anything is refused.",
    ),
    Telling(
        "audit_rule_free",
        doc="What a module kept about an audit rule is being freed.",
        prototype="void audit_rule_free(void *lsmrule)",
        config=_CONFIG,
    ),
)
