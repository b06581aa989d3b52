"""The numbers of faces: as one reads a picture, row after row from the top, each from left to right.

Here, below everything else, because the history and the operator's page number faces too, and import no detectors.
"""

from collections.abc import Sequence

Box = Sequence[float]
SAME_ROW = 0.5  # of a face's height: how far its middle may lie from the row's


def read_order(boxes: Sequence[Box]) -> list[int]:
    """The places of the boxes in the order of reading. boxes: left, top, right, bottom, in pixels."""
    rows: list[list[int]] = []
    for place in sorted(range(len(boxes)), key=lambda place: _middle(boxes[place])):
        if rows and _middle(boxes[place]) - _mean_middle(boxes, rows[-1]) < SAME_ROW * _height(boxes[place]):
            rows[-1].append(place)
        else:
            rows.append([place])
    return [place for row in rows for place in sorted(row, key=lambda place: boxes[place][0])]


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _height(box: Box) -> float:
    return box[3] - box[1]


def _mean_middle(boxes: Sequence[Box], row: Sequence[int]) -> float:
    return sum(_middle(boxes[place]) for place in row) / len(row)
