"""The desk holds one case at a time, the last one put there."""

from pathlib import Path

from ui.server.job_slot import Job, JobSlot


def make_case() -> Job:
    return Job(Path("a.jpg"), ("efficientnet",))


def test_the_last_case_put_there_is_taken_once() -> None:
    desk, first, second = JobSlot(), make_case(), make_case()
    desk.put(first, ["wait"])
    desk.put(second, ["wait"])
    assert desk.take() is second
    assert desk.wants(second) and not desk.wants(first)
    assert desk.take() is None
    assert desk.wants(second), "a run that finds nothing must not stop the one before it"


def test_a_new_case_makes_the_one_at_hand_unwanted() -> None:
    desk, first, second = JobSlot(), make_case(), make_case()
    desk.put(first, ["wait"])
    desk.take()
    desk.put(second, ["wait"])
    assert not desk.wants(first) and desk.busy
    assert not desk.put_away(first)
    assert desk.take() is second and desk.put_away(second)
    assert not desk.busy


def test_a_cleared_desk_wants_nothing_and_keeps_the_notice() -> None:
    desk, case = JobSlot(), make_case()
    desk.put(case, ["wait"])
    desk.take()
    desk.clear(["cancelled"])
    assert not desk.wants(case) and not desk.busy
    assert desk.notice == ["cancelled"]
    assert desk.take() is None
