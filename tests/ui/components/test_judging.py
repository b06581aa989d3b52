"""What a visitor reads where a job fails, whichever tab it runs in."""

from collections.abc import Iterator

import pytest

from detectors.inputs.images import ImageError
from detectors.inputs.video import VideoError
from ui.components.judging import run_steps, take_turn
from ui.render.cards import BROKEN, Pieces
from ui.server.queue import FairQueue, QueueFullError


def fail_after_two(error: Exception | None) -> Iterator[int]:
    yield from (1, 2)
    if error:
        raise error


def run(error: Exception | None, *, more: str = "") -> tuple[list[int], Pieces]:
    """The steps that came, and what was said in the end."""
    said: list[Pieces] = []

    def collect() -> Iterator[int]:
        said.append((yield from run_steps(fail_after_two(error), more=more)))

    return list(collect()), said[0]


def test_where_nothing_fails_all_steps_come_and_nothing_is_said() -> None:
    assert run(None) == ([1, 2], [])


@pytest.mark.parametrize(
    "error", [ImageError("Too <large>."), VideoError("Too <large>."), QueueFullError("Too <large>.")]
)
def test_an_error_written_for_the_visitor_is_read_out_after_the_steps_before_it(error: Exception) -> None:
    steps, (said,) = run(error, more="beach.mp4")
    assert steps == [1, 2]
    assert "Too &lt;large&gt;." in said and "beach.mp4" in said


def test_of_any_other_error_the_visitor_reads_one_sentence_and_the_log_has_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert run(RuntimeError("secret")) == ([1, 2], BROKEN)
    assert "secret" in caplog.text and "secret" not in "".join(BROKEN)


def test_what_is_no_longer_wanted_when_its_turn_comes_is_not_begun() -> None:
    def find() -> Iterator[Pieces]:
        yield ["found"]

    assert list(take_turn(FairQueue(1), find, wanted=lambda: True)) == [["found"]]
    assert list(take_turn(FairQueue(1), find, wanted=lambda: False)) == []
