"""The blend expert: EfficientNet-Lite0 that learns from real faces only, and forges its own fakes while it trains.

Paper: Shiohara & Yamasaki 2022, Self-Blended Images, https://arxiv.org/abs/2204.08376. It sees traces of blending, so
it is blind to faces that were generated whole; other members of the jury see those.
"""

from dataclasses import replace

from models.architectures import efficientnet
from models.architectures.base import Architecture

ARCHITECTURE: Architecture = replace(
    efficientnet.ARCHITECTURE,
    key="blend",
    title="Blend expert",
    paper="https://arxiv.org/abs/2204.08376",
    supervision="blended",
)
