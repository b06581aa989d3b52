"""What stands on the pages of docs/."""

import re


def find_blocks(text: str, language: str) -> list[str]:
    """The pieces of code in this language, in the page's order."""
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)
