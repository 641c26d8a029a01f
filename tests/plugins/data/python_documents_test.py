"""Compares documents as Assay reads them with Python's json, csv, email, gzip and html modules.

    python3 tests/plugins/data/python_documents_test.py SHOW_DOCUMENTS

The inputs are drawn at random from a fixed seed: texts with several scripts, emoji, control
characters, quotes and line breaks.
"""
import base64
import csv
import email
import email.policy
import email.utils
import gzip
import io
import json
import pathlib
import quopri
import random
import subprocess
import sys
import tempfile
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

SHOW = sys.argv[1]
DRAW = random.Random(6)
PIECES = ["word", "Zürich", "naïve", "日本語", "Привет", "مرحبا", "😀", "👩‍🔬", "\u00a0", "\u2028", '"',
          "\\", "/", "\t", "\n", "\r\n", ",", ";", "'", "{", "]", "\u0000", "\u001f", "\u007f",
          "\ud7ff", "\ue000", "\U0010ffff", " ", "  ", "\ufeff", "="]


def show(path, *options):
    done = subprocess.run([SHOW, str(path), *options], capture_output=True, text=True,
                          errors="surrogatepass")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def text(most=40, leave_out=""):
    return "".join(p for p in DRAW.choices(PIECES, k=DRAW.randrange(most)) if p not in leave_out)


def check(ours, theirs, what):
    assert len(ours) == len(theirs), f"{what}: {len(ours)} and {len(theirs)} documents"
    for i, (a, b) in enumerate(zip(ours, theirs)):
        assert a == b, f"{what}, document {i}:\n{a!r}\n{b!r}"
    print(f"{what}: {len(ours)} equal")


def value(depth):
    kind = DRAW.randrange(8 if depth else 6)
    if kind == 6:
        return [value(depth - 1) for _ in range(DRAW.randrange(4))]
    if kind == 7:
        return {text(3): value(depth - 1) for _ in range(DRAW.randrange(4))}
    return [text(10), DRAW.randrange(-10**12, 10**12), DRAW.gauss(0, 1e9), True, None, 1e-300][kind]


def check_json(folder):
    records = [{"before": value(3), "meta": {"x": value(2), "set": text(5)}, "n": i,
                "text": text(), "after": value(3)} for i in range(500)]
    wanted = [(r["text"], r["meta"]["set"], str(r["n"])) for r in records]
    forms = {
        "lines": lambda: "\n".join(json.dumps(r, ensure_ascii=False) for r in records),
        "escaped lines": lambda: "\r\n".join(json.dumps(r) for r in records) + "\r\n",
        "array": lambda: json.dumps(records),
        "indented array": lambda: json.dumps(records, indent=2, ensure_ascii=False),
    }
    for name, form in forms.items():
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            for pack in (bytes, gzip.compress):
                path = folder / "records.json"
                path.write_bytes(pack(form().encode(encoding)))
                ours = show(path, "id=n", "group=meta.set")
                check([(d["text"], d["group"], d["id"]) for d in ours], wanted,
                      f"JSON {name}, {encoding}, {pack.__name__}")


def check_csv(folder):
    rows = [[text(leave_out="\r\n\x00"), str(i), text(leave_out="\r\n\x00")] for i in range(500)]
    for end in ("\n", "\r\n"):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            file = io.StringIO(newline="")
            writer = csv.writer(file, lineterminator=end, quoting=quoting)
            writer.writerow(["text", "n", "more"])
            writer.writerows(rows)
            path = folder / "rows.csv"
            path.write_bytes(file.getvalue().encode())
            with open(path, newline="", encoding="utf-8") as again:
                theirs = [(r["text"], r["n"], r["more"]) for r in csv.DictReader(again)]
            ours = [(d["text"], d["id"], d["fields"]["more"])
                    for d in show(path, "id=n", "field=more")]
            check(ours, theirs, f"CSV, {end!r}, quoting {quoting}")


def message(i):
    charset = DRAW.choice(["utf-8", "iso-8859-1", "windows-1252", "us-ascii", "koi8-r"])
    words = {"utf-8": ["Zürich", "日本", "word", "=", "a=b"], "iso-8859-1": ["café", "plain"],
             "windows-1252": ["“quoted”", "€5"], "us-ascii": ["plain", "=3D", "words"],
             "koi8-r": ["Привет", "мир"]}[charset]
    lines = "\n".join(" ".join(DRAW.choices(words, k=DRAW.randrange(40))) for _ in range(8)) + "\n"
    subject = " ".join(DRAW.choices(words, k=12))
    kind = i % 4
    if kind < 2:
        encode = {0: lambda b: quopri.encodestring(b), 1: base64.encodebytes}[kind]
        body = encode(lines.encode(charset))
        head = (f"Subject: {Header(subject, charset).encode()}\nMIME-Version: 1.0\n"
                f"Content-Type: text/plain;\n\tcharset=\"{charset}\"\n"
                f"Content-Transfer-Encoding: {['quoted-printable', 'base64'][kind]}\n")
    else:
        whole = MIMEMultipart("alternative" if kind == 2 else "mixed", boundary=f"b_{i}")
        whole.attach(MIMEText(lines, "plain", charset))
        if kind == 2:
            whole.attach(MIMEText(f"<p>{lines}</p>", "html", charset))
        else:
            picture = MIMEText("attached", "plain")
            picture.add_header("Content-Disposition", "attachment", filename="a.txt")
            whole.attach(picture)
        whole["Subject"] = Header(subject, charset)
        head, _, rest = whole.as_bytes().partition(b"\n\n")
        head, body = head.decode() + "\n", rest
    zone = DRAW.choice(["+0200", "-0730", "GMT", "EST", "+0000"])
    date = f"Thu, {DRAW.randrange(1, 28)} Aug {DRAW.choice([2002, 1999, 2026])} 0{i % 10}:5{i % 10}:07 {zone}"
    return (f"From someone Thu Aug 22 2002\nDate: {date}\nFrom: a@b.c\n" + head + "\n").encode() + body


def check_mail(folder):
    ours, theirs = [], []
    for i in range(200):
        path = folder / "message.eml"
        raw = message(i)
        if i % 3 == 0:
            raw = raw.replace(b"\n", b"\r\n")
        path.write_bytes(raw)
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        body = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        date = email.utils.parsedate_to_datetime(mail["date"]).astimezone(
            __import__("datetime").timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        theirs.append((body.rstrip("\n"), str(mail["subject"]), date))
        document, = show(path, "field=subject", "field=date")
        ours.append((document["text"].rstrip("\n"), document["fields"]["subject"],
                     document["fields"]["date"]))
    check(ours, theirs, "mail")


def check_html(folder):
    from html import escape
    theirs, ours = [], []
    for i in range(100):
        # Gumbo replaces control characters and noncharacters such as U+10FFFF.
        words = [text(6, leave_out="\u0000\u001f\u007f\r\n\ufeff\U0010ffff") for _ in range(6)]
        page = ("<!DOCTYPE html><html><head><title>T&amp;" + str(i) + "</title><style>p{}</style>"
                "</head><body><nav>menu</nav>" +
                "".join(f"<p>{escape(w)}<script>x</script></p>" for w in words) + "</body>")
        path = folder / "page.html"
        path.write_bytes(page.encode())
        # Python's split knows more white space than HTML has.
        flow = [" ".join("".join(" " if c in " \t\u00a0" else c for c in w).split(" ")).strip(" ")
                for w in words]
        while any("  " in w for w in flow):
            flow = [w.replace("  ", " ") for w in flow]
        theirs.append(("\n\n".join(w for w in flow if w), f"T&{i}"))
        document, = show(path, "field=title")
        ours.append((document["text"], document["fields"]["title"]))
    check(ours, theirs, "HTML")


def check_dictionary(folder):
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    def number(n):
        return (number(n // 64) if n >= 64 else "") + digits[n % 64]

    entries = [(f"word {i}", f"word {i}\n  {text(leave_out=chr(0))}\n") for i in range(300)]
    body, index = b"", []
    for word, entry in entries:
        raw = entry.encode()
        index.append(f"{word}\t{number(len(body))}\t{number(len(raw))}\n")
        body += raw
    (folder / "d.index").write_text("".join(index))
    (folder / "d.dict.dz").write_bytes(gzip.compress(body))
    ours = show(folder / "d.index")
    check([(d["id"], d["text"], d["group"]) for d in ours],
          [(word, entry, "d") for word, entry in entries], "dictd")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part in (check_json, check_csv, check_mail, check_html, check_dictionary):
            part(folder)


if __name__ == "__main__":
    main()
