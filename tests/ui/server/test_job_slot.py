"""The slot holds one job at a time, the last one put there."""

from pathlib import Path

from ui.server.job_slot import Job, JobSlot


def make_job() -> Job:
    return Job(Path("a.jpg"), ("efficientnet",))


def test_the_last_case_put_there_is_taken_once() -> None:
    slot, first, second = JobSlot(), make_job(), make_job()
    slot.put(first, ["wait"])
    slot.put(second, ["wait"])
    assert slot.take() is second
    assert slot.wants(second) and not slot.wants(first)
    assert slot.take() is None
    assert slot.wants(second), "a run that finds nothing must not stop the one before it"


def test_a_new_case_makes_the_one_at_hand_unwanted() -> None:
    slot, first, second = JobSlot(), make_job(), make_job()
    slot.put(first, ["wait"])
    slot.take()
    slot.put(second, ["wait"])
    assert not slot.wants(first) and slot.busy
    assert not slot.put_away(first)
    assert slot.take() is second and slot.put_away(second)
    assert not slot.busy


def test_a_cleared_desk_wants_nothing_and_keeps_the_notice() -> None:
    slot, job = JobSlot(), make_job()
    slot.put(job, ["wait"])
    slot.take()
    slot.clear(["cancelled"])
    assert not slot.wants(job) and not slot.busy
    assert slot.notice == ["cancelled"]
    assert slot.take() is None
