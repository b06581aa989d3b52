"""The endpoint /batch, called as programs call it."""

import hashlib
import json
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import gradio_client
import httpx
import PIL.Image
import pytest
from gradio_client import handle_file

KEYS = ["accuser", "defender"]
FACES = ("009", "099")
BAD = {
    "empty.jpg": b"",
    "text.jpg": b"just text",
    "cut.jpg": b"\xff\xd8\xff\xe0" + bytes(50),
    "=cmd.png": b"=1+1",
    "page.html": b"<script>alert(1)</script>",
    "a.gif": b"GIF89a",
    "notes.txt": b"notes",
    "b.webp": b"RIFF0000WEBP",
    "c.tiff": b"II*\x00",
    "d.bmp": b"BM",
}


@pytest.fixture(scope="module")
def files(portrait: str, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """190 pictures, two of them with a face, and ten files that are none, mixed."""
    folder = tmp_path_factory.mktemp("many")
    face = PIL.Image.open(portrait).convert("RGB").crop((80, 0, 380, 300))
    for number in range(190):
        shown = face if f"{number:03}" in FACES else PIL.Image.new("RGB", (20, 20), (number, 90, 30))
        shown.save(folder / f"{number:03}.{'png' if number % 2 else 'jpg'}")
    for name, data in BAD.items():
        (folder / name).write_bytes(data)
    return Random(0).sample(found := sorted(folder.iterdir()), len(found))


def check(answer: list[dict[str, Any]], *, count: int) -> None:
    """Of so many files ten are no pictures, and two show a face."""
    assert len(answer) == count
    errors = {entry["name"].rpartition("/")[2]: entry["error"] for entry in answer if entry["error"]}
    assert len(errors) == 10
    assert all(error.endswith(".") and "/" not in error for error in errors.values())
    assert sum(len(entry["faces"]) for entry in answer) == 2
    judged = next(entry for entry in answer if entry["faces"])
    assert [verdict["label"] for verdict in judged["faces"][0]["verdicts"]] == ["fake", "real"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_files_give_190_results_and_ten_plain_errors(address: str, files: list[Path]) -> None:
    sent = [("files", (path.name, path.read_bytes())) for path in files]
    paths = httpx.post(f"{address}gradio_api/upload", files=sent, timeout=300).json()
    given = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
    event = httpx.post(f"{address}gradio_api/call/batch", json={"data": [given, KEYS]}).json()["event_id"]
    said = httpx.get(f"{address}gradio_api/call/batch/{event}", timeout=900).text
    [answer] = json.loads(said.rpartition("event: complete\ndata: ")[2])
    check(answer, count=200)
    assert [entry["schema"] for entry in answer] == [1] * 200


@pytest.mark.slow
def test_a_zip_of_forty_gives_the_same(client: gradio_client.Client, files: list[Path], tmp_path: Path) -> None:
    special = [path for path in files if path.name in BAD or path.stem in FACES]
    chosen = [*special, *(path for path in files if path not in special)][:40]
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for path in chosen:
            archive.write(path, f"album/{path.name}")
    answer = client.predict([handle_file(tmp_path / "many.zip")], api_name="/batch")
    check(answer, count=40)
    assert {entry["name"] for entry in answer} == {f"many.zip/album/{path.name}" for path in chosen}


def test_a_hostile_zip_is_a_sentence_beside_the_results_of_the_others(
    client: gradio_client.Client, portrait: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../up.png", "x")
        archive.writestr("bomb.png", bytes(15_000_000))
        archive.write(__file__, "inner.zip")
    answer = client.predict([handle_file(tmp_path / "evil.zip"), handle_file(portrait)], KEYS, api_name="/batch")
    assert [bool(entry["error"]) for entry in answer] == [True, True, True, False]
    assert "leads out" in answer[0]["error"] and "100 times" in answer[1]["error"]


def test_a_video_among_pictures_is_sent_to_its_endpoint(client: gradio_client.Client, tmp_path: Path) -> None:
    (tmp_path / "film.jpg").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\1")
    film, said = handle_file(tmp_path / "film.jpg"), "This is a video, not a picture: /video judges it."
    assert client.predict([film], KEYS, api_name="/batch")[0]["error"] == said
    assert client.predict(film, KEYS, api_name="/compare")["error"] == said


def test_two_files_may_share_a_name_and_are_told_apart_by_order_and_hash(
    client: gradio_client.Client, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("a:b.jpg", "ab.jpg", "a{b.jpg")]
    for number, file in enumerate(files):
        PIL.Image.new("RGB", (20, 20), (number, 0, 0)).save(file)
    answer = client.predict([handle_file(file) for file in files], KEYS, api_name="/batch")
    assert [entry["name"] for entry in answer] == ["ab.jpg"] * 3
    assert [entry["sha256"] for entry in answer] == [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_a_file_of_this_machine_cannot_be_named(address: str, portrait: str) -> None:
    meta = {"meta": {"_type": "gradio.FileData"}}
    for payload in ({"path": portrait} | meta, {"path": "https://example.invalid/a.png"} | meta):
        event = httpx.post(f"{address}gradio_api/call/batch", json={"data": [[payload], KEYS]}).json()["event_id"]
        answer = httpx.get(f"{address}gradio_api/call/batch/{event}", timeout=60).text
        assert "event: error" in answer
        assert "sha256" not in answer


def test_batch_is_documented_with_its_types(address: str) -> None:
    endpoint = httpx.get(f"{address}gradio_api/info").json()["named_endpoints"]["/batch"]
    assert [parameter["parameter_name"] for parameter in endpoint["parameters"]] == ["files", "detectors"]
    assert "many pictures" in endpoint["description"]


def test_without_files_or_detectors_nothing_is_judged(client: gradio_client.Client, portrait: str) -> None:
    for files, keys in (([], KEYS), ([handle_file(portrait)], [])):
        with pytest.raises(gradio_client.exceptions.AppError, match="Choose files and at least one detector"):
            client.predict(files, keys, api_name="/batch")
