"""What a sound file is, by its first bytes and its codec: which are read, and what the others are called."""

from detectors.inputs import video_kinds

SUFFIXES = {".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a"}
CONTAINERS = "wav,mp3,flac,ogg,mov,matroska,avi"  # FFmpeg's names of what may be opened
BRANDS = {b"M4A ", b"M4B "}  # of an MP4 that holds only sound
WAY_OUT = "convert it to WAV or MP3 and try again."
UNKNOWN = "This is not a sound that we can read: use WAV, MP3, FLAC, OGG, Opus or M4A, or a video with sound."

# FFmpeg's decoders that may run: what recorders, phones, editors and sites write.
DECODERS = {
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_mulaw", "pcm_alaw", "adpcm_ms", "adpcm_ima_wav"),
    *("mp3float", "mp3", "mp2float", "mp2", "aac", "alac", "flac", "vorbis", "opus", "libopus", "ac3", "eac3"),
    *("amrnb", "amrwb"),
}
ENCRYPTED = "The sound is encrypted (copy protection), so it cannot be heard."

OTHERS = {
    b"0&\xb2u\x8ef\xcf\x11": "a Windows Media file (WMA)",
    b"FORM": "an AIFF file",
    b"caff": "a Core Audio file (CAF)",
    b"#!AMR": "an AMR recording",
    b".snd": "an AU file",
    b"MThd": "a MIDI file, which holds notes and no sound",
    b"\xff\xf1": "AAC without a container",
    b"\xff\xf9": "AAC without a container",
}


def is_sound_file(head: bytes) -> bool:
    """Whether a file that begins so is one of the kinds that hold sound alone and are read."""
    if head[:4] in (b"RIFF", b"RF64"):
        return head[8:12] == b"WAVE"
    if head.startswith(b"OggS"):
        return b"theora" not in head
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2  # a frame of layer III
    return is_mpeg or head.startswith((b"fLaC", b"ID3")) or (head[4:8] == b"ftyp" and head[8:12] in BRANDS)


def is_readable(head: bytes) -> bool:
    """Whether a file that begins so may be opened for its sound: a sound file, or a video."""
    return is_sound_file(head) or video_kinds.is_readable(head)


def name_other(head: bytes) -> str | None:
    """What a sound file is called that begins so and is not read; None where it is none of those."""
    return next((name for start, name in OTHERS.items() if head.startswith(start)), None)


def say_container(head: bytes) -> str:
    """Why a file that begins so is not read, in a sentence."""
    name = name_other(head)
    return f"This is {name}, which is not read here: {WAY_OUT}" if name else UNKNOWN


def say_codec(name: str) -> str | None:
    """Why a sound of that codec is not decoded, in a sentence; None where it is. name: of FFmpeg's decoder."""
    if name in DECODERS:
        return None
    return f"The sound is coded {f'as {name}' if name else 'in an unknown way'}, which is not decoded here: {WAY_OUT}"
