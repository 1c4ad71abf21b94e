"""Where tasks in pods start."""

import pytest
from rpds import HashTrieMap

from nslsm.kernel.call import Described, Exited
from nslsm.kernel.placement import placing
from nslsm.kernel.recording import Recording
from nslsm.protocol.namespace import Namespace, NamespaceTree

CART = ("shop", "cart-6d4cf56db6-x7k2p", "proxy")


def tree() -> NamespaceTree:
    """``host`` with ``shop`` in it, ``cart`` and ``kafka_zk`` in that, ``proxy`` in ``cart``."""
    host = Namespace(id=0, name="host", parent=None, path="host", depth=0)
    found = NamespaceTree(HashTrieMap({0: host}))
    for number, parent, path in (
        (1, 0, "host.shop"),
        (2, 1, "host.shop.cart"),
        (3, 2, "host.shop.cart.proxy"),
        (4, 1, "host.shop.kafka_zk"),
    ):
        name = path.rpartition(".")[2]
        found = found.with_namespace(Namespace(id=number, name=name, parent=parent, path=path, depth=path.count(".")))
    return found


def recording(level: str | None) -> Recording:
    found = Recording.of(tree(), home=0, profile="6.12")
    found.placing = None if level is None else placing(level, 0)
    return found


def home(of: Recording, task: int) -> str:
    return of.state.namespaces[of.state.tasks[task].home].path


def described(task: int, *whereabouts: str, parent: int | None = None) -> Described:
    return Described(task=task, line=1, parent=parent, whereabouts=whereabouts)


@pytest.mark.parametrize(
    ("level", "whereabouts", "path"),
    [
        ("namespace", CART, "host.shop"),
        ("pod", CART, "host.shop.cart"),
        ("container", CART, "host.shop.cart.proxy"),
        ("container", ("shop", "cart-x7k2p", "app"), "host.shop.cart"),
        ("container", ("shop", "cart", "app"), "host.shop.cart"),
        ("pod", ("shop", "cart-admin-x7k2p", "app"), "host.shop"),
        ("pod", ("shop", "kafka-zk-0", "zk"), "host.shop.kafka_zk"),
        ("pod", ("bank", "cart-0", "proxy"), "host"),
        ("pod", (), "host"),
    ],
)
def test_a_task_starts_where_the_names_of_its_pod_lead(level: str, whereabouts: tuple[str, ...], path: str) -> None:
    found = tree()

    assert found[placing(level, 0)(found, whereabouts)].path == path


def test_names_lead_from_the_namespace_that_the_recording_starts_in() -> None:
    found = tree()

    assert found[placing("pod", 1)(found, CART)].path == "host.shop"


def test_nobody_is_placed_unless_that_is_asked_for() -> None:
    found = recording(None)

    found.take(described(7, *CART))

    assert home(found, 7) == "host"


def test_a_process_that_enters_a_pod_is_moved_and_its_children_are_there() -> None:
    found = recording("pod")

    found.take(described(7))
    before = home(found, 7)
    found.take(described(7, *CART))
    found.take(described(8, *CART, parent=7))

    assert (before, home(found, 7), home(found, 8)) == ("host", "host.shop.cart", "host.shop.cart")


def test_a_process_is_placed_once_so_that_what_a_policy_does_with_it_later_stays() -> None:
    found = recording("namespace")
    found.take(described(7, *CART))
    found.placing = placing("container", 0)

    found.take(described(7, *CART))

    assert home(found, 7) == "host.shop"


def test_a_number_that_is_given_again_is_placed_anew() -> None:
    found = recording("pod")
    found.take(described(7, *CART))

    found.take(Exited(7, 0, 2))
    found.take(described(7))

    assert home(found, 7) == "host"


def test_there_is_no_other_level() -> None:
    with pytest.raises(KeyError):
        placing("cluster", 0)
