import base64
import hashlib
import hmac

import pytest

from nslsm.controls.integrity.attributes import Form, Sealing, appraised, evm_attribute, evm_code


@pytest.mark.parametrize(
    ("value", "form", "algorithm"),
    [
        ("0x01" + "ab" * 20, Form.DIGEST, "sha1"),
        ("0x0404" + "ab" * 32, Form.DIGEST, "sha256"),
        ("0s" + base64.b64encode(b"\x04\x04" + b"\xab" * 32).decode(), Form.DIGEST, "sha256"),
        ("\x04\x04" + "x" * 32, Form.DIGEST, "sha256"),
        ("0x0302040000000000", Form.SIGNATURE, ""),
        ("0x04ff", Form.MALFORMED, ""),
        ("0x01ab", Form.MALFORMED, ""),
        ("0xzz", Form.MALFORMED, ""),
        ("", Form.MALFORMED, ""),
    ],
)
def test_what_an_attribute_holds_is_told_by_its_first_octets(value: str, form: Form, algorithm: str) -> None:
    found = appraised(value)

    assert (found.form, found.algorithm) == (form, algorithm)


def test_the_code_covers_the_attributes_in_order_and_whose_the_file_is() -> None:
    attributes = {"security.ima": "0x0404ab", "security.selinux": "s", "user.note": "x"}
    expected = hmac.new(b"key", b"s" + b"\x04\x04\xab" + bytes.fromhex("0700000000000000") + bytes(4), hashlib.sha1)
    expected.update(bytes.fromhex("e803000064000000a4810000"))

    assert evm_code(b"key", attributes, Sealing(7, 1000, 100, 0o100644)) == expected.digest()


def test_the_code_changes_with_each_thing_that_it_covers_and_with_nothing_else() -> None:
    attributes = {"security.ima": "0x0404ab"}
    file = Sealing(7, 1000, 100, 0o100644)
    code = evm_code(b"key", attributes, file)

    others = [
        file._replace(inode=8), file._replace(owner=0), file._replace(group=0), file._replace(mode=0o104755),
        file._replace(generation=1), file._replace(uuid=bytes(16)),
    ]  # fmt: skip
    assert code not in {evm_code(b"key", attributes, each) for each in others}
    assert code != evm_code(b"other", attributes, file)
    assert code != evm_code(b"key", {**attributes, "security.capability": "x"}, file)
    assert code == evm_code(b"key", {**attributes, "user.note": "x"}, file)
    assert evm_attribute(b"key", attributes, file) == "0x02" + code.hex()
