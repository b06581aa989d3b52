"""The game: played in a real browser, and as somebody would who wants to know the answer first."""

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from detectors.forgery.blend import forge
from detectors.forgery.game import Deck, Exhibit, open_deck
from detectors.jury.judge import Jury
from tests.detectors.pictures import portrait
from tests.ui.conftest import serving
from tests.ui.faults import check
from tests.ui.jurors import JURY
from tests.ui.visitor import open_tab
from ui.server.queue import FairQueue
from ui.tabs.game import Table, _begin_with, _go_on, _guess, _judge_with, _name, _reveal_with, say_gaps


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait, a picture without a face and two forgeries, whose names and EXIF tell what they are."""
    folder = tmp_path_factory.mktemp("album")
    exif = PIL.Image.Exif()
    exif[0x010E] = "secretly fake"
    wall = PIL.Image.new("RGB", (90, 60), "navy")
    pictures = {"real/a": PIL.Image.fromarray(portrait()), "real/b": wall}
    pictures |= {f"fake/{seed}": PIL.Image.fromarray(forge(portrait(), seed=seed).image) for seed in (2, 6)}
    for name, picture in pictures.items():
        path = folder / f"{name}-secret.jpg"
        path.parent.mkdir(exist_ok=True)
        picture.save(path, quality=95, exif=exif)
    return folder


@pytest.fixture(scope="module")
def deck(album: Path) -> Deck:
    return open_deck(album)


class Player:
    """Somebody who calls the events of the tab by hand and reads all that is sent."""

    def __init__(self, address: str, name: str) -> None:
        self.address, self.name = address, name
        self.config = httpx.get(f"{address}config").json()
        self.sent = [json.dumps(self.config["components"])]

    def press(self, button: str) -> str:
        """Press it, and see through what follows; what was sent of it."""
        parts = self.config["components"]
        pressed = next(part["id"] for part in parts if part["props"].get("elem_id") == button)
        events = {event["id"]: event for event in self.config["dependencies"]}
        due = [key for key, event in events.items() if [pressed, "click"] in event["targets"]]
        before = len(self.sent)
        for key in due:
            due += [other for other, event in events.items() if event["trigger_after"] == key]
            if events[key]["backend_fn"]:
                self._call(key)
        return "".join(self.sent[before:])

    def _call(self, key: int) -> None:
        call = {"data": [None], "fn_index": key, "session_hash": self.name}
        httpx.post(f"{self.address}gradio_api/queue/join", json=call).raise_for_status()
        for line in httpx.get(f"{self.address}gradio_api/queue/data?session_hash={self.name}", timeout=120).text.split(
            "\n\n"
        ):
            message = json.loads(line.removeprefix("data: ") or "{}")
            if "output" in message:
                self.sent.append(json.dumps(message["output"]["data"]))


def test_until_the_answer_what_is_sent_is_the_same_whatever_the_answer_is(
    deck: Deck, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, sent, told = deck.fakes[0], [], []
    for forged in (True, False):
        monkeypatch.setattr(
            "ui.tabs.game.deal", lambda _, forged=forged: [Exhibit(picture, forged), Exhibit(deck.reals[0], False)]
        )
        with serving(deck=deck) as address:
            player = Player(address, f"curious-{forged}")
            shown = player.press("game-play")
            assert shown.count("data:image/webp;base64,") == 1
            assert "The jury has decided" in shown
            player.press("game-next")  # which is not offered yet
            sent.append("".join(player.sent[1:]))
            everything = "".join(player.sent)
            told.append(player.press("game-forged"))
    assert sent[0] == sent[1]
    assert not re.search(f"secret|{album.name}|Accuser|accuser|It was", sent[0])
    assert "secret" not in everything and album.name not in everything
    assert "It was forged. You were right." in told[0] and "It was real. You were fooled." in told[1]
    assert "93 % fake" in told[0] and "Heat map of Accuser" in told[0]


def test_pictures_tell_nothing_by_their_size(deck: Deck) -> None:
    with serving(deck=deck) as address:
        player = Player(address, "measurer")
        for _ in range(4):
            player.press("game-play")
    sides = {
        max(PIL.Image.open(io.BytesIO(base64.b64decode(found))).size)
        for found in re.findall(r"data:image/webp;base64,([\w+/=]+)", "".join(player.sent[1:]))
    }
    assert sides == {512}


def test_a_page_without_a_deck_offers_no_game(address: str) -> None:
    labels = [part["props"].get("label") for part in httpx.get(f"{address}config").json()["components"]]
    assert "Forge" in labels and "Beat the jury" not in labels


def play(deck: Deck, queue: FairQueue | None = None) -> tuple[Table, Callable[..., Any]]:
    """A table with its first round judged, and the functions that go on."""
    table, jury, queue = Table(), Jury(JURY), queue or FairQueue(3)
    _begin_with(deck)(table)
    list(_judge_with(jury, queue)(table))
    return table, _reveal_with(jury, queue)


def test_the_first_answer_counts_and_nothing_goes_on_before_it(deck: Deck) -> None:
    table, reveal = play(deck)
    turn = table.turn
    list(reveal(table))
    _go_on(table)
    assert table.turn is turn and not turn.over
    _guess(True)(table)
    _guess(False)(table)
    list(reveal(table))
    assert turn.over and turn.guess is True
    list(reveal(table))
    _go_on(table)
    assert len(table.turns) == 2


def test_the_end_tells_everybody_s_score_what_it_is_worth_and_who_was_fooled_when(deck: Deck) -> None:
    table, reveal = play(deck)
    while not table.ended:
        _guess(True)(table)
        list(reveal(table))
        end, fooled, *_ = _go_on(table)
    right = sum(turn.exhibit.forged for turn in table.turns)
    assert f"You: {right} of 4." in end[0]
    assert "(95 % interval)" in end[0] and "You tied with Accuser" in end[0]
    assert fooled[0].count("It fooled Defender.") == right
    assert "fooled You" not in fooled[0]  # within a sentence
    assert [_name(player) for player in ("You", "The jury", "Accuser")] == ["you", "the jury", "Accuser"]


def test_a_picture_that_is_gone_is_left_out_of_the_game_and_its_name_out_of_the_log(
    tmp_path: Path, deck: Deck, caplog: pytest.LogCaptureFixture
) -> None:
    copies = [tmp_path / path.name for path in deck.reals]
    for path, copy in zip(deck.reals, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    movable = Deck(tuple(copies), deck.fakes)
    table = Table()
    begin = _begin_with(movable)
    for copy in copies:
        copy.unlink()
    begin(table)
    assert table.turn is None or table.turn.exhibit.forged
    gone = Deck((tmp_path / "a",), (tmp_path / "b",))
    assert "no longer available" in "".join(_begin_with(gone)(table)[0])
    assert {record.getMessage() for record in caplog.records} == {"a picture of the game cannot be opened"}
    assert str(tmp_path) not in "".join(str(vars(record)) for record in caplog.records)


def test_where_nobody_more_may_wait_the_answer_stands_and_can_be_sent_again(deck: Deck) -> None:
    queue = FairQueue(0)
    with queue.wait():
        table, reveal = play(deck, queue)
        _guess(True)(table)
        *_, last = reveal(table)
        assert "others are already waiting" in "".join(last[-1])
    *_, last = reveal(table)
    assert table.turn.over and "It was" in "".join(last[1])


@pytest.mark.browser
@pytest.mark.slow
def test_a_game_is_played_to_its_end_with_the_keyboard_and_again(visit: Callable[..., Page], deck: Deck) -> None:
    page: Page = visit(deck=deck, width=390)
    open_tab(page, "Beat the jury")
    expect(page.locator("#game-picture")).to_contain_text("4 rounds.")
    expect(page.locator("#game-picture")).to_contain_text("2 real and 2 forged: too few for ten rounds")
    check(page)
    page.get_by_role("button", name="Play").press("Enter")
    for number in range(1, 5):
        expect(page.locator(".round h2")).to_have_text(f"Round {number} of 4: real or forged?")
        expect(page.get_by_role("button", name="Real", exact=True)).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # forged, always: what the accuser says
        expect(page.locator(".reveal h2")).to_contain_text("It was")
        expect(page.locator(".answers tbody tr")).to_have_count(4)
        if number == 1:
            check(page)
        expect(page.locator("#game-next")).to_be_focused()
        page.keyboard.press("Enter")
    forged = page.locator(".fooled li", has_text=": forged.")
    expect(page.locator(".fooled li")).to_have_count(4)
    right = forged.count()
    expect(page.locator(".end h2")).to_have_text(f"You: {right} of 4.")
    expect(page.locator(".ranks li")).to_have_count(3)  # this jury was never fitted, so it has no answer
    for item in forged.all():
        expect(item).to_contain_text("It fooled Defender.")
    check(page)
    page.get_by_role("button", name="Play again").click()  # whoever plays on by keyboard after a click can, too
    expect(page.locator(".round h2")).to_have_text("Round 1 of 4: real or forged?")
    expect(page.get_by_role("button", name="Real", exact=True)).to_be_focused()
    expect(page.locator(".fooled")).to_have_count(0)


def test_the_operator_is_told_what_a_folder_lacks(deck: Deck) -> None:
    few = Deck(deck.reals, deck.fakes, left_out=3)
    assert list(say_gaps(None)) == []
    assert [said.split(":")[0] for said in say_gaps(few)] == [
        "The game leaves out 3 files",
        "With so few pictures a game has 4 rounds instead of 10.",
    ]
    assert list(say_gaps(Deck(deck.reals * 5, deck.fakes * 5))) == []
    assert next(say_gaps(replace(few, left_out=1))).startswith("The game leaves out 1 file: ")


def test_a_picture_that_went_away_after_its_guess_is_a_sentence_in_its_round(tmp_path: Path, deck: Deck) -> None:
    copies = [tmp_path / path.name for path in (deck.reals[0], deck.fakes[0])]
    for path, copy in zip((deck.reals[0], deck.fakes[0]), copies, strict=True):
        copy.write_bytes(path.read_bytes())
    table = Table()
    _begin_with(Deck((copies[0],), (copies[1],)))(table)
    _guess(True)(table)
    for copy in copies:
        copy.unlink()
    *_, (_, told, *_) = _reveal_with(Jury(JURY), FairQueue(3))(table)
    assert table.turn is not None and table.turn.over
    assert 'class="notice error"' in "".join(told) and "Accuser" not in "".join(told[1:])
