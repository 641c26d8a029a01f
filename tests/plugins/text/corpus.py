"""Lines of real text: the committed samples and what any Debian machine has."""

import glob
import gettext
import itertools
import os
import random

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = [
    "/usr/share/common-licenses/*",
    "/usr/share/doc/*/copyright",
    "/usr/share/doc/*/README*",
    "/usr/share/i18n/locales/*",
    "/usr/share/vim/vim*/doc/*.txt",
    "/usr/share/perl/5*/*.pm",
    "/usr/lib/python3*/*.py",
    "/usr/include/*.h",
    "/usr/share/zoneinfo/tzdata.zi",
    "/etc/*.conf",
]
CATALOGUES = ["/usr/share/**/LC_MESSAGES/*.mo"]


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
    found = [text for pattern in CATALOGUES for path in sorted(glob.glob(pattern, recursive=True))
             for text in messages_of(path)]
    real = [text for pattern in PLACES for path in sorted(glob.glob(pattern))[:60]
            for text in lines_of(path)]
    rng.shuffle(found)
    rng.shuffle(real)
    made = own + found[: count // 4]
    made += [mixed(rng, own + found[:200] + real[:200]) for _ in range(count // 5)]
    made += real[: max(0, count - len(made))]
    while len(made) < count:
        made.append(mixed(rng, own + made))
    return [text for text in made[:count] if not any(0xD800 <= ord(c) < 0xE000 for c in text)]
