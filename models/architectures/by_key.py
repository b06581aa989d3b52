"""The architectures that can be trained, by key."""

from models.architectures import blend, custom_cnn, efficientnet, residual
from models.architectures.base import Architecture
from models.errors import UnknownArchitectureError

ARCHITECTURES = (
    custom_cnn.ARCHITECTURE,
    efficientnet.ARCHITECTURE,
    efficientnet.SMALL,
    blend.ARCHITECTURE,
    residual.ARCHITECTURE,
)


def find(key: str) -> Architecture:
    """The architecture of this key. Raises UnknownArchitectureError, which names those there are."""
    for architecture in ARCHITECTURES:
        if architecture.key == key:
            return architecture
    raise UnknownArchitectureError(f"no architecture {key!r}; there are {', '.join(a.key for a in ARCHITECTURES)}")
