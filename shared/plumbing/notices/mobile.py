"""手机号: where a short message can be sent."""

MOBILE_DIGITS = 11
"""A mobile number: eleven digits, the first a 1. What stands before it is the code of the country."""
COUNTRY = "+86"


def mobile(phone: str | None) -> str | None:
    """A mobile number of this country in E.164, however it was written; None: nothing can be sent there."""
    digits = "".join(filter(str.isdigit, phone or "")).removeprefix("00")
    own = digits[-MOBILE_DIGITS:]
    return (
        f"{COUNTRY}{own}"
        if len(own) == MOBILE_DIGITS and own[0] == "1" and digits[:-MOBILE_DIGITS] in ("", "86")
        else None
    )
