"""What a visitor reads when the disk of this machine takes no more: one sentence, with status 507."""

import errno
import logging

from starlette.requests import Request
from starlette.responses import Response

from auth.answers import say

NO_ROOM = "This server has no room left for uploads just now. Please try again later."
TAKES_NO_MORE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
log = logging.getLogger(__name__)


def refuse_when_full(request: Request, error: Exception) -> Response:
    """The answer to a request that could not be written down. Raises every other error again."""
    if not isinstance(error, OSError) or error.errno not in TAKES_NO_MORE:
        raise error
    log.error("the disk takes no more", exc_info=error)
    return say(request.scope, NO_ROOM, 507)
