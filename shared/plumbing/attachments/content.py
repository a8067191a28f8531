"""What an attachment is, by its content alone; and a clean copy without position, device, names and hidden parts.

Pictures are decoded and encoded anew: nothing but the pixels passes. Of voice the packets of the one audio track are
copied into a new container. Runs in a confined child: the libraries are loaded there alone.
"""

import io
import warnings
import zipfile
from dataclasses import dataclass
from typing import Any

from shared.plumbing.confined import Refused

ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/heif": "image/heic",
    "audio/mp3": "audio/mpeg",
    "audio/mpeg3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/3gpp": "audio/mp4",
    "video/3gpp": "audio/mp4",
    "audio/aacp": "audio/aac",
    "audio/x-aac": "audio/aac",
    "audio/amr-wb": "audio/amr",
    "audio/x-amr": "audio/amr",
    "audio/vnd.wave": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
}
"""How senders also call a type."""
UNDECLARED = ("", "application/octet-stream", "binary/octet-stream")
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
}
"""Every type that is kept, and how its files' names end. HEIC is kept as JPEG: browsers do not show it."""
_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"))
_MP4 = frozenset((b"M4A ", b"M4B ", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"qt  ", b"dash"))
_FOREIGN = (b"<script", b"<?php", b"<html", b"<!doctype html")
_QUALITY = 90
_ORIENTATION = 0x0112
_CHECKED = 10_000
"""So many packets are decoded to see whether the voice can be heard: minutes; the rest is copied as it is."""
_MOST_BAD = 0.1


@dataclass(frozen=True, slots=True)
class _Voice:
    """How voice is read and written: FFmpeg's names of the one demuxer that may look at it, and of the muxer."""

    reader: str
    codecs: tuple[str, ...]
    writer: str
    options: tuple[tuple[str, str], ...] = ()


_BITEXACT = ("fflags", "+bitexact")  # no name of the program, no date
_VOICES = {
    "audio/mpeg": _Voice("mp3", ("mp3",), "mp3", (_BITEXACT, ("id3v2_version", "0"), ("write_xing", "0"))),
    "audio/mp4": _Voice("mov", ("aac", "alac"), "ipod", (_BITEXACT,)),
    "audio/aac": _Voice("aac", ("aac",), "adts"),
    "audio/amr": _Voice("amr", ("amr_nb", "amr_wb"), "amr"),
    "audio/wav": _Voice("wav", ("pcm_", "adpcm_"), "wav", (_BITEXACT,)),
    "audio/ogg": _Voice("ogg", ("opus", "vorbis", "speex", "flac"), "ogg", (_BITEXACT,)),
}


def declared(media_type: str | None) -> str | None:
    """The type that a sender names, in our words; None: it names none."""
    name = (media_type or "").strip().lower()
    return None if name in UNDECLARED else ALIASES.get(name, name)


def recognised(data: bytes) -> str | None:
    """The type by its first bytes (WHATWG MIME Sniffing, RFC 4867 for AMR); None: none that we take."""
    box = data[8:12] if data[4:8] == b"ftyp" else b""
    marks = (
        (data[:3] == b"\xff\xd8\xff", "image/jpeg"),
        (data[:8] == b"\x89PNG\r\n\x1a\n", "image/png"),
        (data[:4] == b"RIFF" and data[8:12] == b"WEBP", "image/webp"),
        (box in _HEIC, "image/heic"),
        (box in _MP4 or box[:2] == b"3g", "audio/mp4"),
        (data[:4] == b"RIFF" and data[8:12] == b"WAVE", "audio/wav"),
        (data[:4] == b"OggS", "audio/ogg"),
        (data[:5] == b"#!AMR", "audio/amr"),
        (data[:3] == b"ID3", "audio/mpeg"),
        (data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xF6 == 0xF0, "audio/aac"),
        (data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2, "audio/mpeg"),
    )
    return next((name for fits, name in marks if fits), None)


def clean(data: bytes, pixels: str) -> bytes:
    """The type as it came, the type of the clean copy, a line each; then the clean copy.

    `pixels`: a picture may have at most so many. Raises `Refused`: unknown_type, polyglot, too_many_pixels, animated,
    video, broken_file.
    """
    found = recognised(data)
    if found is None:
        raise Refused("unknown_type")
    if _also_something_else(data):
        raise Refused("polyglot")
    try:
        if found in _VOICES:
            name, copy = _voice(found, data)
        else:
            name, copy = _picture(found, data, int(pixels))
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise Refused("broken_file") from error
    return f"{found}\n{name}\n".encode() + copy


def _also_something_else(data: bytes) -> bool:
    """Whether another program would take it for an archive, a document or a page."""
    head = data[:1024]
    return b"%PDF-" in head or zipfile.is_zipfile(io.BytesIO(data)) or any(mark in data.lower() for mark in _FOREIGN)


def _picture(found: str, data: bytes, pixels: int) -> tuple[str, bytes]:
    from PIL import Image, ImageOps

    formats = {"image/jpeg": ("JPEG", "MPO"), "image/png": ("PNG",), "image/webp": ("WEBP",), "image/heic": ("HEIF",)}
    if found == "image/heic":
        from pi_heif import register_heif_opener

        register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=formats[found])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("too_many_pixels") from None
    if found in ("image/png", "image/webp") and getattr(image, "n_frames", 1) > 1:
        raise Refused("animated")
    image.load()
    if _orientation(image) != 1:
        image = ImageOps.exif_transpose(image)
    seen = _in_srgb(image, keeps_transparency=found in ("image/png", "image/webp"))
    seen.info = {}
    out = io.BytesIO()
    if found == "image/png":
        seen.save(out, "PNG", compress_level=3)
    elif found == "image/webp":
        seen.save(out, "WEBP", quality=_QUALITY, method=2)
    else:
        seen.save(out, "JPEG", quality=_QUALITY)
    return ("image/jpeg" if found == "image/heic" else found), out.getvalue()


def _orientation(image: Any) -> int:
    """How the camera was held (1 to 8); what cannot be read is taken for upright."""
    try:
        held = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1
    return held if held in range(1, 9) else 1


def _in_srgb(image: Any, *, keeps_transparency: bool) -> Any:
    """Grey, colour, or colour with transparency, in the colours that every screen shows without a profile.

    A profile names the device; colours that its file does not explain stay as they are.
    """
    from PIL import ImageCms

    profile, grey = image.info.get("icc_profile"), image.mode in ("1", "L", "I", "F", "I;16")
    mode = "RGBA" if keeps_transparency and image.has_transparency_data else "L" if grey else "RGB"
    if profile and not grey and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            shown = ImageCms.profileToProfile(
                image, own, ImageCms.createProfile("sRGB"), outputMode="RGBA" if image.mode == "RGBA" else "RGB"
            )
            image = shown or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    if image.mode.startswith("I"):  # 16 bits of grey: the upper eight
        image = image.convert("I").point(lambda value: value / 256)
    return image if image.mode == mode else image.convert(mode)


def _voice(found: str, data: bytes) -> tuple[str, bytes]:
    import av

    av.logging.set_level(None)
    way, out = _VOICES[found], io.BytesIO()
    with av.open(io.BytesIO(data), "r", format=way.reader) as source:
        pictures = [s for s in source.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
        if pictures:
            raise Refused("video")
        (track,) = source.streams.audio
        codec = track.codec_context.codec.canonical_name
        if found == "audio/mp4" and codec in _VOICES["audio/amr"].codecs:
            found, way = "audio/amr", _VOICES["audio/amr"]  # an old telephone's recording
        if not codec.startswith(way.codecs):
            raise Refused("unknown_type")
        with av.open(out, "w", format=way.writer, options=dict(way.options)) as target:
            copy = target.add_stream_from_template(track)
            copy.metadata.clear()
            packets = bad = 0
            for packet in source.demux(track):
                if not packet.size:
                    continue
                packets += 1
                if packets <= _CHECKED and not _heard(packet):
                    bad += 1
                    continue
                packet.stream = copy
                target.mux(packet)
            if bad == packets or bad > packets * _MOST_BAD:
                raise Refused("broken_file")
    return found, out.getvalue()


def _heard(packet: Any) -> bool:
    import av

    try:
        packet.decode()
    except av.error.FFmpegError:
        return False
    return True
