"""Policies whose rules stand in another order: no answer may change by that (law L2)."""

from dataclasses import replace
from pathlib import Path
from random import Random

import nslsm
from nslsm import resources
from nslsm.language.syntax import ast
from nslsm.language.syntax.parse import parse
from nslsm.language.syntax.unparse import unparse


def shuffled(module: str, folder: Path, chance: Random) -> nslsm.LoadedPolicy:
    """A shipped module, the members of its controls, allows of its regions and rows of its tables in another order."""
    path = Path(*module.split(".")).with_suffix(".nslsm")
    tree = parse((resources.policies_root() / path).read_text(), str(path))
    items = tuple(_item(item, chance) for item in tree.items)
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(unparse(replace(tree, items=items)))
    return nslsm.load_policy(str(target))


def _item(item: ast.Item, chance: Random) -> ast.Item:
    match item:
        case ast.Control():
            members = [_member(member, chance) for member in item.members]
            chance.shuffle(members)
            return replace(item, members=tuple(members))
        case ast.Table():
            return replace(item, rows=tuple(chance.sample(item.rows, len(item.rows))))
    return item


def _member(member: "ast.Attribute | ast.Let | ast.Rule", chance: Random) -> "ast.Attribute | ast.Let | ast.Rule":
    if isinstance(member, ast.Confine):
        return replace(member, allows=tuple(chance.sample(member.allows, len(member.allows))))
    return member
