"""The HTML report in a real browser, from file:// and without a network.

report_test.py WRITE_DEMO: writes the demonstration's report, opens it in headless Chromium, and
checks that every figure is drawn, that nothing was written to the console as an error, that hostile
names stayed text, and that the page's picture is not blank. Exits 77 (skipped) without Chromium.
"""

import html.parser
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
HOSTILE = "<script>alert(1)</script>"


def browse(profile, page, *flags):
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync",
               "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars",
               f"--user-data-dir={profile}", *flags, "file://" + page]
    return subprocess.run(command, capture_output=True, timeout=180, check=True).stdout.decode()


class Page(html.parser.HTMLParser):
    """What the drawn page holds: figures, scripts, texts."""

    def __init__(self):
        super().__init__()
        self.charts = self.drawn = self.scripts = self.images = 0
        self.drawn_said = None
        self.texts, self.problems = [], []
        self.stack = []

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag == "html":
            self.drawn_said = a.get("data-drawn")
        if tag == "script":
            self.scripts += 1
        if tag == "img" and a.get("src", "").startswith("data:image/png"):
            self.images += 1
        inside = any(name == "chart" for _, name in self.stack)
        if "chart" in (a.get("class") or "").split():
            self.charts += 1
            self.stack.append((tag, "chart"))
        elif a.get("id") == "problems":
            self.stack.append((tag, "problems"))
        else:
            self.stack.append((tag, ""))
        if inside and tag in ("svg", "canvas"):
            self.drawn += 1
        if tag in ("meta", "img", "input", "br", "link", "path", "rect", "line", "circle"):
            self.stack.pop()

    def handle_endtag(self, tag):
        while self.stack:
            name, _ = self.stack.pop()
            if name == tag:
                break

    def handle_data(self, data):
        if any(name == "problems" for _, name in self.stack) and data.strip():
            self.problems.append(data.strip())
        self.texts.append(data)


def pixels_of(png):
    """Distinct colours of an 8-bit RGB(A) PNG without interlacing, sampled by row."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8 and kind in (2, 6), (depth, kind)
    channels, data, at = (3 if kind == 2 else 4), b"", 8
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at:at + 8])
        if name == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += 12 + size
    raw, stride, colours = zlib.decompress(data), width * channels, set()
    previous = bytearray(stride)
    for y in range(height):
        line = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        how = raw[y * (stride + 1)]
        for i in range(stride):
            left = line[i - channels] if i >= channels else 0
            up = previous[i]
            corner = previous[i - channels] if i >= channels else 0
            if how == 1:
                line[i] = (line[i] + left) & 255
            elif how == 2:
                line[i] = (line[i] + up) & 255
            elif how == 3:
                line[i] = (line[i] + (left + up) // 2) & 255
            elif how == 4:
                p = left + up - corner
                near = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))
                line[i] = (line[i] + near[2]) & 255
        colours.update(bytes(line[i:i + 3]) for i in range(0, stride, channels * 7))
        previous = line
    return width, height, colours


def check_page(folder, words, figures, images, colours_wanted, copy_to=None):
    """Draws the demonstration that `words` name; returns what it found, in words."""
    subprocess.run([sys.argv[1], folder, *words], check=True, capture_output=True)
    page = os.path.join(folder, "report.html")
    source = open(page, encoding="utf-8").read()
    dom = browse(os.path.join(folder, "profile"), page, "--virtual-time-budget=20000", "--dump-dom")
    seen = Page()
    seen.feed(dom)
    interactive = 'id="figures"' in source
    if interactive:
        assert seen.charts == figures, f"{seen.charts} charts"
        assert seen.drawn_said == str(figures), f"the page says it drew {seen.drawn_said}"
        assert seen.drawn >= figures, f"{seen.drawn} of {figures} charts hold a picture"
    assert not seen.problems, "console: " + "; ".join(seen.problems)
    scripts = len(re.findall("<script", source.split("</main>")[0]))
    assert scripts == 0, f"{scripts} scripts in the body"
    assert seen.scripts == (3 if interactive else 1), f"{seen.scripts} scripts in the page"
    assert seen.images == images, f"{seen.images} images in the gallery"

    picture = os.path.join(folder, "page.png")
    browse(os.path.join(folder, "profile2"), page, "--virtual-time-budget=20000",
           "--window-size=1280,2400", f"--screenshot={picture}")
    width, height, colours = pixels_of(open(picture, "rb").read())
    assert (width, height) == (1280, 2400), (width, height)
    for name, colour in colours_wanted.items() if interactive else ():
        near = min(max(abs(a - b) for a, b in zip(c, colour)) for c in colours)
        assert near <= 8, f"no {name} in the picture of the page"
    assert len(colours) > 50, f"{len(colours)} colours: the page is blank"
    if copy_to:
        shutil.copy(picture, copy_to)
    print(f"{seen.drawn_said} figures drawn, {len(colours)} colours, no console error")
    return "".join(seen.texts), interactive


def count(text, piece):
    return len(re.findall(r"(?<![\w.])" + re.escape(piece) + r"(?![\w.])", text))


def main():
    if CHROMIUM is None:
        print("skipped: no Chromium")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        lines = {"blue": (0, 114, 178), "vermillion": (213, 94, 0), "green": (0, 158, 115)}
        text, _ = check_page(folder, [], 9, 20, lines, *sys.argv[2:3])
        assert HOSTILE in text, "the hostile name is not shown as text"
    with tempfile.TemporaryDirectory() as folder:
        both_signs = {"red": (178, 24, 43), "white": (247, 247, 247), "cold": (67, 147, 195)}
        text, interactive = check_page(folder, ["papers"], 15, 0, both_signs)
        if interactive:
            # SVG figures hold their texts: labels of cells and lines, and each panel's title once.
            for piece in ("-0.79", "never forgotten", "chance", "gradient accounting (memorise"):
                assert piece in text, f"{piece!r} is not shown"
            assert count(text, "layer3.0") >= 4, "panels lack titles"
    return 0


sys.exit(main())
