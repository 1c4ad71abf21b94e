"""Encrypted packets, IPsec: policies and associations that carry labels, ip-xfrm(8)."""

from functools import partial
from typing import Final

from nslsm.hooks.entry import PROVIDES, Answering, Telling
from nslsm.hooks.kinds import OTHER
from nslsm.hooks.linux import Errno
from nslsm.hooks.model import Consequence, Family, Hook

_CONFIG: Final = "CONFIG_SECURITY_NETWORK_XFRM"
_POLICY: Final = "the policy: which packets are encrypted"
_STATE: Final = "the association: how packets are encrypted"
_asks: Final = partial(Hook, object=OTHER, config=_CONFIG, default_errno=Errno.EPERM)
_tells: Final = partial(Telling, object=OTHER, config=_CONFIG)

FAMILY: Final = Family.of(
    "xfrm",
    "Encrypted packets, IPsec: policies and associations that carry labels, ip-xfrm(8).",
    _asks(
        "xfrm_policy_alloc_security",
        doc="A policy with a label is about to be made.",
        prototype=(
            "int xfrm_policy_alloc_security(struct xfrm_sec_ctx **ctxp, struct xfrm_user_sec_ctx *sec_ctx, gfp_t gfp)"
        ),
        object_is=_POLICY,
    ),
    _asks(
        "xfrm_policy_clone_security",
        doc="A policy with a label is about to be copied.",
        prototype=("int xfrm_policy_clone_security(struct xfrm_sec_ctx *old_ctx, struct xfrm_sec_ctx **new_ctx)"),
        object_is=_POLICY,
    ),
    _tells(
        "xfrm_policy_free_security",
        doc="What modules kept about a policy is being freed.",
        prototype="void xfrm_policy_free_security(struct xfrm_sec_ctx *ctx)",
        object_is=_POLICY,
    ),
    _asks(
        "xfrm_policy_delete_security",
        doc="A policy with a label is about to be deleted.",
        prototype="int xfrm_policy_delete_security(struct xfrm_sec_ctx *ctx)",
        object_is=_POLICY,
    ),
    _asks(
        "xfrm_state_alloc",
        doc="An association with a label is about to be made.",
        prototype="int xfrm_state_alloc(struct xfrm_state *x, struct xfrm_user_sec_ctx *sec_ctx)",
        object_is=_STATE,
    ),
    _asks(
        "xfrm_state_alloc_acquire",
        doc="An association is about to be made because a policy asks for one, and takes over its label.",
        prototype=("int xfrm_state_alloc_acquire(struct xfrm_state *x, struct xfrm_sec_ctx *polsec, u32 secid)"),
        object_is=_STATE,
    ),
    _tells(
        "xfrm_state_free_security",
        doc="What modules kept about an association is being freed.",
        prototype="void xfrm_state_free_security(struct xfrm_state *x)",
        object_is=_STATE,
    ),
    _asks(
        "xfrm_state_delete_security",
        doc="An association with a label is about to be deleted.",
        prototype="int xfrm_state_delete_security(struct xfrm_state *x)",
        object_is=_STATE,
    ),
    _asks(
        "xfrm_policy_lookup",
        doc="A policy is about to be applied to a flow of packets; a denial drops the packet.",
        prototype="int xfrm_policy_lookup(struct xfrm_sec_ctx *ctx, u32 fl_secid)",
        object_is=_POLICY,
        consequence=Consequence.ELEMENT,
    ),
    Answering(
        "xfrm_state_pol_flow_match",
        doc="The kernel asks whether an association suits a policy and a flow of packets.",
        prototype=(
            "int xfrm_state_pol_flow_match(struct xfrm_state *x, struct xfrm_policy *xp,"
            " const struct flowi_common *flic)"
        ),
        default="1",
        why_other="An answer of 1 means that it suits; with 0 the kernel looks for another.",
        object=OTHER,
        object_is=_STATE,
        config=_CONFIG,
    ),
    Answering(
        "xfrm_decode_session",
        doc="The kernel asks for the label that a packet was encrypted under.",
        prototype="int xfrm_decode_session(struct sk_buff *skb, u32 *secid, int ckall)",
        why_other=PROVIDES,
        object=OTHER,
        object_is="the packet",
        config=_CONFIG,
    ),
)
