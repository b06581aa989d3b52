"""Headers are walked to their end, whatever leads back to where it came from."""

import struct

from detectors.inputs.header_limits import _all_tags, list_segments

EXIF_LIST = 34665


def test_markers_without_a_length_are_stepped_over() -> None:
    restart, segment = b"\xff\xd0", b"\xff\xe0\x00\x04ab"
    assert list(list_segments(b"\xff\xd8" + restart + segment + b"\xff\xd9" + segment)) == [(0xE0, 6, 10)]


def test_a_list_of_tags_that_leads_back_to_itself_is_read_once() -> None:
    entry = struct.pack("<HHII", EXIF_LIST, 4, 1, 8)
    data = b"II\x2a\x00" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    assert [(tag.number, tag.value) for tag in _all_tags(data)] == [(EXIF_LIST, 8)]
