"""Provenance in words."""

from detectors.provenance import Credentials, JpegCoding, Provenance, Trace
from detectors.provenance.say import say_provenance

SIGNED = Credentials(
    signer="Camera 7",
    organisation="Ada Ltd",
    signed_at="2026-01-02",
    signature_holds=True,
    content_holds=True,
    made_with="Darkroom 3",
)


def say(**known: object) -> dict[str, str]:
    return dict(say_provenance(Provenance(**known)))  # type: ignore[arg-type]


def test_what_is_absent_is_unknown() -> None:
    assert say() == {
        "Content Credentials": "None found",
        "Camera": "unknown",
        "Software": "unknown",
        "Taken": "unknown",
        "JPEG": "not a JPEG",
    }


def test_a_signature_is_told_with_who_when_and_with_what() -> None:
    said = say(credentials=SIGNED)["Content Credentials"]
    assert said.startswith("signed by Camera 7 (Ada Ltd) on 2026-01-02, made with Darkroom 3, ")
    assert said.endswith("the signature is valid; the picture is unchanged since signing")


def test_a_picture_changed_after_signing_and_a_broken_signature_are_told_apart() -> None:
    changed = Credentials(signer="Camera 7", organisation="Camera 7", signature_holds=True, content_holds=False)
    broken = Credentials(signature_holds=False, content_holds=True)
    assert say(credentials=changed)["Content Credentials"].startswith("signed by Camera 7, ")
    assert "CHANGED after signing" in say(credentials=changed)["Content Credentials"]
    assert say(credentials=broken)["Content Credentials"].startswith("signed by an unnamed signer")
    assert "is NOT valid" in say(credentials=broken)["Content Credentials"]


def test_what_could_not_be_read_is_said_in_its_place() -> None:
    assert say(credentials=Credentials(problem="not fetched"))["Content Credentials"] == "not fetched"
    assert say(problem="The EXIF data are damaged.")["Problem"] == "The EXIF data are damaged."


def test_a_source_type_is_a_line_unless_a_trace_says_it_already() -> None:
    trace = Trace("a generator", "XMP DigitalSourceType", "trainedAlgorithmicMedia: made by a model")
    assert say(source_type="digitalCapture")["Digital source type"] == "digitalCapture"
    assert "Digital source type" not in say(source_type="trainedAlgorithmicMedia", traces=(trace,))


def test_jpeg_tables_of_another_make_give_the_quality_as_a_guess() -> None:
    assert say(jpeg=JpegCoding(90, True, False, ()))["JPEG"] == "quality 90, standard tables"
    assert say(jpeg=JpegCoding(90, False, False, ()))["JPEG"] == "quality about 90, non-standard tables"
