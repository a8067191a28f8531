"""How a name and a number are shown to those who need not know them."""

import pytest

from services.intake.domain.masking import masked_name, masked_phone


@pytest.mark.parametrize(
    ("name", "shown"), [("张三丰", "张**"), ("李四", "李**"), ("王", "**"), (" 欧阳锋 ", "欧**"), ("", "**")]
)
def test_of_a_name_the_first_sign_stays_and_its_length_is_not_told(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13800000000", "138****0000"),
        ("+86 138-0013-8000", "138****8000"),
        ("010-8380 1234", "****34"),
        ("8380123", "****23"),
        ("12345", "****"),
    ],
)
def test_of_a_number_the_ends_stay(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown
