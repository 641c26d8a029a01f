"""Lines of real text: the committed samples, and what the packages hold that every Debian machine
on which this is built has: licences, the modules of Perl and Python, the C library's headers, and
the translated messages of the essential tools (which the smallest images leave out)."""

import glob
import gettext
import itertools
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = [
    "/usr/share/common-licenses/*",
    "/usr/share/perl/5*/*.pm",
    "/usr/lib/*/perl-base/*.pm",
    "/usr/lib/python3.*/*.py",
    "/usr/include/*.h",
]
TOOLS = ["apt", "bash", "coreutils", "diffutils", "dpkg", "findutils", "grep", "sed", "tar"]
CATALOGUES = [f"/usr/share/locale/*/LC_MESSAGES/{tool}.mo" for tool in TOOLS]


def lines_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [line.rstrip("\n")[:300] for line in itertools.islice(file, 400)]
    except (OSError, UnicodeDecodeError):
        return []


def messages_of(path):
    try:
        with open(path, "rb") as file:
            catalogue = gettext.GNUTranslations(file)._catalog
        return [text[:300] for text in itertools.islice(catalogue.values(), 300)]
    except (OSError, ValueError, AttributeError, LookupError, UnicodeDecodeError):
        return []


def all_of(patterns, read):
    """Each text once."""
    paths = [path for pattern in patterns for path in sorted(glob.glob(pattern))[:60]]
    return list(dict.fromkeys(text for path in paths for text in read(path)))


def samples():
    with open(os.path.join(HERE, "samples.txt"), encoding="utf-8") as file:
        return file.read().split("\n")[:-1]


def mixed(rng, pieces):
    """What real lines do not have: control characters, pieces of several lines in one."""
    controls = ["\x00", "\x07", "\x1b[0m", "\r\n", "\n\n", "\t", "\x7f", "\x85", "\u2028", "\ufffd"]
    parts = []
    for _ in range(rng.randint(1, 4)):
        text = rng.choice(pieces)
        begin = rng.randint(0, len(text))
        parts.append(text[begin : begin + rng.randint(1, 60)])
        if rng.random() < 0.4:
            parts.append(rng.choice(controls))
    return "".join(parts)


def lines(count=10000, seed=1):
    rng = random.Random(seed)
    own = samples()
    found = all_of(CATALOGUES, messages_of)
    real = all_of(PLACES, lines_of)
    rng.shuffle(found)
    rng.shuffle(real)
    made = own + found[: count // 4]
    made += [mixed(rng, own + found[:200] + real[:200]) for _ in range(count // 5)]
    made += real[: max(0, count - len(made))]
    while len(made) < count:
        made.append(mixed(rng, own + made))
    return made[:count]
