"""Nothing is fetched for a visitor.

Gradio opens any public address that stands where a file might: in any field of a call, whatever the field is for, and
after /gradio_api/file=. What it brings has no limit of size or time.
"""

from typing import Never

import safehttpx

from ui.components.photo_input import refuse


def forbid_fetching() -> None:
    """From now on, in this process: all that Gradio fetches for visitors goes by one of these two."""
    safehttpx.get = safehttpx.async_validate_url = _refuse


async def _refuse(*_: object, **__: object) -> Never:
    raise refuse()
