"""The loss that says where the evidence should be: inside the forged region."""

from typing import Any

from keras import ops

FAINT = 1e-4  # added to a share: one of 0 costs 9


def localisation_loss(regions: Any, evidence: Any) -> Any:
    """How far from where the forgery is the evidence points: -log of the region's share of a softmax over places.

    Both (n, h, w, 1); regions in [0, 1], all 0 where no region is known, which costs nothing. It says where the
    evidence should be highest and leaves open how high, which is for the logit's loss to say.
    """
    region, points = (ops.reshape(values, (ops.shape(values)[0], -1)) for values in (regions, evidence))
    shares = ops.sum(region * ops.softmax(points), axis=-1)
    return ops.where(ops.max(region, axis=-1) > 0, -ops.log(shares + FAINT), 0.0)
