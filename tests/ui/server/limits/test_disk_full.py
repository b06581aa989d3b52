"""A full disk is said to the visitor; what else goes wrong is not called one."""

import errno

import pytest
from starlette.requests import Request

from ui.server.limits.disk_full import NO_ROOM, refuse_when_full

ASKED = Request({"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": []})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
def test_a_disk_that_takes_no_more_is_a_sentence(number: int) -> None:
    answer = refuse_when_full(ASKED, OSError(number, "full"))
    assert (answer.status_code, bytes(answer.body).decode()) == (507, NO_ROOM)


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "not yours"), RuntimeError("another")])
def test_every_other_error_goes_on(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        refuse_when_full(ASKED, error)
    assert raised.value is error
