"""What a file says of where it comes from."""

import json
import random
import socket
import struct
import time
import zlib

import PIL.Image
import PIL.PngImagePlugin
import pytest

from detectors.provenance import Provenance, read_provenance
from tests.detectors.pictures import encode, quarters
from tests.detectors.provenance.signing import sign

MARKUP = "<script>alert(1)</script>"
XMP = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:x="http://ns.adobe.com/xap/1.0/"
 x:CreatorTool="Darkroom 3">
<i:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia</i:DigitalSourceType>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def jpeg(**options: object) -> bytes:
    return encode(quarters(), "JPEG", **options)


def with_texts(**texts: str) -> bytes:
    info = PIL.PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name.replace("_", "-") if name == "sd_metadata" else name, text)
    return encode(quarters(), "PNG", pnginfo=info)


def with_exif(values: dict[int, object], sub: dict[int, object] | None = None) -> bytes:
    exif = PIL.Image.Exif()
    exif.update(values)
    exif.get_ifd(0x8769).update(sub or {})
    return jpeg(exif=exif)


def test_a_plain_file_says_nothing_and_that_is_unknown_not_suspicious() -> None:
    assert read_provenance(encode(quarters())) == Provenance()


def test_a_signed_picture_names_its_signer_and_both_seals_hold() -> None:
    found = read_provenance(sign(jpeg())).credentials
    assert found is not None
    assert (found.signer, found.organisation, found.made_with) == ("Anna <b>Reporter</b>", "Test Press", "Camera 7 1")
    assert (found.signature_holds, found.content_holds) == (True, True)
    assert found.trust == "not checked against a trust list"


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff", "gif", "avif"])
def test_a_manifest_is_found_in_each_kind_of_picture_that_holds_one(kind: str) -> None:
    found = read_provenance(sign(encode(quarters(), kind.upper()), mime=f"image/{kind}"))
    assert found.credentials is not None and (found.credentials.problem, found.credentials.signature_holds) == (
        None,
        True,
    )
    assert [trace.where for trace in found.traces] == ["Content Credentials"]


def test_a_word_that_only_looks_like_a_manifests_mark_is_none() -> None:
    assert read_provenance(with_exif({0x010E: "Boarding a jumbo jet"})).credentials is None


def test_what_was_stored_as_json_is_the_same_again() -> None:
    found = read_provenance(sign(jpeg()))
    assert Provenance.restore(json.loads(json.dumps(found.as_dict()))) == found


def test_a_signed_generator_is_named_as_a_trace() -> None:
    [trace] = read_provenance(sign(jpeg())).traces
    assert (trace.where, trace.text.split(":")[0]) == ("Content Credentials", "trainedAlgorithmicMedia")


def test_a_changed_pixel_breaks_the_content_and_a_changed_manifest_the_signature() -> None:
    signed = sign(jpeg())
    pixels, manifest = bytearray(signed), bytearray(signed)
    pixels[-30] ^= 1
    manifest[signed.index(b"Camera 7")] ^= 1
    changed = read_provenance(bytes(pixels)).credentials
    assert changed is not None and (changed.signature_holds, changed.content_holds) == (True, False)
    rewritten = read_provenance(bytes(manifest)).credentials
    assert rewritten is not None and rewritten.signature_holds is False


def test_a_manifest_kept_on_the_network_is_not_fetched() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.5)
        remote = sign(jpeg(), elsewhere=f"http://127.0.0.1:{listener.getsockname()[1]}/manifest.c2pa")
        found = read_provenance(remote).credentials
        with pytest.raises(TimeoutError):
            listener.accept()
    assert found is not None and "not fetched" in str(found.problem)
    assert found.signature_holds is None


def test_camera_software_and_time_come_from_exif() -> None:
    data = with_exif({0x010F: "Canon", 0x0110: "Canon EOS R5", 0x0131: MARKUP}, {0x9003: "2026:01:02 03:04:05"})
    found = read_provenance(data)
    assert (found.camera, found.software, found.taken) == ("Canon EOS R5", MARKUP, "2026:01:02 03:04:05")


def test_a_comment_is_read_in_each_of_the_encodings_that_exif_has() -> None:
    parameters = "a face\nSteps: 20, Sampler: Euler a"
    for comment in (
        b"UNICODE\x00" + parameters.encode("utf-16-be"),
        b"UNICODE\x00" + parameters.encode("utf-16-le"),
        b"ASCII\x00\x00\x00" + parameters.encode(),
    ):
        [trace] = read_provenance(with_exif({}, {0x9286: comment})).traces
        assert trace.text.startswith("a face")


def test_xmp_of_unreasonable_size_is_a_problem_and_never_parsed() -> None:
    found = read_provenance(encode(quarters(), "WEBP", xmp=XMP.replace("Darkroom 3", "D" * 1_000_000).encode()))
    assert found.software is None and found.problem is not None


def test_where_a_photo_was_taken_is_never_told() -> None:
    exif = PIL.Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.5), 29: "1999:01:02"})
    data = jpeg(exif=exif)
    assert b"1999:01:02" in data
    assert "1999" not in json.dumps(read_provenance(data).as_dict())


def test_xmp_gives_software_and_the_digital_source_type() -> None:
    for data in (
        jpeg(xmp=XMP.encode()),
        encode(quarters(), "WEBP", xmp=XMP.encode()),
        with_texts(**{"XML:com.adobe.xmp": XMP}),
    ):
        found = read_provenance(data)
        assert (found.software, found.source_type) == ("Darkroom 3", "trainedAlgorithmicMedia")
        assert [trace.where for trace in found.traces] == ["XMP DigitalSourceType"]


def test_a_source_type_that_is_written_as_an_address_is_read() -> None:
    begin, end = "<i:DigitalSourceType>", "</i:DigitalSourceType>"
    as_address = XMP.replace(begin, '<i:DigitalSourceType rdf:resource="').replace(end, '"/>')
    assert read_provenance(jpeg(xmp=as_address.encode())).source_type == "trainedAlgorithmicMedia"


def test_a_text_full_of_steps_is_searched_at_once() -> None:
    """Ten thousand need milliseconds; where each is a new beginning of the search, 20 seconds."""
    before = time.process_time()
    assert read_provenance(with_texts(parameters="Steps: 1, " * 10_000)).traces == ()
    assert time.process_time() - before < 2


@pytest.mark.parametrize(
    ("texts", "generator"),
    [
        ({"parameters": "a face\nSteps: 20, Sampler: Euler a, CFG scale: 7"}, "Stable Diffusion web UI"),
        ({"workflow": '{"nodes": []}'}, "ComfyUI"),
        ({"prompt": '{"3": {"class_type": "KSampler"}}'}, "ComfyUI"),
        ({"sd_metadata": "{}"}, "InvokeAI"),
        ({"Software": "NovelAI"}, "NovelAI"),
    ],
)
def test_a_generators_png_text_is_named(texts: dict[str, str], generator: str) -> None:
    [trace] = read_provenance(with_texts(**texts)).traces
    assert trace.name == generator


def test_a_text_that_only_has_a_generators_name_is_no_trace() -> None:
    assert (
        read_provenance(with_texts(parameters="of the lens: 50 mm", Description="My cat", prompt="smile")).traces == ()
    )


def test_parameters_in_the_exif_comment_of_a_jpeg_are_found() -> None:
    comment = b"UNICODE\x00" + "a face\nSteps: 20, Sampler: Euler".encode("utf-16-be")
    [trace] = read_provenance(with_exif({}, {0x9286: comment})).traces
    assert (trace.name, trace.where) == ("Stable Diffusion web UI", "EXIF UserComment")
    assert "a face Steps: 20" in trace.text


@pytest.mark.parametrize("quality", [10, 49, 75, 92, 100])
def test_the_quality_of_a_jpeg_is_that_it_was_saved_with(quality: int) -> None:
    found = read_provenance(jpeg(quality=quality)).jpeg
    assert found is not None
    assert (found.quality, found.is_standard, len(found.tables)) == (quality, True, 2)


def test_tables_of_another_make_give_the_nearest_quality_and_say_so() -> None:
    tables = [
        [max(1, value - 1) for value in table]
        for table in read_provenance(jpeg(quality=80)).as_dict()["jpeg"]["tables"]
    ]
    found = read_provenance(jpeg(qtables=tables)).jpeg
    assert found is not None
    assert not found.is_standard
    assert 78 <= found.quality <= 84


def test_texts_are_one_short_line_without_control_characters() -> None:
    found = read_provenance(with_exif({0x0131: "a\x1b[2J\nb\x7f" + "x" * 9000}))
    assert found.software is not None
    assert found.software.startswith("a [2J b x") and len(found.software) == 300


def bomb_of_text() -> bytes:
    chunk = b"parameters\x00\x00" + zlib.compress(b"Steps: 20, Sampler: " + bytes(200_000_000), 9)
    packed = struct.pack(">I", len(chunk)) + b"zTXt" + chunk + struct.pack(">I", zlib.crc32(b"zTXt" + chunk))
    plain = encode(quarters())
    return plain[:33] + packed + plain[33:]


def nested_boxes(depth: int) -> bytes:
    sizes = [depth * 8 - at * 8 for at in range(depth)]
    boxes = b"".join(struct.pack(">I", size) + b"jumb" for size in sizes)
    plain = encode(quarters())
    packed = struct.pack(">I", len(boxes)) + b"caBX" + boxes + struct.pack(">I", zlib.crc32(b"caBX" + boxes))
    return plain[:33] + packed + plain[33:]


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 50_000 + b'">]><a>' + b"&b;" * 5000 + b"</a>"
HOSTILE = {
    "nothing": lambda: b"",
    "text": lambda: b"just text",
    "entities": lambda: encode(quarters(), "WEBP", xmp=ENTITIES),
    "broken xmp": lambda: jpeg(xmp=b"<a><b>"),
    "deep xmp": lambda: encode(quarters(), "WEBP", xmp=b"<a>" * 200_000),
    "text bomb": bomb_of_text,
    "nested boxes": lambda: nested_boxes(50_000),
    "too large": lambda: bytes(20_000_001),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_a_sentence_and_never_an_error(name: str) -> None:
    found = read_provenance(HOSTILE[name]())
    said = found.problem or (found.credentials and found.credentials.problem)
    assert said and said.endswith(".") and "/" not in said


def test_metadata_nested_without_end_are_read_or_left_out() -> None:
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    assert read_provenance(encode(quarters(), "WEBP", xmp=deep)) == Provenance()


def test_a_damaged_file_of_any_kind_is_read_without_an_error() -> None:
    chance = random.Random(0)
    seeds = [sign(jpeg()), jpeg(xmp=XMP.encode()), with_texts(workflow='{"nodes": []}'), with_exif({0x010F: "Canon"})]
    for number in range(400):
        data = bytearray(seeds[number % len(seeds)])
        for _ in range(1 + number % 8):
            data[chance.randrange(min(len(data), 4000))] = chance.randrange(256)
        assert isinstance(read_provenance(bytes(data)[: chance.choice([len(data), len(data) // 2])]), Provenance)
