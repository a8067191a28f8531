"""What an attachment is by its content, and that nothing passes but the picture or the voice.

Everything is cleaned as in a service: in a confined child.
"""

import io

import pytest
from PIL import Image, ImageCms

from shared.plumbing.attachments.content import ENDINGS, declared, recognised
from shared.plumbing.confined import Limits, Refused, confined
from tests.support import media

PIXELS = 50_000_000


async def cleaned(data: bytes, pixels: int = PIXELS) -> tuple[str, bytes]:
    """The type and the bytes of the clean copy."""
    made = await confined("shared.plumbing.attachments.content:clean", data, str(pixels), limits=Limits(seconds=60))
    _, media_type, content = made.split(b"\n", 2)
    return media_type.decode(), content


async def refused(data: bytes, pixels: int = PIXELS) -> str:
    """The code with which these bytes are refused."""
    with pytest.raises(Refused) as no:
        await cleaned(data, pixels)
    return no.value.code


PICTURES = {"image/jpeg": media.jpeg, "image/png": media.png, "image/webp": media.webp, "image/heic": media.heic}


@pytest.mark.parametrize("came_as", PICTURES)
async def test_of_a_picture_nothing_stays_but_what_it_shows(came_as: str) -> None:
    data = PICTURES[came_as]()
    planted = Image.Exif()
    if came_as != "image/heic":  # the decoder is the child's alone
        planted = Image.open(io.BytesIO(data)).getexif()
        assert planted.get_ifd(0x8825) and media.SECRET in data
    media_type, content = await cleaned(data)
    assert media_type == {"image/heic": "image/jpeg"}.get(came_as, came_as)
    for trace in (
        media.SECRET,
        b"Exif",
        b"xmpmeta",
        b"8BIM",
        b"ICC_PROFILE",
        b"iCCP",
        b"tEXt",
        b"zTXt",
        b"iTXt",
        b"eXIf",
    ):
        assert trace not in content, trace
    shown = Image.open(io.BytesIO(content))
    assert shown.size == (64, 32) and not shown.getexif()
    assert shown.info.keys() <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "loop",
        "background",
        "timestamp",
        "duration",
    }
    red, blue = shown.convert("RGB").getpixel((8, 4)), shown.convert("RGB").getpixel((56, 28))
    assert red[0] > 200 > 80 > red[2] and blue[2] > 200 > 80 > blue[0]  # type: ignore[index]


@pytest.mark.parametrize(("held", "red"), [(3, (56, 28)), (6, (28, 8)), (8, (4, 56))])
async def test_a_picture_stands_upright_before_the_camera_is_forgotten(held: int, red: tuple[int, int]) -> None:
    _, content = await cleaned(media.jpeg(held))
    shown = Image.open(io.BytesIO(content)).convert("RGB")
    assert shown.size == ((64, 32) if held == 3 else (32, 64))
    pixel = shown.getpixel(red)
    assert pixel[0] > 200 and pixel[2] < 80, pixel  # type: ignore[index]


async def test_the_colours_of_a_profile_stay_when_the_profile_goes() -> None:
    """A profile that swaps nothing visible must not leave its name behind, and transparency stays."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (200, 100, 50, 128)).save(out, "PNG", icc_profile=profile)
    _, content = await cleaned(out.getvalue())
    shown = Image.open(io.BytesIO(content))
    assert b"iCCP" not in content and shown.mode == "RGBA"
    assert all(abs(a - b) <= 1 for a, b in zip(shown.getpixel((4, 4)), (200, 100, 50, 128), strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA", "CMYK"])
async def test_every_kind_of_colour_is_kept(mode: str) -> None:
    out = io.BytesIO()
    source = Image.new("I;16", (8, 8), 40_000) if mode == "I;16" else Image.new("L", (8, 8), 156).convert(mode)
    source.save(out, "JPEG" if mode == "CMYK" else "PNG")
    _, content = await cleaned(out.getvalue())
    shade = Image.open(io.BytesIO(content)).convert("L").getpixel((4, 4))
    assert shade == 255 if mode == "1" else abs(int(shade) - 156) <= 2  # type: ignore[arg-type, call-overload]


@pytest.mark.parametrize("media_type", media.VOICES)
async def test_of_a_voice_nothing_stays_but_what_is_said(media_type: str) -> None:
    data = media.voice(*media.VOICES[media_type])
    found, content = await cleaned(data)
    assert found == recognised(content) == media_type
    for trace in (media.SECRET, b"+39.9042", b"Lavf", b"ID3", b"loci", b"LIST"):
        assert trace not in content, trace
    assert media.length(content, media.VOICES[media_type][0]) == pytest.approx(2.0, abs=0.2)


async def test_cover_art_and_tags_at_both_ends_of_an_mp3_go() -> None:
    data = media.voice("mp3", "libmp3lame", cover=True) + b"TAG" + (media.SECRET + b"-v1").ljust(125, b"\0")
    assert b"APIC" in data
    _, content = await cleaned(data)
    assert b"APIC" not in content and b"PNG" not in content and media.SECRET not in content


async def test_an_old_telephones_recording_is_taken() -> None:
    assert (await cleaned(media.voice("3gp", "libopencore_amrnb", 8_000)))[0] == "audio/amr"
    assert (await cleaned(media.voice("3gp", "aac")))[0] == "audio/mp4"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (media.EICAR, "unknown_type"),
        (media.SVG, "unknown_type"),
        (b"%PDF-1.7\n%%EOF", "unknown_type"),
        (media.ZIP, "unknown_type"),
        (b"MZ\x90\0" * 100, "unknown_type"),
        (b"GIF89a" + b"\0" * 100, "unknown_type"),
        (b"\xff", "unknown_type"),
        (b"#EXTM3U\nfile:///etc/passwd", "unknown_type"),
        (b"ffconcat version 1.0\nfile /etc/passwd", "unknown_type"),
        (media.jpeg() + media.ZIP, "polyglot"),
        (media.jpeg() + b"<?php system($_GET[0]);", "polyglot"),
        (media.png() + b"<SCRIPT>alert(1)</SCRIPT>", "polyglot"),
        (b"\xff\xd8\xff\xe0%PDF-1.7", "polyglot"),
        (media.voice("mp3", "libmp3lame") + media.ZIP, "polyglot"),
        (media.jpeg()[: len(media.jpeg()) // 2], "broken_file"),
        (media.png()[:200], "broken_file"),
        (media.webp()[:100], "broken_file"),
        (b"\xff\xd8\xff" + b"\0" * 5000, "broken_file"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 500, "broken_file"),
        (b"ID3\x04\0\0\0\0\0\0" + b"noise" * 2000, "broken_file"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"\0" * 500, "broken_file"),
        (b"OggS" + b"\xff" * 500, "broken_file"),
        (b"#!AMR\n", "broken_file"),
        (b"\0\0\0\x18ftypM4A " + b"\0" * 500, "broken_file"),
        (media.voice("ipod", "aac")[:8000], "broken_file"),
        (media.film(), "video"),
        (media.png_bomb(50_000, 50_000), "too_many_pixels"),
        (media.png_bomb(2**31 - 1, 2**31 - 1), "too_many_pixels"),
    ],
)
async def test_what_nobody_should_open_is_refused_with_a_reason(data: bytes, code: str) -> None:
    assert await refused(data) == code


async def test_a_picture_that_moves_is_refused_rather_than_cut_down_to_its_first_moment() -> None:
    more = [Image.new("RGB", (64, 32), (0, 255, 0))]
    for moving in (media.png(save_all=True, append_images=more), media.webp(save_all=True, append_images=more)):
        assert await refused(moving) == "animated"


async def test_a_picture_may_have_so_many_pixels_and_not_one_more() -> None:
    assert (await cleaned(media.jpeg(), 64 * 32))[0] == "image/jpeg"
    assert await refused(media.jpeg(), 64 * 32 - 1) == "too_many_pixels"


async def test_a_recording_that_was_cut_short_is_kept_as_far_as_it_goes() -> None:
    for media_type in ("audio/mpeg", "audio/amr", "audio/wav", "audio/ogg"):
        data = media.voice(*media.VOICES[media_type])
        found, content = await cleaned(data[: len(data) * 2 // 3])
        assert found == media_type and media.length(content, media.VOICES[media_type][0]) > 0.8


def test_the_senders_word_for_a_type_is_understood() -> None:
    assert declared(None) is declared("application/octet-stream") is None
    assert declared("image/JPG") == "image/jpeg"
    assert declared("audio/x-m4a") == "audio/mp4"
    assert declared("text/html") == "text/html"
    assert ENDINGS[declared("audio/mp3") or ""] == "mp3"
