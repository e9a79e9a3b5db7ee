"""The other reader of `mail_oracle.rs`: CPython's `email`.

`make` writes a corpus of mails and what is read of them; `read` says what it reads of ours.

The corpus is what the interpreter ships for its own tests, if it does, and mails made here from a
fixed seed: every combination of how headers are spelt that we could think of, some of them wrong.
Usage: mail.py make|read DIRECTORY
"""

import email
import email.header
import email.policy
import email.utils
import json
import os
import random
import re
import sys

MAILBOX = "help@desk.example"
SEED = 20261122
MADE = 260

WORDS = ["lamp", "broken", "Grüße", "Ärger", "счёт", "世界", "مرحبا", "naïve", "👍", "order", "42",
         "RE", "x=y", "a_b", "what?", "100%"]
NAMES = ["Ann", "Bob Smith", "O'Neil", "Zoë Müller", "Иван", "山田 太郎", "Smith, John", "A.B.",
         "Dr (MD)"]
CHARSETS = ["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252", "koi8-r", "shift_jis", "gb18030"]


def word_list(rng, low, high):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(low, high)))


def encode(rng, text):
    """A text as encoded words, or as it stands if it is ASCII and the dice say so."""
    if text.isascii() and rng.random() < 0.7:
        return text
    charset = rng.choice(CHARSETS)
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    header = email.header.Header(text, charset, maxlinelen=rng.choice([40, 76]))
    if rng.random() < 0.3:
        header = email.header.Header(text, "utf-8", header_name="Subject")
    return header.encode(linesep="\n")


def phrase(rng, name):
    if not name.isascii():
        return encode(rng, name)
    if re.search(r'[,.()@]', name) or rng.random() < 0.4:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return name


def address(rng):
    local = rng.choice(["ann", "bob.smith", "x+tag", "o'neil", "a_b", "UPPER", "n1"])
    domain = rng.choice(["customer.example", "Else.Example", "sub.mail.example", "x-y.example"])
    plain = f"{local}@{domain}"
    form = rng.random()
    if form < 0.25:
        return plain
    if form < 0.35:
        return f"<{plain}>"
    if form < 0.45 and plain.isascii():
        return f"{plain} (a comment)"
    return f"{phrase(rng, rng.choice(NAMES))} <{plain}>"


def addresses(rng):
    listed = [address(rng) for _ in range(rng.randint(1, 5))]
    if rng.random() < 0.2:
        listed.append(MAILBOX)
    separator = rng.choice([", ", ",", ",\n ", ",\n\t"])
    text = separator.join(listed)
    if rng.random() < 0.1:
        text = f"friends: {text};"
    return text


def message_id(rng):
    domain = rng.choice(["a.example", "B.example"])
    return f"<{rng.randrange(16 ** 10):x}.{rng.randint(1, 99)}@{domain}>"


def made(rng):
    subject = word_list(rng, 0, 9)
    prefix = rng.choice(["", "Re: ", "Fwd: ", "AW: ", "[list] "])
    fields = [
        ("From", address(rng)),
        ("To", addresses(rng)),
        ("Subject", prefix + encode(rng, subject)),
        ("Message-ID", message_id(rng)),
        ("Date", "Sun, 22 Nov 2026 10:00:00 +0000"),
    ]
    if rng.random() < 0.5:
        fields.append(("Cc", addresses(rng)))
    if rng.random() < 0.6:
        fields.append(("In-Reply-To", message_id(rng)))
    if rng.random() < 0.6:
        ids = [message_id(rng) for _ in range(rng.randint(1, 30))]
        fields.append(("References", rng.choice([" ", "\n ", "\n\t"]).join(ids)))
    rng.shuffle(fields)
    spelt = []
    for name, value in fields:
        name = rng.choice([name, name.lower(), name.upper()])
        spelt.append(f"{name}{rng.choice([':', ': ', ':  '])}{value}")
    text = "\n".join(spelt) + "\n\n" + word_list(rng, 0, 30) + "\n"
    raw = text.encode("utf-8")
    return raw.replace(b"\n", b"\r\n") if rng.random() < 0.6 else raw


def damaged(rng, raw):
    """One of the ways in which mail is wrong in the wild."""
    way = rng.randrange(5)
    if way == 0:
        return raw.replace(b"Subject: ", "Subject: rohe Grüße ".encode("utf-8"), 1)
    if way == 1:
        return raw.replace(b"Message-ID:", b"X-Other-ID:", 1)
    if way == 2:
        return b"Received: from x\n\tby y;\n  Sun, 22 Nov 2026\n" * 30 + raw
    if way == 3:
        return raw.replace(b"To: ", b"To: undisclosed-recipients:;, ", 1)
    return b"\n".join(raw.split(b"\n")[:-3])


def decoded(value):
    if value is None:
        return ""
    parts = email.header.decode_header(value)
    try:
        text = str(email.header.make_header(parts))
    except (LookupError, UnicodeDecodeError):
        text = "".join(
            part if isinstance(part, str) else part.decode("utf-8", "replace") for part, _ in parts)
    return text


def shown(text):
    """The rules for one line of visible characters, written a second time."""
    spaced = "".join(" " if c.isspace() else c for c in text)
    invisible = re.compile(
        "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
        "\ufff9-\ufffb\U000e0000-\U000e007f]")
    return " ".join(invisible.sub("", spaced).split())[:200].strip()


def normal(text):
    text = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9!#$%&'*+\-/=?^_`{|}~.]{1,64}@[a-z0-9_.-]+", text):
        return None
    local, domain = text.rsplit("@", 1)
    if local.startswith(".") or local.endswith(".") or ".." in local or ".." in domain:
        return None
    return f"{local}@{domain.rstrip('.')}"


def all_values(message, name):
    return [str(value) for value in message.get_all(name, [])]


def ids(message, name):
    found = []
    for value in all_values(message, name):
        found += re.findall(r"<([^<>]+)>", re.sub(r"\s", "", value))
    return found


def expected(raw):
    message = email.message_from_bytes(raw)
    senders = email.utils.getaddresses(all_values(message, "from") + all_values(message, "sender"))
    senders = [normal(a) for _, a in senders if normal(a)]
    sender = senders[0] if senders else "envelope@sender.example"
    others = []
    for _, one in email.utils.getaddresses(all_values(message, "to") + all_values(message, "cc")):
        one = normal(one)
        if one and one != sender and one not in others and re.sub(r"\+.*@", "@", one) != MAILBOX:
            others.append(one)
    references = []
    for one in ids(message, "in-reply-to") + ids(message, "references")[::-1]:
        if one not in references:
            references.append(one)
    own = ids(message, "message-id")
    return {
        "from": sender,
        "participants": others[:50],
        "subject": shown(decoded(message.get("subject"))),
        "message_id": own[0] if own else "",
        "references": references[:50],
    }


def corpus():
    try:
        import test.test_email
        folder = os.path.join(os.path.dirname(test.test_email.__file__), "data")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".txt"):
                with open(os.path.join(folder, name), "rb") as file:
                    yield "cpython-" + name, file.read()
    except ImportError:
        pass
    rng = random.Random(SEED)
    for number in range(MADE):
        raw = made(rng)
        if number % 5 == 4:
            raw = damaged(rng, raw)
        yield f"made-{number:03}", raw


def make(directory):
    os.makedirs(directory, exist_ok=True)
    listed = []
    for name, raw in corpus():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(raw)
        listed.append({"file": name, **expected(raw)})
    with open(os.path.join(directory, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(listed, file, ensure_ascii=False, indent=1)


def read(directory):
    """What the modern reader makes of each mail in a directory, with its complaints."""
    listed = []
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), "rb") as file:
            raw = file.read()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        # Names by the older reader: the modern one keeps the space between two encoded words.
        plain = email.message_from_bytes(raw)
        sender = email.utils.parseaddr(re.sub(r"\r?\n", "", plain["from"]))[0]
        parts = list(message.walk())
        defects = [str(d) for part in parts for d in part.defects]
        defects += [str(d) for part in parts for value in part.values() for d in value.defects]
        listed.append({
            "subject": message["subject"],
            "from": decoded(sender),
            "address": message["from"].addresses[0].addr_spec,
            "text": message.get_body(("plain",)).get_content(),
            "files": [
                [part.get_filename(), part.get_payload(decode=True).decode("latin-1")]
                for part in message.iter_attachments()],
            "defects": defects,
        })
    json.dump(listed, sys.stdout)


{"make": make, "read": read}[sys.argv[1]](sys.argv[2])
