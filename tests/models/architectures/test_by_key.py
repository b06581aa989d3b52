"""An architecture by its name, and a name that is none."""

import pytest

from models.architectures import by_key
from models.errors import UnknownArchitectureError


def test_a_name_that_is_none_is_answered_with_those_there_are() -> None:
    assert by_key.find("blend").key == "blend"
    with pytest.raises(UnknownArchitectureError, match=r"no architecture 'blent'; there are .*custom-cnn.*residual"):
        by_key.find("blent")
