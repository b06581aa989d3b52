"""The endpoint /compare, called as programs call it."""

import io
import json
import struct
import threading
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import gradio_client
import httpx
import numpy as np
import PIL.Image
import pytest
from gradio_client import handle_file

from tests.ui.conftest import serving
from tests.ui.jurors import spec

ENDPOINT = "/gradio_api/call/compare"
KEYS = ["accuser", "defender"]
FILES = {"/compare": "photo.jpg", "/batch": "photo.jpg", "/video": "video.mp4"}


def png(image: PIL.Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **({"format": "PNG"} | options))  # type: ignore[arg-type]
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def moving_gif() -> bytes:
    frames = [PIL.Image.fromarray(np.full((64, 64), shade, np.uint8)) for shade in (0, 120, 250)]
    return png(frames[0], format="GIF", save_all=True, append_images=frames[1:])


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.jpg": (lambda: b"", "empty"),
    "text.jpg": (lambda: b"just text, " * 20, "not a picture we can read"),
    "short.jpg": (lambda: png(PIL.Image.effect_noise((300, 300), 50), format="JPEG")[:2000], "damaged"),
    "dot.png": (lambda: png(PIL.Image.new("RGB", (1, 1))), "too small: 1 x 1"),
    "wide.png": (lambda: png_header(30_000, 30_000), "more than 50 million pixels"),
    "bomb.png": (lambda: png(PIL.Image.new("1", (9000, 9000))), "more than 50 million pixels"),
    "drawing.svg": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "not a photo",
    ),
    "moving.gif": (moving_gif, "animated"),
}
ODD: dict[str, Callable[[PIL.Image.Image], bytes]] = {
    "cmyk.jpg": lambda image: png(image.convert("CMYK"), format="JPEG"),
    "deep.png": lambda image: png(PIL.Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)),
    "alpha.png": lambda image: png(image.convert("RGBA")),
}


def test_the_answer_is_the_documented_json(client: gradio_client.Client, portrait: str) -> None:
    answer = client.predict(handle_file(portrait), KEYS, api_name="/compare")
    assert (answer["schema"], answer["path"], answer["error"]) == (1, None, None)
    assert (answer["width"], answer["height"], len(answer["sha256"])) == (512, 512, 64)
    assert answer["provenance"]["credentials"] is None
    [face] = answer["faces"]
    assert [(verdict["detector"], verdict["label"]) for verdict in face["verdicts"]] == [
        ("accuser", "fake"),
        ("defender", "real"),
    ]


def test_all_detectors_are_asked_by_default(client: gradio_client.Client, portrait: str) -> None:
    answer = client.predict(handle_file(portrait), api_name="/compare")
    assert [verdict["detector"] for verdict in answer["faces"][0]["verdicts"]] == KEYS


def test_an_unknown_or_missing_detector_is_refused(client: gradio_client.Client, portrait: str) -> None:
    with pytest.raises(gradio_client.exceptions.AppError, match="nobody"):
        client.predict(handle_file(portrait), ["nobody"], api_name="/compare")
    with pytest.raises(gradio_client.exceptions.AppError, match="at least one detector"):
        client.predict(handle_file(portrait), [], api_name="/compare")


def test_no_other_endpoint_is_documented(address: str) -> None:
    assert set(httpx.get(f"{address}gradio_api/info").json()["named_endpoints"]) == {
        "/audio",
        "/batch",
        "/compare",
        "/detectors",
        "/video",
    }


def test_the_panel_of_endpoints_shows_files_of_the_callers_own(address: str) -> None:
    endpoints = httpx.get(f"{address}gradio_api/info").json()["named_endpoints"]
    shown = {name: json.dumps(endpoints[name]["parameters"][0]["example_input"]) for name in FILES}
    assert all(FILES[name] in shown[name] and "http" not in shown[name] for name in FILES)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_plain_sentence(client: gradio_client.Client, tmp_path: Path, name: str) -> None:
    make, sentence = BAD[name]
    (tmp_path / name).write_bytes(make())
    answer = client.predict(handle_file(tmp_path / name), KEYS, api_name="/compare")
    assert sentence in answer["error"]
    assert str(tmp_path) not in str(answer)
    assert answer["faces"] == []


@pytest.mark.parametrize("name", ODD)
def test_an_odd_colour_space_is_judged_like_any_other(
    client: gradio_client.Client, portrait: str, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(ODD[name](PIL.Image.open(portrait).convert("RGB")))
    answer = client.predict(handle_file(tmp_path / name), KEYS, api_name="/compare")
    assert answer["error"] is None
    assert len(answer["faces"]) == 1


def call(address: str, payload: Mapping[str, object], keys: list[str] = KEYS) -> str:
    """What the endpoint streams back for a picture named this way."""
    event = httpx.post(f"{address.rstrip('/')}{ENDPOINT}", json={"data": [payload, keys]}).json()["event_id"]
    return httpx.get(f"{address.rstrip('/')}{ENDPOINT}/{event}", timeout=60).text


def test_a_file_of_this_machine_cannot_be_named(address: str, portrait: str) -> None:
    meta = {"meta": {"_type": "gradio.FileData"}}
    for payload in ({"path": portrait}, {"path": portrait} | meta, {"path": "../../etc/hostname"}):
        answer = call(address, payload)
        assert "event: error" in answer
        assert "sha256" not in answer


def test_a_data_url_is_refused(address: str) -> None:
    answer = call(address, {"path": "x", "url": "data:image/png;base64,aGVsbG8="})
    assert "Upload the picture through this page." in answer


def test_an_address_on_the_network_is_not_fetched(address: str) -> None:
    for meta in ({}, {"meta": {"_type": "gradio.FileData"}}):
        answer = call(address, {"path": "https://example.invalid/a.png", **meta})
        assert "Upload the picture through this page." in answer


def test_a_file_over_the_limit_is_not_taken(address: str, client: gradio_client.Client, tmp_path: Path) -> None:
    with (tmp_path / "big.mp4").open("wb") as file:
        file.truncate(250_000_001)
    with (tmp_path / "big.mp4").open("rb") as file:
        answer = httpx.post(f"{address}gradio_api/upload", files={"files": ("big.mp4", file)}, timeout=120)
    assert answer.status_code == 413
    (tmp_path / "big.png").write_bytes(bytes(20_000_001))
    assert "larger than 20 MB" in client.predict(handle_file(tmp_path / "big.png"), KEYS, api_name="/compare")["error"]


def test_who_comes_to_a_full_queue_is_turned_away_in_one_sentence_and_the_others_are_served(
    portrait: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.page.PLACES", 1)
    goes_on = threading.Event()
    with serving(spec("slow", lambda _: goes_on.wait(60) and 0.5)) as address, ThreadPoolExecutor(3) as visitors:
        files = {"files": ("a.png", Path(portrait).read_bytes())}
        path = httpx.post(f"{address}gradio_api/upload", files=files).json()[0]
        payload = {"path": path, "meta": {"_type": "gradio.FileData"}}
        answers = [visitors.submit(call, address, payload, ["slow"]) for _ in range(3)]
        refused = next(as_completed(answers)).result()
        goes_on.set()
        said = [answer.result() for answer in answers]
    assert "1 others are already waiting; try again in a minute." in refused
    assert sorted("event: complete" in text for text in said) == [False, True, True]


def test_uploaded_markup_in_a_name_reaches_nobody(client: gradio_client.Client, portrait: str, tmp_path: Path) -> None:
    path = tmp_path / "<script>alert(1)<.png"
    path.write_bytes(Path(portrait).read_bytes())
    assert len(client.predict(handle_file(path), KEYS, api_name="/compare")["faces"]) == 1
