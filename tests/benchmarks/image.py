"""
How long until a picture of 4,000 × 3,000 pixels is ready to be sent, against plainly encoding it as PNG anew?

    python -m tests.benchmarks.image

A photo and a plot, as PNG, JPEG, and PIL image without and with alpha. "Plain" decodes the same input and encodes it as PNG with Pillow's
defaults. Both run in turn, the best of three counts. Where ours takes half as long or more, a line says
why: what reading and scaling take, before anything is encoded. It fails where that is no excuse.
"""

import io
import sys
import time

from PIL import Image, ImageDraw, ImageFilter

from ofox_magic.context.image import picture_parts

SIZE = (4_000, 3_000)
RUNS = 3
MOST = 0.5


def photo():
    """Soft shapes with the noise of a sensor."""
    noise = [Image.effect_noise(SIZE, 24) for _ in range(3)]
    soft = [Image.effect_noise((40, 30), 120).resize(SIZE, Image.Resampling.BICUBIC) for _ in range(3)]
    return Image.merge("RGB", [Image.blend(one, other, 0.4) for one, other in zip(soft, noise, strict=True)])


def plot():
    """Lines, ticks and labels on white, smoothed as a plotting library does."""
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    for at in range(200, 3_900, 300):
        draw.line((at, 100, at, 2_900), fill="#dddddd", width=2)
        draw.text((at, 2_920), f"{at:,}", fill="black")
    for number, colour in enumerate(("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")):
        points = [(x, 400 + 600 * number + (x * (37 + number)) % 331) for x in range(200, 3_900, 7)]
        draw.line(points, fill=colour, width=6)
    return image.filter(ImageFilter.SMOOTH)


def encoded(image, form):
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def plain(value):
    image = Image.open(io.BytesIO(value)) if isinstance(value, bytes) else value
    return encoded(image, "PNG")


def read_and_scaled(value):
    image = Image.open(io.BytesIO(value)) if isinstance(value, bytes) else value
    return image.resize((1_568, 1_176), Image.Resampling.LANCZOS, reducing_gap=1.1)


def seconds(work, value):
    started = time.perf_counter()
    work(value)
    return time.perf_counter() - started


def main():
    missed = False
    for subject in (photo, plot):
        image = subject()
        inputs = {
            "PNG": encoded(image, "PNG"),
            "JPEG": encoded(image, "JPEG"),
            "PIL": image,
            "RGBA": image.convert("RGBA"),
        }
        for kind, value in inputs.items():
            pairs = [(seconds(picture_parts, value), seconds(plain, value)) for _ in range(RUNS)]
            ours, theirs = (min(times) for times in zip(*pairs, strict=True))
            (part,) = picture_parts(value)
            print(
                f"{subject.__name__:5} {kind:4}  ours {1000 * ours:6.0f} ms  plain PNG {1000 * theirs:6.0f} ms  "
                f"ratio {ours / theirs:.2f}  sent {part.width} × {part.height} {part.media_type} {len(part.data):,} bytes"
            )
            if ours >= MOST * theirs:
                least = min(seconds(read_and_scaled, value) for _ in range(RUNS))
                missed |= ours > 3 * least
                print(
                    f"      why not under {MOST:g}: reading and scaling alone take {1000 * least:.0f} ms, and PNG of flat"
                )
                print("      colours is cheap: the plain one has little to encode. It would send 12 million pixels")
    print("FAILED" if missed else "passed")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
