"""EXIF and XMP: camera, software, time, and IPTC's digital source type. Where the picture was taken is left alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import PIL.ExifTags
import PIL.Image
from defusedxml.ElementTree import fromstring

from detectors.inputs.images import check_exif
from detectors.provenance.record import clean

MAX_XMP_BYTES = 1_000_000
XMP, TIFF, EXIF = (f"http://ns.adobe.com/{name}/1.0/" for name in ("xap", "tiff", "exif"))
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TERMS = "http://purl.org/dc/terms/"
RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
UNICODE = b"UNICODE\x00"  # how EXIF's user comment begins when it is UTF-16
Names = dict[str, str]


@dataclass(frozen=True)
class Metadata:
    """What both say, EXIF first. elsewhere: where XMP says that a C2PA manifest is kept; never followed."""

    camera: str | None = None
    software: str | None = None
    taken: str | None = None
    source_type: str | None = None
    comment: str = ""
    elsewhere: str | None = None


def read_metadata(picture: PIL.Image.Image) -> Metadata:
    """What EXIF and XMP say. Raises what broken metadata make Pillow and the XML parser raise."""
    exif, xmp = _read_exif(picture), _read_xmp(picture)
    make, model = (exif.get(name) or xmp.get(TIFF + name, "") for name in ("Make", "Model"))
    camera = model if make.split(" ")[0].lower() in model.lower() else f"{make} {model}"  # "Canon Canon EOS R5"
    kind = xmp.get(IPTC + "DigitalSourceType", "").rstrip("/").rpartition("/")[2]
    return Metadata(
        camera=clean(camera),
        software=clean(exif.get("Software") or xmp.get(XMP + "CreatorTool", "")),
        taken=clean(exif.get("DateTimeOriginal") or xmp.get(EXIF + "DateTimeOriginal", "")),
        source_type=clean(kind),
        comment=exif.get("UserComment", ""),
        elsewhere=clean(xmp.get(TERMS + "provenance", "")),
    )


def _read_exif(picture: PIL.Image.Image) -> Names:
    """EXIF's texts by name. Asked only where the header has it: Pillow decodes a whole PNG in search of it."""
    if "exif" not in picture.info and picture.format != "TIFF":
        return {}
    check_exif(picture)
    exif = picture.getexif()
    tags = dict(exif) | dict(exif.get_ifd(PIL.ExifTags.IFD.Exif))
    named = {PIL.ExifTags.TAGS.get(number, ""): value for number, value in tags.items()}
    return {name: _decode(value) for name, value in named.items() if isinstance(value, str | bytes)}


def _decode(value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    if value.startswith(UNICODE):
        text = value.removeprefix(UNICODE)
        return text.decode("utf-16-be" if text[:1] == b"\x00" else "utf-16-le", "replace")
    return value.removeprefix(b"ASCII\x00\x00\x00").decode("utf-8", "replace")


def _read_xmp(picture: PIL.Image.Image) -> Names:
    """XMP's simple properties by namespace and name, whether they are attributes or elements."""
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    data = packet.encode() if isinstance(packet, str) else bytes(packet)
    if not data:
        return {}
    if len(data) > MAX_XMP_BYTES:
        raise ValueError(f"XMP may have {MAX_XMP_BYTES} bytes, got {len(data)}")
    root = fromstring(data.strip(b"\x00 \n\r\t"), forbid_dtd=True)
    return {name.removeprefix("{").replace("}", "", 1): value for name, value in _properties(root)}


def _properties(root: Element) -> Iterator[tuple[str, str]]:
    for element in root.iter():
        yield from element.attrib.items()
        if address := element.attrib.get(RESOURCE):  # RDF's form of a value that is an address
            yield element.tag, address
        if text := (element.text or "").strip():
            yield element.tag, text
