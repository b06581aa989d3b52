"""The queue: who came first is served first, everybody knows their place, and it does not grow without end."""

import threading

import pytest

from ui.server.queue import FairQueue, QueueFullError, say_place


def test_the_first_is_served_at_once_and_others_know_who_is_before_them() -> None:
    queue = FairQueue(places=5)
    with queue.wait() as first, queue.wait() as second, queue.wait() as third:
        assert list(first) == []
        assert (next(second), next(third)) == (1, 2)


def test_who_leaves_makes_room_for_those_behind() -> None:
    queue = FairQueue(places=5)
    with queue.wait():
        second, third = queue.wait(), queue.wait()
        second.__enter__()
        with third as place:
            assert next(place) == 2
            second.__exit__(None, None, None)
            assert next(place) == 1
    assert len(queue) == 0


def test_who_comes_to_a_full_queue_is_turned_away_in_one_sentence() -> None:
    queue = FairQueue(places=1)
    with queue.wait(), queue.wait(), pytest.raises(QueueFullError, match=r"^1 others are already waiting"):
        queue.wait().__enter__()
    with queue.wait() as place:
        assert list(place) == []


def test_many_at_once_are_served_one_at_a_time_in_the_order_of_coming() -> None:
    queue, served, inside = FairQueue(places=30), [], threading.Lock()
    came = [queue.wait() for _ in range(20)]
    places = [one.__enter__() for one in came]

    def wait(number: int) -> None:
        for _ in places[number]:
            pass
        assert inside.acquire(blocking=False)
        served.append(number)
        inside.release()
        came[number].__exit__(None, None, None)

    threads = [threading.Thread(target=wait, args=(number,)) for number in reversed(range(20))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert served == list(range(20))


@pytest.mark.parametrize(("before", "sentence"), [(1, "you are next"), (4, "4 others are ahead of you")])
def test_a_place_is_told_in_words(before: int, sentence: str) -> None:
    assert sentence in say_place(before)
