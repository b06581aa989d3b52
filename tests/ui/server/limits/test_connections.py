"""Whose connection ends where there are too many."""

from dataclasses import dataclass, field

from ui.server.limits.connections import _close_one


@dataclass(eq=False)
class OpenConnection:
    """One of that address, and its own transport, which notes its end."""

    address: str
    since: float
    waits: bool = True
    had_answer: bool = False
    ended: list[str] = field(default_factory=list)

    @property
    def client(self) -> tuple[str, int]:
        return self.address, 1

    @property
    def transport(self) -> "OpenConnection":
        return self

    def is_closing(self) -> bool:
        return bool(self.ended)

    def abort(self) -> None:
        self.ended.append(self.address)


def test_of_the_address_that_has_most_the_one_ends_that_waits_longest() -> None:
    held = [OpenConnection("1.1.1.1", 1), OpenConnection("8.8.8.8", 3), OpenConnection("8.8.8.8", 2)]
    _close_one(set(held))
    assert [one.is_closing() for one in held] == [False, False, True]
    _close_one(set(held))
    assert [one.is_closing() for one in held] == [True, False, True], "of one each, the longest"


def test_where_most_never_had_an_answer_one_of_them_ends() -> None:
    held = [OpenConnection("1.1.1.1", 1, had_answer=True), OpenConnection("1.1.1.1", 3), OpenConnection("1.1.1.1", 2)]
    for ended in ([False, False, True], [True, False, True], [True, True, True]):
        _close_one(set(held))
        assert [one.is_closing() for one in held] == ended


def test_where_all_are_being_answered_none_ends() -> None:
    one = OpenConnection("1.1.1.1", 1, waits=False)
    _close_one({one})
    assert not one.is_closing()
