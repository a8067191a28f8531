"""Photos and voice as people send them, with everything in them that must not stay; and files nobody should open."""

import array
import io
import math
import zlib
from typing import Any

import av
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

SECRET = b"PLANTED"
"""Stands in every place of a file that says more than the picture or the voice."""
_WORDS = SECRET.decode()
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description serial="{_WORDS}-XMP"/></rdf:RDF></x:xmpmeta>'.encode()
ZIP = b"PK\x03\x04" + b"\0" * 26 + b"PK\x05\x06" + b"\0" * 18
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(width: int = 64, height: int = 32) -> Image.Image:
    """The upper left quarter is red, the rest is blue."""
    image = Image.new("RGB", (width, height), (0, 0, 255))
    ImageDraw.Draw(image).rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=(255, 0, 0))
    return image


def exif(orientation: int = 1) -> Image.Exif:
    """Who made it, with which camera, where."""
    found = Image.Exif()
    found[0x010E] = f"{_WORDS}-description"
    found[0x010F] = f"{_WORDS}-maker"
    found[0x0112] = orientation
    found[0x8825] = {1: "N", 2: (39.0, 50.0, 30.5), 3: "E", 4: (116.0, 10.0, 20.5), 29: f"{_WORDS}-date"}
    found.get_ifd(0x8769)[0xA431] = f"{_WORDS}-serial"
    found.get_ifd(0x8769)[0x9286] = f"{_WORDS}-comment"
    return found


def jpeg(orientation: int = 1, **more: Any) -> bytes:
    """With EXIF, GPS, a thumbnail's worth of XMP, IPTC, a comment, and something behind its end."""
    out = io.BytesIO()
    picture().save(out, "JPEG", quality=95, exif=exif(orientation), xmp=XMP, comment=SECRET + b"-comment", **more)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x12\x1c\x02\x50\0\x0d" + SECRET + b"-iptc"
    segment = b"\xff\xed" + (len(iptc) + 2).to_bytes(2) + iptc
    plain = out.getvalue()
    return plain[:2] + segment + plain[2:] + SECRET + b"-behind"


def png(**more: Any) -> bytes:
    """With text chunks, EXIF and XMP."""
    info = PngInfo()
    info.add_text("Comment", f"{_WORDS}-text")
    info.add_text("Software", f"{_WORDS}-compressed", zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    out = io.BytesIO()
    picture().save(out, "PNG", pnginfo=info, exif=exif(), **more)
    return out.getvalue() + SECRET


def webp(**more: Any) -> bytes:
    """With EXIF and XMP."""
    out = io.BytesIO()
    picture().save(out, "WEBP", exif=exif().tobytes(), xmp=XMP, lossless=True, **more)
    return out.getvalue()


def heic() -> bytes:
    """As a telephone makes it."""
    import pillow_heif

    return _heif(pillow_heif.from_pillow(picture()))


def _heif(file: Any) -> bytes:
    out = io.BytesIO()
    file.save(out, exif=exif().tobytes(), xmp=XMP, quality=95)
    return out.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A small file that says that it is this large, with as many bytes of nothing as fit."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def voice(container: str, codec: str, rate: int = 16_000, seconds: float = 2.0, *, cover: bool = False) -> bytes:
    """A tone, with title, place and comment; `cover`: with a picture as cover art."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        names = ("title", "artist", "comment", "location", "encoded_by")
        target.metadata.update({name: f"{_WORDS}-{name}" for name in names} | {"location": "+39.9042+116.4074/"})
        stream = target.add_stream(codec, rate=rate)
        stream.layout = "mono"
        stream.metadata["title"] = f"{_WORDS}-track"
        art = None
        if cover:
            art = target.add_stream("png", rate=1)
            art.width, art.height, art.pix_fmt = 64, 32, "rgb24"
            art.disposition = av.stream.Disposition.attached_pic
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        for start in range(0, int(rate * seconds), 1024):
            frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
            wave = array.array("h", (int(9000 * math.sin((start + n) * 0.1)) for n in range(1024))).tobytes()
            frame.planes[0].update(wave.ljust(frame.planes[0].buffer_size, b"\0"))
            frame.sample_rate, frame.pts = rate, start
            for part in resampler.resample(frame):
                target.mux(stream.encode(part))
        target.mux(stream.encode(None))
        if art is not None:
            target.mux(art.encode(av.VideoFrame.from_image(picture())))
            target.mux(art.encode(None))
    return out.getvalue()


VOICES = {
    "audio/mpeg": ("mp3", "libmp3lame", 16_000),
    "audio/mp4": ("ipod", "aac", 16_000),
    "audio/aac": ("adts", "aac", 16_000),
    "audio/amr": ("amr", "libopencore_amrnb", 8_000),
    "audio/wav": ("wav", "pcm_s16le", 16_000),
    "audio/ogg": ("ogg", "libopus", 16_000),
}
"""Type → container, codec and rate that make it."""


def film() -> bytes:
    """A short MP4 that moves."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as target:
        stream = target.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        for _ in range(5):
            target.mux(stream.encode(av.VideoFrame.from_image(picture())))
        target.mux(stream.encode(None))
    return out.getvalue()


def length(data: bytes, container: str) -> float:
    """Seconds that can be heard."""
    readers = {"ipod": "mov", "adts": "aac"}
    with av.open(io.BytesIO(data), format=readers.get(container, container)) as source:
        return sum(frame.samples / frame.sample_rate for frame in source.decode(audio=0))
