#!/usr/bin/env python3
"""Checks a record kept by event-sourcing-orchestrator, from its bytes alone.

This is the second verifier: written from docs/reference/evidence-format.md, not from the program that writes the
record, so that nobody has to trust that program. One file, standard library only; read it before you use it.
Signatures are checked with the `openssl` command (3.0 or newer), archived files are unpacked with `zstd`. It writes
nothing but its report, needs no private key and no network, and may run while the store is being written.

PATH is a store (the folder that holds the day folders and `.store`), a single `events.jsonl` (or `.jsonl.zst`), or
a `.tlog-proof` file. What is checked in a store:

  lines        each is a whole JSON event, lies in the file of its issue and of the day it was recorded on
  sequence     the events of an issue are numbered 1, 2, 3 … without a gap
  chain        each line carries the SHA-256 of the line before it; the first one that of the store and the issue
  positions    all events of the store are numbered 1, 2, 3 … without a gap, in the order of `recorded_at`
  ids          no event_id stands twice
  closed days  files are still those whose digests were taken when the day was over
  attachments  are there, and are what was attached
  archive      compressed files hold the lines that were archived; what was pruned was recorded as pruned
  seals        the RFC 6962 tree over all lines has the root that each seal says, in the store and in --anchor texts
  signatures   with --key: Ed25519 signatures of the seals

What is NOT checked is printed too. Seals that lie in the store can be replaced together with it; only --key and
--anchor, which come from elsewhere, show that nobody did. Not checked at all: whether what an event says is true,
witness quorums and revocations of a policy file, ML-DSA-44 signatures, RFC 3161 tokens. `eso verify` can do these.

Exit codes: 0 all that was checked holds; 4 the record is not what it was; 5 what was asked for (--key, --anchor,
--require-signature, an archive without zstd) could not be checked; 1 a file cannot be read or is not what its name
says; 2 wrong usage; 3 no such file or store. Of several PATHs the worst counts: 4, then 1, 3, 5, 0.
"""

import argparse
import base64
import binascii
import concurrent.futures
import datetime
import hashlib
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import zlib
from array import array
from collections import namedtuple

LINE_MAX = 65_535  # bytes, without the LF
POSITION_MAX = 2**31  # a forged position must not make this program allocate without end
SAFE_INT = 2**53 - 1
FINDINGS_KEPT = 1_000
TRIES = 5  # a store that is tidied up (a day closed, a file archived) while it is read is read again

DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
RECORDED_AT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z\Z")
SHA256_HEX = re.compile(r"[0-9a-f]{64}\Z")
PRUNED_FACTS = ("first_sequence", "last_sequence", "range_root", "bytes")
SUMMARIES = ("PhaseSummaryCreated", "OrchestrationSummaryCreated")


class NotFound(Exception):
    """There is nothing to check."""


class Malformed(Exception):
    """A text that was given is not what it should be."""


class CannotCheck(Exception):
    """A tool is missing."""


class Moved(Exception):
    """A file was there a moment ago: the store is being tidied up."""


# Hashes (RFC 6962, section 2.1) -----------------------------------------------------------------------------------


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(line):
    """Of a line's bytes without the LF."""
    return sha256(b"\x00" + line)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


class Tree:
    """Leaves come in order; the root can be asked for at any size. Holds one hash for each bit set in the size."""

    def __init__(self):
        self.size = 0
        self.peaks = []  # (height, hash) of complete subtrees, left to right

    def add(self, leaf):
        height, top = 0, leaf
        while self.peaks and self.peaks[-1][0] == height:
            top = node_hash(self.peaks.pop()[1], top)
            height += 1
        self.peaks.append((height, top))
        self.size += 1

    def root(self):
        if not self.peaks:
            return sha256(b"")
        top = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            top = node_hash(left, top)
        return top


def inclusion_holds(leaf, index, size, proof, root):
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, top = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            top = node_hash(step, top)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            top = node_hash(top, step)
        at, last = at >> 1, last >> 1
    return last == 0 and top == root


# Seals: C2SP tlog-checkpoint in a C2SP signed-note ----------------------------------------------------------------

Signature = namedtuple("Signature", "name key_id bytes")
Seal = namedtuple("Seal", "origin size root text signatures")
Placed = namedtuple("Placed", "seal file line")

SIZE = re.compile(r"(0|[1-9][0-9]{0,15})\Z")
DASH = "\u2014 "


def unbase64(text):
    """Strictly: padded, nothing else between, and only one spelling for the same bytes. None for anything else."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def is_key_name(name):
    return name != "" and "+" not in name and not any(c.isspace() or ord(c) < 32 or c == "\x7f" for c in name)


def size_of(text):
    return int(text) if SIZE.match(text) and int(text) <= SAFE_INT else None


def root_of(text):
    data = unbase64(text)
    return data if data is not None and len(data) == 32 else None


def signature_of(name, text):
    data = unbase64(text)
    if data is None or len(data) <= 4 or not is_key_name(name):
        return None
    return Signature(name, data[:4].hex(), data[4:])


def make_seal(origin, size, root, signatures=()):
    text = "%s\n%d\n%s\n" % (origin, size, base64.b64encode(root).decode())
    return Seal(origin, size, root, text, tuple(signatures))


def parse_seal(note):
    """A whole note, by the byte; without signatures it is an unsigned tree head."""
    if re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise Malformed("it holds a control character")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n"):
        raise Malformed("no blank line stands between text and signatures")
    text, rest = note[: at + 1], note[at + 2 :]
    head = text[:-1].split("\n")
    size = size_of(head[1]) if len(head) >= 3 else None
    root = root_of(head[2]) if len(head) >= 3 else None
    if size is None or root is None or head[0] == "" or "" in head[3:]:
        raise Malformed("it is not an origin, a size and a root")
    signatures = []
    for line in rest[:-1].split("\n") if rest else []:
        name, _, data = line[len(DASH) :].partition(" ")
        signature = signature_of(name, data) if line.startswith(DASH) else None
        if signature is None:
            raise Malformed("a line behind the blank one is no signature")
        signatures.append(signature)
    if len(signatures) > 100:
        raise Malformed("over 100 signatures")
    return Seal(head[0], size, root, text, tuple(signatures))


TORN = " (torn)"  # what a line that a crash has cut off is made to end with, before the next seal is written


def parse_seal_file(text, origin=""):
    """Seals one after the other, an empty line between them. Gives them, and the lines that belong to none."""
    ended = text == "" or text.endswith("\n")
    lines = text.split("\n")
    if ended:
        lines.pop()
    seals, strange, at = [], [], 0
    while at < len(lines):
        end = at + 4
        if lines[at] != "" and lines[at + 3 : at + 4] == [""]:
            while end < len(lines) and lines[end].startswith(DASH):
                end += 1
            # The last line of a file that does not end may be the first part of a longer one.
            whole = "\n".join(lines[at:end]) + ("\n" if ended or end < len(lines) else "")
            try:
                seals.append((parse_seal(whole), at + 1))
                at = end
                continue
            except Malformed:
                pass
        if lines[at] != "":
            strange.append(at)
        at += 1
    origins = {origin}.union(seal.origin for seal, _ in seals)
    for at in list(strange):
        torn = range(at, at + torn_seal(lines, at, ended, origins))
        strange = [other for other in strange if other not in torn]
    return seals, [at + 1 for at in strange]


def torn_seal(lines, at, ended, origins):
    """How many lines from here on are the first bytes of a seal that was never finished."""
    shapes = [None, re.compile(r"[0-9]*"), re.compile(r"[A-Za-z0-9+/]*=?"), re.compile(""), re.compile("\u2014? ?.*")]
    for index in range(at, len(lines)):
        line, part = lines[index], min(index - at, 4)
        # Three lines and an empty one are an unsigned seal already: then a signature's first byte stands alone.
        part = 4 if part == 0 and lines[at - 1 : at] == [""] and line[:1] in ("\ufffd", "\u2014") else part
        body = line[: -len(TORN)] if line.endswith(TORN) else line
        cut = body != line or (index == len(lines) - 1 and not ended)
        fits = any(o.startswith(body) for o in origins) if part == 0 else shapes[part].fullmatch(body.rstrip("\ufffd"))
        if not fits:
            return 0
        # It may also end where a line did: then an empty line follows, or nothing.
        nothing = index == len(lines) - 1
        if cut or (nothing and part < 3) or (not nothing and part < 2 and lines[index + 1] == ""):
            return index - at + 1
    return 0


COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
LINE_FORM = re.compile(
    r"(?:eso-checkpoint:?\s+){1,2}(\S+)\s+([0-9]{1,16})\s+([A-Za-z0-9+/]{43}=)((?:\s+[^\s`\"'<>()]+)*)", re.I
)
SIGNATURE_IN_TEXT = re.compile(
    r"(?:^|[\s>|*])(?:\u2014|\u2013|--?|&mdash;)\s+(\S+)\s+([A-Za-z0-9+/]+={0,2})[|*`\s]*$"
)
QUOTES = ">|*`\"'() \t"


def find_seals(text):
    """Seals in any text, such as the log of a CI run, a mail, a comment: in one line, or as a whole note."""
    lines = re.split(r"\r\n|\n|\r", COLOURS.sub("", text))
    words = [(line.strip(QUOTES).split() or [""])[-1].strip(QUOTES) for line in lines]
    for at, line in enumerate(lines):
        for origin, size, root, rest in LINE_FORM.findall(line):
            size, root = size_of(size), root_of(root)
            if size is None or root is None or not is_key_name(origin):
                continue
            signatures = []
            for word in rest.split():
                name, colon, data = word.rpartition(":")
                signature = signature_of(name if colon else origin, data)
                if signature is None:
                    break
                signatures.append(signature)
            yield make_seal(origin, size, root, signatures), at + 1
        root = root_of(words[at]) if at >= 2 else None
        size = size_of(words[at - 1]) if root is not None else None
        if size is None or not is_key_name(words[at - 2]):
            continue
        signatures = []
        for below in range(at + 1, len(lines)):
            match = SIGNATURE_IN_TEXT.search(lines[below])
            signature = signature_of(*match.groups()) if match else None
            if signature is not None:
                signatures.append(signature)
            elif below > at + 1:  # the blank line may carry a prefix, or have been lost
                break
        yield make_seal(words[at - 2], size, root, signatures), at - 1


def family(origin):
    """Copied and restored stores carry a mark behind their name; those with one name descend from each other."""
    return re.sub(r"/[1-9][0-9]*-[0-9a-f]{8}\Z", "", origin)


# Signatures, by the openssl command -------------------------------------------------------------------------------

Key = namedtuple("Key", "name key_id kind public")
ED25519, COSIGNATURE, ML_DSA_44 = 0x01, 0x04, 0x06
# A seal whose signature is known to hold: shows that the openssl at hand can check one.
KNOWN_KEY = "eso.example/store-1+fe6252ef+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
KNOWN_SEAL = (
    "eso.example/store-1\n3\nFyoaYOFc6BQVuMMJX8uQEP7PPET/kPWuMmIab1sKOkU=\n\n\u2014 eso.example/store-1 "
    "/mJS78Iz2nOTJMLAoAG9e6cT+M0NGSBBuiHSdFcDwWNNFWtfrYN0DoWMYJUp0Y/PioPv28RAjpQGQsmH+p2mNUiToQI=\n"
)


def parse_key(text):
    """A C2SP vkey: name, id and key, of which only the first two `+` separate."""
    parts = text.strip().split("+", 2)
    data = unbase64(parts[2]) if len(parts) == 3 else None
    if data is None or len(data) < 2 or not is_key_name(parts[0]):
        raise Malformed("a key is name+id+base64, as `eso keys list` prints it: %s" % shown(text))
    if sha256(parts[0].encode() + b"\n" + data)[:4].hex() != parts[1]:
        raise Malformed("the id of this key is not that of its bytes: %s" % shown(text))
    if data[0] not in (ED25519, COSIGNATURE, ML_DSA_44) or len(data) != (1313 if data[0] == ML_DSA_44 else 33):
        raise Malformed("a key of a kind that is not known here: %s" % shown(text))
    return Key(parts[0], parts[1], data[0], data[1:])


class OpenSsl:
    """Answers whether an Ed25519 signature holds. Asks openssl once for each signature."""

    def __init__(self):
        self.answers = {}
        self.ready = None

    def holds(self, public, message, signature):
        question = (public, message, signature)
        if question not in self.answers:
            self.answers[question] = len(signature) == 64 and self._ask(*question)
        return self.answers[question]

    def test(self):
        """Raises CannotCheck unless openssl knows a true signature from a false one."""
        if self.ready is None:
            key, seal = parse_key(KNOWN_KEY), parse_seal(KNOWN_SEAL)
            message, signature = seal.text.encode(), seal.signatures[0].bytes
            self.ready = "no openssl command was found"
            if shutil.which("openssl"):
                true = self._ask(key.public, message, signature)
                false = self._ask(key.public, message + b"x", signature)
                self.ready = "" if true and not false else "this openssl cannot check Ed25519 (it takes 3.0 or newer)"
        if self.ready:
            raise CannotCheck(self.ready)

    def _ask(self, public, message, signature):
        with tempfile.TemporaryDirectory(prefix="eso-verify-") as folder:
            paths = {}
            spki = bytes.fromhex("302a300506032b6570032100") + public
            for name, data in (("key", spki), ("message", message), ("signature", signature)):
                paths[name] = os.path.join(folder, name)
                with open(paths[name], "wb") as file:
                    file.write(data)
            words = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths["key"]]
            words += ["-rawin", "-in", paths["message"], "-sigfile", paths["signature"]]
            run = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            return run.returncode == 0


OPENSSL = OpenSsl()


def signed_message(key, seal, signature):
    """What the key has signed, and the signature over it."""
    if key.kind == ED25519:
        return seal.text.encode(), signature.bytes
    time = int.from_bytes(signature.bytes[:8], "big")
    return ("cosignature/v1\ntime %d\n%s" % (time, seal.text)).encode(), signature.bytes[8:]


def check_signatures(seal, keys):
    """Whether a given key has signed this seal (None: it cannot be told), and what is wrong with its signatures."""
    problems, good, unknown = [], [], False
    for signature in seal.signatures:
        key = keys.get((signature.name, signature.key_id))
        if key is None:
            continue
        if key.kind == ML_DSA_44:
            unknown = True
            continue
        if OPENSSL.holds(key.public, *signed_message(key, seal, signature)):
            good.append(key)
        else:
            problems.append("the signature of %s+%s is false" % (key.name, key.key_id))
    ours = [key for key in good if family(key.name) == family(seal.origin)]
    if len(ours) < len(good):
        problems.append("a given key of another log has signed as %s" % seal.origin)
    if not good and not unknown:
        problems.append("no key that was given has signed it")
    return (None if unknown and not ours else bool(ours)) if not problems else False, problems


# Findings ---------------------------------------------------------------------------------------------------------


class Findings:
    def __init__(self):
        self.kept, self.count = [], 0

    def add(self, code, message, **where):
        self.count += 1
        if len(self.kept) < FINDINGS_KEPT:
            self.kept.append({"code": code, "message": message, **{k: v for k, v in where.items() if v is not None}})


# Lines and files --------------------------------------------------------------------------------------------------


def no_constant(name):
    raise ValueError("%s is no JSON" % name)


def parse_event(line):
    """The event in a line's bytes, or None when it is none."""
    try:
        event = json.loads(line.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError):
        return None
    if type(event) is not dict or type(event.get("metadata")) is not dict:
        return None
    texts = all(type(event.get(name)) is str for name in ("event_id", "event_type", "recorded_at", "prev_hash"))
    numbers = all(
        type(event.get(name)) is int and 1 <= event[name] <= SAFE_INT for name in ("event_sequence", "position")
    )
    return event if texts and numbers else None


MIDNIGHTS = {}


def milliseconds(recorded_at):
    """Since 1970; None for anything but a time in the form that stores write."""
    match = RECORDED_AT.match(recorded_at)
    if match is None:
        return None
    day, *rest = match.groups()
    hour, minute, second, milli = map(int, rest)
    if day not in MIDNIGHTS:
        try:
            MIDNIGHTS[day] = (datetime.date.fromisoformat(day) - datetime.date(1970, 1, 1)).days * 86_400_000
        except ValueError:
            MIDNIGHTS[day] = None
    midnight = MIDNIGHTS[day]
    if midnight is None or hour > 23 or minute > 59 or second > 59:
        return None
    return midnight + ((hour * 60 + minute) * 60 + second) * 1000 + milli


def kind_of(path):
    """`file`, `folder`, `other` for links and special files, or None."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"


def names_in(folder):
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def open_file(path):
    """Opens a regular file, never through a link."""
    file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(path)
    return file


def read_file(path):
    with open_file(path) as file:
        return file.read()


class Text:
    """The lines of a plain or compressed file, with the digest of all of it."""

    def __init__(self, path):
        self.path = path
        self.bytes, self.unfinished, self.endless, self.damage = 0, 0, False, None
        self.digest = hashlib.sha256()

    def lines(self):
        """Gives (line without LF, number from 1, offset in bytes)."""
        if self.path.endswith(".zst"):
            yield from self._unpacked()
            return
        with open_file(self.path) as file:
            # A file that is being written is read up to where it ends now.
            yield from self._split(file, os.fstat(file.fileno()).st_size)

    def _unpacked(self):
        if not shutil.which("zstd"):
            raise CannotCheck("archived files were not read: no zstd command was found")
        most = max(os.lstat(self.path).st_size, 1) * 4096  # what promises more is no log
        with open_file(self.path) as packed, tempfile.TemporaryFile() as errors:
            with subprocess.Popen(["zstd", "-dcq"], stdin=packed, stdout=subprocess.PIPE, stderr=errors) as zstd:
                yield from self._split(zstd.stdout, most)
                left = zstd.stdout.read(1)
                zstd.stdout.close()
                if left or self.endless:
                    zstd.kill()
                if zstd.wait() != 0 or left:
                    self.damage = "it cannot be unpacked"

    def _split(self, file, size):
        number = 0
        while self.bytes < size:
            line = file.readline(min(LINE_MAX + 2, size - self.bytes))
            if not line:
                return
            self.digest.update(line)
            offset = self.bytes
            self.bytes += len(line)
            if line.endswith(b"\n"):
                number += 1
                yield line[:-1], number, offset
            elif len(line) == LINE_MAX + 2:
                self.endless = True
                return
            else:
                self.unfinished = len(line)


Part = namedtuple("Part", "stream day path name kind other")  # kind: live, archive or pruned; other: a second copy


def find_parts(base, findings):
    """All files of events by stream, each stream's oldest first."""
    found = {}

    def look(stream, day, folder, kind="live", leaf="events.jsonl"):
        path = os.path.join(folder, leaf)
        here = kind_of(path)
        if here is None:
            return
        name = os.path.relpath(path, base)
        if here != "file":
            findings.add("unsafe-file", "a link or special file stands where the store keeps a file", file=name)
            return
        part = Part(stream, day, path, name, kind, None)
        days = found.setdefault(stream, {})
        days[day] = days[day]._replace(other=part) if day in days else part

    def folders(folder):
        for name in names_in(folder):
            kind = kind_of(os.path.join(folder, name))
            if kind == "other":
                where = os.path.relpath(os.path.join(folder, name), base)
                findings.add("unsafe-file", "a link or special file stands in the store", file=where)
            elif kind == "folder" and not name.startswith("."):
                yield name

    for day in filter(DAY.match, folders(base)):
        for stream in folders(os.path.join(base, day)):
            look(stream, day, os.path.join(base, day, stream))
    for day in filter(DAY.match, folders(os.path.join(base, "global"))):
        look("global", day, os.path.join(base, "global", day))
    look("global", None, os.path.join(base, "global"))  # the open day, whichever it is
    for day in filter(DAY.match, folders(os.path.join(base, "archive"))):
        for stream in folders(os.path.join(base, "archive", day)):
            look(stream, day, os.path.join(base, "archive", day, stream), "archive", "events.jsonl.zst")
    pruned = os.path.join(base, ".store", "pruned")
    for day in filter(DAY.match, folders(pruned)):
        for name in names_in(os.path.join(pruned, day)):
            if name.endswith(".leaves.zst"):
                look(name[: -len(".leaves.zst")], day, os.path.join(pruned, day), "pruned", name)
    return {stream: [days[day] for day in sorted(days, key=lambda d: d or "~")] for stream, days in found.items()}


# The journal ------------------------------------------------------------------------------------------------------

Journalled = namedtuple("Journalled", "sequence position file name offset length leaf")
HEADER = 128
NUMBER = re.compile(r"[0-9]{1,16}\Z")


class Journals:
    """What is acknowledged but perhaps not yet in its file: the whole frames of `.store/journal/*`.

    A journal begins with a line of 128 bytes, `J 1 number store frame position crc time own-crc`: which frame and
    position it goes on from, and that frame's CRC. A frame is a line of 128 bytes, `F frame first-position count
    bytes mode time previous-crc crc`, and as many bytes: for each event a line `stream offset length sequence flags
    id-hash key-hash` and the event's own line. The CRC-32 covers the header's words before it and all bytes.
    """

    def __init__(self, base):
        self.folder = os.path.join(base, ".store", "journal")
        self.by_stream, self.last, self.files, self.damaged = {}, 0, [], []
        flushed = flushed_mark(base)
        for name in filter(re.compile(r"\d{8}\Z").match, names_in(self.folder)):
            try:
                file = open_file(os.path.join(self.folder, name))
            except OSError:
                continue  # brought to its files meanwhile
            self.files.append(file)  # stays readable when the store lets go of it
            end = self._read(file, os.path.join(".store", "journal", name))
            # Behind its whole frames a journal may hold what a crash has torn, but not where it had been flushed.
            if flushed is not None and flushed[0] == name and end < flushed[1]:
                self.damaged.append((os.path.join(".store", "journal", name), end))

    def close(self):
        for file in self.files:
            file.close()

    def _read(self, file, name):
        start = file.read(HEADER).decode("latin-1").rstrip().split(" ")
        frame = crc = None
        own = str(zlib.crc32(" ".join(start[:8]).encode("latin-1")))
        if len(start) == 9 and start[0] == "J" and all(map(NUMBER.match, start[4:7])) and start[8] == own:
            frame, crc = int(start[4]), int(start[6])
            self.last = max(self.last, int(start[5]))
        at = HEADER
        while True:
            words, body = self._frame(file, at)
            if words is None or (frame is not None and (words[0] != frame + 1 or words[5] != crc)):
                return at
            frame, first, count, size, _, _, crc = words
            try:
                self._events(body, Journalled(0, first, file, name, at + HEADER, 0, b""), count)
            except ValueError:
                self.damaged.append((name, at))
                return at
            self.last = max(self.last, first + count - 1)
            at += HEADER + size

    @staticmethod
    def _frame(file, at):
        file.seek(at)
        header = file.read(HEADER)
        words = header.decode("latin-1").rstrip().split(" ")
        if len(words) != 9 or words[0] != "F" or not all(map(NUMBER.match, words[1:5] + words[6:])):
            return None, b""
        if at + HEADER + int(words[4]) > os.fstat(file.fileno()).st_size:
            return None, b""
        body = file.read(int(words[4]))
        crc = zlib.crc32(body, zlib.crc32(" ".join(words[:8]).encode("latin-1")))
        if len(body) != int(words[4]) or crc != int(words[8]):
            return None, b""
        # frame, first position, count, bytes, time, CRC of the frame before, own CRC
        return [int(word) for word in words[1:5] + words[6:8]] + [crc], body

    def _events(self, body, base, count):
        at = 0
        for index in range(count):
            end = body.index(b"\n", at)
            stream, _, length, sequence = body[at:end].decode("utf-8").split(" ")[:4]
            if not NUMBER.match(length) or int(length) > LINE_MAX or not NUMBER.match(sequence):
                raise ValueError("no event stands there")
            line = body[end + 1 : end + 1 + int(length)]
            self.by_stream.setdefault(stream, []).append(
                base._replace(
                    sequence=int(sequence),
                    position=base.position + index,
                    offset=base.offset + end + 1,
                    length=int(length),
                    leaf=leaf_hash(line),
                )
            )
            at = end + 2 + int(length)

    @staticmethod
    def line(journalled):
        journalled.file.seek(journalled.offset)
        return journalled.file.read(journalled.length)


def flushed_mark(base):
    """(journal, offset) up to which the store has said that a journal is on disk."""
    try:
        mark = read_file(os.path.join(base, ".store", "head"))[128:148]
    except OSError:
        return None
    if len(mark) < 20 or struct.unpack_from("<I", mark, 16)[0] != zlib.crc32(mark[:16]):
        return None
    return "%08d" % struct.unpack_from("<I", mark)[0], struct.unpack_from("<d", mark, 4)[0]


def applied_mark(base):
    """(journal, offset) up to which the store says that lines are in their files, if it said so since this machine
    started: after a loss of power, files may lack them, and the next open brings them back from the journal."""
    try:
        head = read_file(os.path.join(base, ".store", "head"))[:80]
        boot = zlib.crc32(read_file("/proc/sys/kernel/random/boot_id"))
    except OSError:
        return None
    if len(head) < 80 or struct.unpack_from("<I", head)[0] != 0x45534F48:
        return None
    if struct.unpack_from("<I", head, 76)[0] != zlib.crc32(head[:76]):
        return None
    if struct.unpack_from("<I", head, 48)[0] != boot or struct.unpack_from("<I", head, 64)[0] != 0:
        return None
    name = os.path.join(".store", "journal", "%08d" % struct.unpack_from("<I", head, 4)[0])
    return name, struct.unpack_from("<d", head, 24)[0]


# What all lines together must be ----------------------------------------------------------------------------------

BLOCK = 65_536


class Tally:
    """Leaf hashes and times by position, and the ids: 60 bytes for each event."""

    def __init__(self, findings):
        self.findings = findings
        self.blocks = {}  # number -> (seen, leaf hashes, times)
        self.ids = [array("q") for _ in range(256)]
        self.events = self.bytes = self.files = self.greatest = 0
        self.unfinished = []

    def note(self, event, leaf, where):
        position = event["position"]
        if position > POSITION_MAX:
            self.findings.add("position", "no store has a position %d" % position, **where)
            return
        self.events += 1
        mark = hash(event["event_id"])
        self.ids[mark & 255].append(mark)
        number, at = divmod(position - 1, BLOCK)
        if number not in self.blocks:
            self.blocks[number] = (bytearray(BLOCK), bytearray(BLOCK * 32), array("q", bytes(BLOCK * 8)))
        seen, leaves, times = self.blocks[number]
        if seen[at]:
            self.findings.add("duplicate", "position %d is taken by another event" % position, **where)
            return
        seen[at] = 1
        leaves[at * 32 : at * 32 + 32] = leaf
        self.greatest = max(self.greatest, position)
        time = milliseconds(event["recorded_at"])
        if time is None:
            said = "recorded_at is not a time as stores write it: %s" % shown(event["recorded_at"])
            self.findings.add("time", said, **where)
        else:
            times[at] = time

    def leaf(self, position):
        number, at = divmod(position - 1, BLOCK)
        block = self.blocks.get(number)
        return bytes(block[1][at * 32 : at * 32 + 32]) if block and position > 0 and block[0][at] else None

    def gaps(self, last):
        """Ranges of positions up to `last` that no event has."""
        at = 1
        while at <= last:
            number, inside = divmod(at - 1, BLOCK)
            block = self.blocks.get(number)
            free = inside if block is None else block[0].find(0, inside)
            if free < 0:
                at = (number + 1) * BLOCK + 1
                continue
            first = at = number * BLOCK + free + 1
            if first > last:
                return
            while at <= last:  # up to the next one that is taken
                number, inside = divmod(at - 1, BLOCK)
                block = self.blocks.get(number)
                taken = -1 if block is None else block[0].find(1, inside)
                at = (number + 1) * BLOCK + 1 if taken < 0 else number * BLOCK + taken + 1
                if taken >= 0:
                    break
            yield first, min(at - 1, last)

    def check_times(self, last):
        latest = 0
        for number in sorted(self.blocks):
            seen, _, times = self.blocks[number]
            for at in range(max(0, min(BLOCK, last - number * BLOCK))):
                time = times[at]
                if time and time < latest:
                    position = number * BLOCK + at + 1
                    said = "recorded %.3f s before the events that it follows" % ((latest - time) / 1000)
                    self.findings.add("time", said, position=position)
                latest = max(latest, time)

    def shared_marks(self):
        shared = set()
        for marks in self.ids:
            ordered = sorted(marks)
            shared.update(one for one, other in zip(ordered, ordered[1:]) if one == other)
        return shared


class StreamCheck:
    """One stream, from its first line on."""

    def __init__(self, stream, genesis, store):
        self.stream, self.store = stream, store
        self.leaf = genesis  # of the line before; None when it is not known
        self.sequence = 0 if genesis is not None else None
        self.position = 0
        self.before = ""
        self.broken = False  # behind a line that cannot be read nothing can be chained
        self.summaries = hashlib.sha256()  # of the summaries in the file that is read now

    def add(self, code, message, **where):
        self.store.findings.add(code, message, stream=self.stream, **where)

    def take(self, text, day, **where):
        """A line, and where it stands."""
        event = parse_event(text)
        if event is None:
            self.add("not-a-line", "the line is not an event", **where)
            self.broken = True
            return
        leaf = leaf_hash(text)
        where.update(sequence=event["event_sequence"], position=event["position"], event_id=event["event_id"])
        issue = event.get("issue_key")
        if (issue if issue is not None else "global") != self.stream:
            self.add("wrong-stream", "the line belongs to %s" % shown(str(issue)), **where)
        if day is not None and event["recorded_at"][:10] != day:
            self.add("wrong-day", "recorded at %s, but it lies under %s" % (shown(event["recorded_at"]), day), **where)
        if not self.broken and self.leaf is not None and event["prev_hash"] != self.leaf.hex():
            first = "it does not begin this stream of this store"
            other = "one of the two is not what was recorded; the other one: %s" % self.before
            self.add("chain", "not chained to the line before: %s" % (other if self.before else first), **where)
        if event["event_type"] in SUMMARIES:
            self.summaries.update(text + b"\n")
        self.place(event, leaf, **where)
        self.store.seen(event, self.stream, where.get("file"))

    def stand_in(self, event, leaf, **where):
        """A pruned line: its text is gone, its hash and place are known."""
        where.update(sequence=event["event_sequence"], position=event["position"], event_id=event["event_id"])
        self.place(event, leaf, **where)

    def place(self, event, leaf, **where):
        sequence, position = event["event_sequence"], event["position"]
        expected = sequence if self.sequence is None else self.sequence + 1
        if sequence != expected and not self.broken:
            missing = "events %d to %d are missing before it" % (expected, sequence - 1)
            belongs = missing if sequence > expected else "event %d belongs here" % expected
            self.add("sequence", "the line is event %d: %s" % (sequence, belongs), **where)
        if position <= self.position:
            self.add("position", "position %d does not follow %d" % (position, self.position), **where)
        self.store.tally.note(event, leaf, {"stream": self.stream, **where})
        self.leaf, self.sequence, self.position, self.broken = leaf, sequence, position, False
        self.before = "%s, line %s" % (where.get("file"), where.get("line", "?"))

    def unknown(self):
        """Lines that could not be read stand between."""
        self.leaf, self.sequence = None, None


# A store ----------------------------------------------------------------------------------------------------------


class Store:
    def __init__(self, base, options):
        self.base, self.options = base, options
        self.findings = Findings()
        self.tally = Tally(self.findings)
        self.unchecked = []  # what was asked for, or is needed, and cannot be checked
        self.notes = []  # what is not proven besides
        self.blobs, self.moves, self.pruned, self.summaries = set(), {}, [], {}
        self.identity()

    def identity(self):
        path = os.path.join(self.base, ".store", "store.json")
        try:
            said = json.loads(read_file(path).decode("utf-8", "replace"))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound("%s is not a store: it has no .store/store.json" % self.base) from None
        except ValueError:
            said = None
        if type(said) is not dict or type(said.get("store_id")) is not str:
            raise Malformed("%s does not say which store this is" % path)
        self.store_id = said["store_id"]
        self.origin = said["origin"] if type(said.get("origin")) is str else self.store_id

    def path(self, name):
        return os.path.join(self.base, *name.split("/"))

    def check(self):
        # In this order: whatever is sealed, applied or journalled by now must be found in what is read after it.
        kept = self.stored_seals()
        applied = applied_mark(self.base)
        journals = Journals(self.base)
        try:
            self.read(journals, applied)
            again = Journals(self.base)
            again.close()
            quiet = again.last == journals.last
            # While others write, files gain lines behind the check; once nobody does, every position has its event.
            self.last = max(journals.last, self.tally.greatest) if quiet else journals.last
            self.totals(journals)
        finally:
            journals.close()
        self.seals(kept)
        return self.report()

    def read(self, journals, applied):
        self.parts = find_parts(self.base, self.findings)
        self.closed = self.closed_days()
        self.streams = sorted(set(self.parts) | set(journals.by_stream))
        for stream in self.streams:
            name = "eso-stream-genesis/v1\n%s\n%s\n" % (self.store_id, stream)
            genesis = sha256(name.encode("utf-8", "surrogatepass"))
            check = StreamCheck(stream, genesis, self)
            for part in self.parts.get(stream, []):
                self.read_part(part, check)
            for held in journals.by_stream.get(stream, []):
                if check.sequence is not None and held.sequence <= check.sequence:
                    continue
                where = {"file": held.name, "offset": held.offset}
                check.take(journals.line(held), None, **where)
                if applied is not None and (held.name, held.offset) < applied:
                    check.add("journal", "the file has lost this line; the journal still holds it", **where)
        self.check_closed()
        self.check_moves()

    def read_part(self, part, check):
        if part.kind == "pruned":
            self.read_pruned(part, check)
            return
        text, check.summaries = Text(part.path), hashlib.sha256()
        try:
            for line, number, offset in text.lines():
                check.take(line, part.day, file=part.name, line=number, offset=offset)
        except FileNotFoundError:
            raise Moved("%s was moved while it was read; try again" % part.name) from None
        except CannotCheck as problem:
            self.cannot(str(problem))
            check.unknown()
            return
        self.tally.files += 1
        self.tally.bytes += text.bytes - text.unfinished
        self.digested(part, text, check)

    def digested(self, part, text, check):
        if text.endless:
            check.add("not-a-line", "a line is longer than any line may be", file=part.name)
        if text.damage:
            check.add("archive", text.damage, file=part.name)
        if text.unfinished and part.kind == "archive":
            check.add("archive", "its text does not end with a whole line", file=part.name)
        elif text.unfinished:
            start = text.bytes - text.unfinished
            self.tally.unfinished.append({"file": part.name, "offset": start, "bytes": text.unfinished})
        live = part.name if part.kind == "live" else live_name(part)
        self.summaries[live] = check.summaries.digest()
        if live in self.closed:
            self.closed[live]["now"] = (text.bytes, text.digest.hexdigest())
        if part.kind == "live" and part.other is not None and part.other.kind == "archive":
            copy = Text(part.other.path)
            try:
                for _ in copy.lines():
                    pass
            except (FileNotFoundError, CannotCheck):
                return
            if copy.damage or copy.digest.digest() != text.digest.digest():
                check.add("archive", "the archived copy is not the same as the file", file=part.other.name)

    def read_pruned(self, part, check):
        """Lines that are gone on purpose: their hashes are kept, and an event must say so (see check_moves)."""
        text, header, tree, damaged = Text(part.path), None, Tree(), False
        first = last = None
        size = 0
        try:
            for line, number, offset in text.lines():
                try:
                    kept = json.loads(line.decode("utf-8"))
                    if header is None:
                        header = dict(kept)
                        continue
                    leaf = bytes.fromhex(kept["leaf"])
                    event = {**kept, "event_sequence": kept["sequence"]}
                    where = {"file": part.name, "line": number, "offset": offset}
                    whole = json.dumps({**event, "prev_hash": "", "metadata": {}}).encode()
                    if len(leaf) != 32 or parse_event(whole) is None:
                        raise ValueError
                    size += kept["bytes"] + 1
                except (ValueError, TypeError, KeyError):
                    damaged = True
                    break
                tree.add(leaf)
                first, last = first or event["event_sequence"], event["event_sequence"]
                check.stand_in(event, leaf, **where)
                self.tally.events -= 1  # known, but not there
                if event["event_type"] == "StorePruned":
                    self.moves.setdefault(None, []).append((check.stream, last))
        except FileNotFoundError:
            raise Moved("%s was moved while it was read; try again" % part.name) from None
        except CannotCheck as problem:
            self.cannot(str(problem))
            check.unknown()
            return
        header = header or {}
        said = [header.get(name) for name in ("schema", "store_id", "stream", "day", "file")]
        if damaged or text.damage or said != ["eso.pruned/1", self.store_id, part.stream, part.day, live_name(part)]:
            check.add("archive", "it does not say what was pruned", file=part.name)
            return
        root = tree.root().hex()
        if [header.get(n) for n in PRUNED_FACTS] != [first, last, root, size]:
            check.add("archive", "its hashes are not those that its first line speaks of", file=part.name)
        if live_name(part) in self.closed:
            self.closed[live_name(part)]["now"] = (header.get("bytes"), header.get("sha256"))
        facts = {"file": live_name(part), "stream": part.stream, "first_sequence": first, "last_sequence": last}
        self.pruned.append({**facts, "events": tree.size, "root": root, "digest": text.digest.hexdigest()})

    def check_moves(self):
        """Archived and pruned files must be those that the newest record of the file speaks of."""
        for parts in self.parts.values():
            for part in parts:
                move = self.moves.get(live_name(part), {})
                if part.kind != "archive" or move.get("event_type") != "StoreArchived":
                    continue
                digest = hashlib.sha256(read_file(part.path)).hexdigest()
                if move["metadata"].get("archive_sha256") not in (None, digest):
                    said = "the compressed file is not the one that was recorded when it was archived"
                    self.findings.add("archive", said, file=part.name, stream=part.stream)
        for gone in self.pruned:
            move = self.moves.get(gone["file"], {})
            where = {"file": gone["file"], "stream": gone["stream"], "sequence": gone["first_sequence"]}
            if move.get("event_type") != "StorePruned":
                lost = any(s == gone["stream"] and q > gone["last_sequence"] for s, q in self.moves.get(None, []))
                if lost:
                    self.notes.append("who pruned %s: the record of it was pruned itself" % gone["file"])
                else:
                    self.findings.add("missing", "the lines are gone, and no event says that they were pruned", **where)
                continue
            said = move["metadata"]
            range_said = [said.get(name) for name in ("first_sequence", "last_sequence", "range_root")]
            if range_said != [gone["first_sequence"], gone["last_sequence"], gone["root"]]:
                self.findings.add("archive", "other lines are gone than the record of pruning says", **where)
            elif said.get("leaves_sha256") != gone["digest"]:
                self.findings.add("archive", "the kept hashes are not those that were recorded", **where)
            gone.update(recorded_at=move["recorded_at"], recorded_as=move["event_id"])

    def seen(self, event, stream, file):
        metadata = event["metadata"]
        for value in metadata.values():
            if type(value) is dict and type(value.get("$blob")) is str and value["$blob"] not in self.blobs:
                self.blobs.add(value["$blob"])
                self.check_blob(value["$blob"], stream=stream, file=file, event_id=event["event_id"])
        if event["event_type"] in ("StoreArchived", "StoreArchiveRestored", "StorePruned"):
            if type(metadata.get("file")) is str:
                self.moves[metadata["file"]] = event
        if self.options.progress and self.tally.events % 50_000 == 0:
            sys.stderr.write("\r%d events read" % self.tally.events)

    def check_blob(self, name, **where):
        if not SHA256_HEX.match(name) or kind_of(self.path(".store/blobs/" + name)) != "file":
            self.findings.add("attachment", "attachment %s has gone" % shown(name), **where)
            return
        if digest_of(self.path(".store/blobs/" + name))[1] != name:
            self.findings.add("attachment", "attachment %s is not what was attached" % name, **where)

    def closed_days(self):
        """By file: size and digest at the end of its day."""
        files = {}
        folder = self.path(".store/closed")
        for name in names_in(folder):
            if not name.endswith(".json"):
                continue
            try:
                record = json.loads(read_file(os.path.join(folder, name)).decode("utf-8", "replace"))
                for one in record.get("files", []):
                    file = one.get("file")
                    if type(file) is str and ".." not in file.split("/"):
                        files[file] = {"then": (one.get("bytes"), one.get("sha256")), "now": None}
            except (ValueError, TypeError, AttributeError):
                self.notes.append("the digests of a closed day: .store/closed/%s cannot be read" % shown(name))
        return files

    def check_closed(self):
        for file, record in self.closed.items():
            if record["now"] == record["then"] or self.unchecked:
                continue
            path = self.path(file)
            if record["now"] is None and kind_of(path) == "file":
                record["now"] = digest_of(path)  # closed while it was being read
            if record["now"] is None:
                self.findings.add("missing", "a file of a closed day has gone", file=file)
            elif record["now"] != record["then"]:
                said = "a file of a closed day is not what it was when the day was closed"
                self.findings.add("closed-file", said, file=file)

    def totals(self, journals):
        for file, offset in journals.damaged:
            said = "a frame is damaged that was whole once; the frames behind it cannot be read"
            self.findings.add("journal", said, file=file, offset=offset)
        self.first_gap = None
        for first, last in self.tally.gaps(self.last):
            self.first_gap = self.first_gap or first
            if self.unchecked:
                break  # they may lie in an archive that could not be read
            have = "position %d has" % first if first == last else "positions %d to %d have" % (first, last)
            said = "%s no event: %d of the record are missing" % (have, last - first + 1)
            self.findings.add("missing", said, position=first)
        self.tally.check_times(min(self.last, self.tally.greatest))
        for stream, lines in journals.by_stream.items():
            for held in lines:
                found = self.tally.leaf(held.position)
                if found is not None and found != held.leaf:
                    said = "the line in the file is not the one that the journal holds"
                    self.findings.add("journal", said, stream=stream, position=held.position)
        self.check_summaries()
        shared = self.tally.shared_marks()
        if shared:
            self.check_ids(shared, journals)

    def all_lines(self):
        for stream, parts in self.parts.items():
            for part in parts:
                if part.kind == "pruned":
                    continue
                try:
                    for line, number, offset in Text(part.path).lines():
                        yield line, {"stream": stream, "file": part.name, "line": number, "offset": offset}
                except FileNotFoundError:
                    raise Moved("%s was moved while it was read; try again" % part.name) from None
                except CannotCheck:
                    continue

    def check_ids(self, shared, journals):
        met = {}
        lines = list(self.all_lines_with(shared))
        known = {(event["event_sequence"], where["stream"]) for event, where in lines}
        for stream, held_lines in journals.by_stream.items():
            for held in held_lines:
                event = parse_event(journals.line(held))
                if event is None or (event["event_sequence"], stream) in known or hash(event["event_id"]) not in shared:
                    continue
                known.add((event["event_sequence"], stream))
                lines.append((event, {"stream": stream, "file": held.name, "offset": held.offset}))
        for event, where in lines:
            if event["event_id"] in met:
                self.findings.add("duplicate", "the event_id was given before", event_id=event["event_id"], **where)
            met[event["event_id"]] = True

    def all_lines_with(self, marks):
        for line, where in self.all_lines():
            event = parse_event(line)
            if event is not None and hash(event["event_id"]) in marks:
                yield event, where

    def check_summaries(self):
        """What archiving leaves behind for quick reading are copies of lines of the record."""
        for stream, parts in self.parts.items():
            for part in parts:
                name = live_name(part).replace("events.jsonl", "summaries.jsonl")
                if part.day is None or kind_of(self.path(name)) != "file":
                    continue
                kept, count = Text(self.path(name)), self.findings.count
                for line, number, offset in kept.lines():
                    event = parse_event(line)
                    if event is None or event["event_type"] not in SUMMARIES:
                        said = "the line is no summary"
                    elif event["position"] <= self.last and self.tally.leaf(event["position"]) != leaf_hash(line):
                        said = "the line is not a copy of one of the record"
                    else:
                        continue
                    if not self.unchecked:
                        self.findings.add("summary", said, stream=stream, file=name, line=number, offset=offset)
                whole = self.summaries.get(live_name(part), kept.digest.digest())
                if kept.digest.digest() != whole and self.findings.count == count:
                    self.findings.add("summary", "they are not all summaries of that day", stream=stream, file=name)

    # Seals

    def stored_seals(self):
        seals = []
        folder = self.path(".store/seals")
        for name in names_in(folder):
            if not re.match(r"\d{4}-\d{2}-\d{2}\.txt\Z", name):
                continue
            file = ".store/seals/" + name
            text = read_file(os.path.join(folder, name)).decode("utf-8", "replace")
            read, strange = parse_seal_file(text, self.origin)
            seals += [Placed(seal, file, line) for seal, line in read]
            # Of a line that stands alone nothing follows; several were a seal once.
            for line in strange[:-1]:
                self.findings.add("seal", "the line belongs to no seal", file=file, line=line)
        newest = ".store/tree/checkpoint"
        if kind_of(self.path(newest)) == "file":
            try:
                seal = parse_seal(read_file(self.path(newest)).decode("utf-8"))
                if all(other.seal.text != seal.text for other in seals):
                    seals.append(Placed(seal, newest, 1))
            except (Malformed, UnicodeDecodeError) as problem:
                self.findings.add("seal", "the newest seal cannot be read: %s" % problem, file=newest, line=1)
        return sorted(seals, key=lambda placed: placed.seal.size)

    def seals(self, kept):
        ours = family(self.origin)
        for seal, file, line in kept:
            if family(seal.origin) != ours:
                self.findings.add("seal", "the seal is of another log, %s" % shown(seal.origin), file=file, line=line)
        own = [(placed, False) for placed in kept] + [(placed, True) for placed in self.options.anchors]
        own = sorted((one for one in own if family(one[0].seal.origin) == ours), key=lambda one: one[0].seal.size)
        self.newest = kept[-1].seal.size if kept else None
        self.compared, good, broken = len(own), [], []
        self.compared_outside = sum(outside for _, outside in own)
        tree = Tree()
        for placed, outside in own:
            seal, file, line = placed
            if seal.size > self.last:
                whose = "the anchor" if outside else "this seal"
                said = (
                    "%s covers %d events, but the store holds %d: the events from %d on were removed, or an older "
                    "copy was put in the store's place" % (whose, seal.size, self.last, self.last + 1)
                )
                self.findings.add("rolled-back", said, file=file, line=line)
                continue
            whole = self.first_gap is None or seal.size < self.first_gap
            if not whole and self.unchecked:
                continue  # its lines lie in an archive that could not be read
            while whole and tree.size < seal.size:
                tree.add(self.tally.leaf(tree.size + 1))
            if whole and tree.root() == seal.root:
                good.append((placed, outside))
                continue
            broken.append(placed)
            if len(broken) == 1 or outside:  # every later one breaks with the first
                code, done = ("fork", "anchored") if outside else ("seal", "sealed")
                said = "events 1 to %d are not those that were %s" % (seal.size, done)
                self.findings.add(code, said, file=file, line=line)
        self.sealed_to = max([placed.seal.size for placed, _ in good], default=0)
        self.anchored_to = max([placed.seal.size for placed, outside in good if outside], default=0)
        self.signed_to = self.signatures([placed for placed, _ in good])
        if broken:
            self.name_changed(broken[0].seal)

    def signatures(self, seals):
        keys = self.options.keys
        if not keys:
            return 0
        try:
            OPENSSL.test()
        except CannotCheck as problem:
            self.cannot("signatures were not checked: %s" % problem)
            return 0
        signed, size = [placed for placed in seals if placed.seal.signatures], 0
        with concurrent.futures.ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            for placed, (holds, problems) in zip(signed, pool.map(lambda p: check_signatures(p.seal, keys), signed)):
                for problem in problems:
                    self.findings.add("signature", problem, file=placed.file, line=placed.line)
                if holds:
                    size = max(size, placed.seal.size)
        return size

    def name_changed(self, seal):
        """Names the lines whose hash is not in the tree's tiles, if the tiles are those that were sealed."""
        leaves, tree = [], Tree()
        for index in range(0, (seal.size + 255) // 256):
            width = min(256, seal.size - index * 256)
            tile = self.tile(index, width)
            if tile is None:
                return
            leaves += [tile[at * 32 : at * 32 + 32] for at in range(width)]
        for leaf in leaves:
            tree.add(leaf)
        if tree.root() != seal.root:
            return
        wanted = {at + 1 for at, leaf in enumerate(leaves) if self.tally.leaf(at + 1) != leaf}
        for line, where in self.all_lines():
            event = parse_event(line)
            if event is None or event["position"] not in wanted:
                continue
            wanted.discard(event["position"])
            more = {"sequence": event["event_sequence"], "position": event["position"], "event_id": event["event_id"]}
            self.findings.add("leaf", "the line is not the one that was sealed", **where, **more)

    def tile(self, index, width):
        """The first `width` hashes of a C2SP tile of leaves: the full tile, or the widest partial one."""
        digits = str(index)
        digits = digits.zfill((len(digits) + 2) // 3 * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = ".store/tree/tile/0/" + "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
        for path in [self.path(name)] + [self.path("%s.p/%d" % (name, wide)) for wide in range(255, width - 1, -1)]:
            if kind_of(path) == "file":
                data = read_file(path)
                return data if len(data) >= width * 32 else None
        return None

    # The report

    def cannot(self, what):
        if what not in self.unchecked:
            self.unchecked.append(what)

    def report(self):
        options, last, tally = self.options, self.last, self.tally
        if options.anchors_asked and self.compared_outside == 0:
            self.cannot("no anchor that was given is of this store")
        if (options.keys or options.require_signature) and self.signed_to == 0:
            self.cannot("no seal carries a signature of a key that was given")
        violated = self.findings.count > 0
        proven, missing = [], list(self.unchecked)
        if last == 0:
            proven.append("the store holds no events")
        else:
            proven.append("every line is chained to the one before it in its stream, and no position is missing")
            for size, what in (
                (self.sealed_to, "those under the store's own seals"),
                (self.signed_to, "those that were signed"),
                (self.anchored_to, "those that were anchored outside the store"),
            ):
                if size:
                    proven.append("events 1 to %d are %s" % (size, what))
            missing += self.limits(last)
        for gone in self.pruned:
            proven.append("events %(first_sequence)s to %(last_sequence)s of %(stream)s were pruned, recorded" % gone)
            missing.append("what the %(events)d pruned events of %(file)s said: their hashes are kept" % gone)
        return {
            "schema": "eso.verify/1",
            "verifier": "eso_verify.py",
            "target": "store",
            "path": self.base,
            "verdict": "violated" if violated else "unverifiable" if self.unchecked else "intact",
            "store_id": self.store_id,
            "origin": self.origin,
            "events": tally.events,
            "streams": len(self.streams),
            "files": tally.files,
            "bytes": tally.bytes,
            "last_position": last,
            "seals": {
                "compared": self.compared,
                "sealed_to": self.sealed_to,
                "signed_to": self.signed_to,
                "anchored_to": self.anchored_to,
                "newest_seal": self.newest,
            },
            "findings": self.findings.kept,
            "findings_total": self.findings.count,
            "unfinished": tally.unfinished,
            "proven": [] if violated or (self.unchecked and self.first_gap) else proven,
            "not_proven": missing + self.notes,
        }

    def limits(self, last):
        def after(size):
            return "nothing" if size == 0 else "nothing after position %d" % size

        if self.sealed_to < last:
            yield "%s is sealed" % after(self.sealed_to)
        if not self.options.keys:
            yield "no signature was checked: no key was given (--key)"
        elif self.signed_to < last:
            yield "%s is signed by a key that was given" % after(self.signed_to)
        if self.anchored_to < last:
            whoever = "whoever can write to this folder could have replaced it as a whole"
            yield "%s is anchored: %s" % (after(self.anchored_to), whoever)


def live_name(part):
    """Where a part lies, or lay before it was archived or pruned, relative to the store."""
    if part.day is None:
        return "global/events.jsonl"
    return "/".join(["global", part.day] if part.stream == "global" else [part.day, part.stream]) + "/events.jsonl"


def digest_of(path):
    digest, size = hashlib.sha256(), 0
    with open_file(path) as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def check_store(base, options):
    for attempt in range(TRIES):
        before = [sorted(names_of_parts(base))]
        try:
            report = Store(base, options).check()
            if report["verdict"] != "violated" or sorted(names_of_parts(base)) == before[0]:
                return report
        except Moved:
            if attempt == TRIES - 1:
                raise
    return report


def names_of_parts(base):
    """Which files there are, and which file each name is: both change when a store is tidied up."""
    for parts in find_parts(base, Findings()).values():
        for part in parts:
            try:
                yield part.name, os.lstat(part.path).st_ino
            except FileNotFoundError:
                yield part.name, 0


# A file on its own, and a proof -----------------------------------------------------------------------------------


def single(path, verdict, findings, **more):
    facts = {"schema": "eso.verify/1", "verifier": "eso_verify.py", "target": path, "path": path, "verdict": verdict}
    facts.update(streams=1, files=1, findings=findings.kept, findings_total=findings.count, **more)
    return facts


class Alone:
    """Stands in for a store when one file is checked by itself."""

    def __init__(self):
        self.findings = Findings()
        self.tally = Tally(self.findings)

    def seen(self, event, stream, file):
        pass


def check_file(path, _options):
    alone, text, check = Alone(), Text(path), None
    try:
        for line, number, offset in text.lines():
            if check is None:
                event = parse_event(line) or {}
                check = StreamCheck(str(event.get("issue_key") or "global"), None, alone)
            check.take(line, None, file=os.path.basename(path), line=number, offset=offset)
    except CannotCheck as problem:
        return single(path, "unverifiable", Findings(), events=0, proven=[], not_proven=[str(problem)])
    if text.damage or text.endless:
        alone.findings.add("archive", text.damage or "a line is longer than any line may be", file=path)
    count = alone.findings.count
    return single(
        path,
        "violated" if count else "intact",
        alone.findings,
        events=alone.tally.events,
        bytes=text.bytes - text.unfinished,
        last_position=check.position if check else 0,
        proven=[] if count else ["every line is chained to the one before it in this file"],
        not_proven=[
            "which store the file is of, and what stood before its first line and after its last",
            "that nobody has written all of it anew: that takes a seal",
        ],
    )


def parse_proof(text):
    """C2SP tlog-proof: header, extra data perhaps, index, hashes, an empty line, a seal. (index, path, seal, extra)"""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Malformed("it does not begin with c2sp.org/tlog-proof@v1")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = unbase64(lines.pop(0)[6:])
        if extra is None:
            raise Malformed("its extra data is not base64")
    index = size_of(lines[0][6:]) if lines and lines[0].startswith("index ") else None
    path = [root_of(line) for line in lines[1:]]
    if index is None or None in path or len(path) > 63:
        raise Malformed("index or path are none")
    return index, path, parse_seal(note), extra


def check_proof(path, options):
    findings = Findings()
    try:
        index, steps, seal, extra = parse_proof(read_file(path).decode("utf-8"))
    except (Malformed, UnicodeDecodeError) as problem:
        raise Malformed("%s is no .tlog-proof file: %s" % (path, problem)) from None
    line = options.line if options.line is not None else extra
    line = None if line is None else re.sub(rb"\r?\n\Z", b"", line)
    if line is not None and not inclusion_holds(leaf_hash(line), index, seal.size, steps, seal.root):
        findings.add("leaf", "the line is not the one that this proof is for", position=index + 1)
    signed, cannot = False, []
    if options.keys:
        try:
            OPENSSL.test()
            signed, problems = check_signatures(seal, options.keys)
            for problem in problems:
                findings.add("signature", problem)
        except CannotCheck as problem:
            cannot.append("signatures were not checked: %s" % problem)
    if line is None:
        cannot.append("anything: the line was not given (--line FILE)")
    if not signed:
        wanted = options.keys or options.require_signature
        (cannot if wanted else options.notes).append("who made the seal: no key was given that has signed it (--key)")
    proven = []
    if line is not None and not findings.count:
        proven.append("the line is event %d of %d under a seal of %s" % (index + 1, seal.size, seal.origin))
        if signed:
            proven.append("that seal is signed by a key that was given")
    verdict = "violated" if findings.count else "unverifiable" if cannot else "intact"
    notes, options.notes = cannot + options.notes, []
    more = {"origin": seal.origin, "events": 1, "bytes": len(line or b""), "last_position": index + 1}
    return single(path, verdict, findings, **more, proven=proven, not_proven=notes)


# The command ------------------------------------------------------------------------------------------------------


def shown(text):
    """Text out of the record may hold anything: control, escape and bidi characters are shown, not obeyed."""
    return "".join(c if c.isprintable() else "\\u{%x}" % ord(c) for c in text)


def counted(number, word):
    return "%s %s%s" % (format(number, ","), word, "" if number == 1 else "s")


def print_report(report):
    word = {"intact": "intact", "violated": "VIOLATED", "unverifiable": "cannot be verified"}[report["verdict"]]
    amount = "%s in %s" % (counted(report["events"], "event"), counted(report["streams"], "stream"))
    print("%s  %s: %s" % (word, shown(report["path"]), amount))
    for finding in report["findings"][:20]:
        print("  %s  %s" % (finding["code"], shown(finding["message"])))
        places = ("file", "line", "offset", "stream", "sequence", "position", "event_id")
        where = ["%s %s" % (name, finding[name]) for name in places if name in finding]
        if where:
            print("      " + shown(", ".join(where)))
    if report["findings_total"] > 20:
        print("  … and %d more (--json has up to %d)" % (report["findings_total"] - 20, FINDINGS_KEPT))
    for left in report.get("unfinished", []):
        print("  note  %s ends with %d bytes without a line end: in progress, or torn" % (left["file"], left["bytes"]))
    for title, items in (("Proven", report["proven"]), ("Not proven", report["not_proven"])):
        if items:
            print("\n%s" % title)
            for item in items:
                print("  " + shown(item))


def arguments():
    parser = argparse.ArgumentParser(
        prog="eso_verify.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("paths", metavar="PATH", nargs="+", help="store folders, events.jsonl files, .tlog-proof files")
    add("--anchor", metavar="FILE", action="append", help="a text with seals that were kept elsewhere: a CI log, say")
    add("--key", metavar="VKEY", action="append", help="a public key, or a file with one, whose signatures count")
    add("--require-signature", action="store_true", help="exit code 5 unless a given key has signed")
    add("--line", metavar="FILE", help="with a .tlog-proof: the event's line")
    add("--json", action="store_true", help="one JSON document for each PATH, one a line")
    return parser.parse_args()


def prepared(options):
    keys, options.notes = {}, []
    for given in options.key or []:
        text = read_file(given).decode("utf-8") if os.path.isfile(given) else given
        key = parse_key(text)
        keys[(key.name, key.key_id)] = key
    options.keys = keys
    options.anchors_asked = bool(options.anchor)
    options.anchors = []
    for name in options.anchor or []:
        text = read_file(name).decode("utf-8", "replace")
        options.anchors += [Placed(seal, name, line) for seal, line in find_seals(text)]
    options.line = None if options.line is None else read_file(options.line)
    options.progress = sys.stderr.isatty()
    return options


def check_path(path, options):
    if os.path.isdir(path):
        return check_store(path.rstrip("/") or "/", options)
    if not os.path.isfile(path):
        raise NotFound("there is no %s" % path)
    return (check_proof if path.endswith(".tlog-proof") else check_file)(path, options)


def main():
    try:
        options = prepared(arguments())
    except (Malformed, OSError) as problem:
        print("eso_verify.py: %s" % shown(str(problem)), file=sys.stderr)
        return 2
    codes = set()
    for path in options.paths:
        try:
            report = check_path(path, options)
        except (NotFound, Malformed, Moved, OSError) as problem:
            # The other paths are checked all the same.
            print("eso_verify.py: %s" % shown(str(problem)), file=sys.stderr)
            codes.add(3 if isinstance(problem, NotFound) else 1)
            continue
        codes.add({"intact": 0, "violated": 4, "unverifiable": 5}[report["verdict"]])
        if options.progress:
            sys.stderr.write("\r\x1b[K")
        if options.json:
            print(json.dumps(report), flush=True)
        else:
            print_report(report)
    return next(code for code in (4, 1, 3, 5, 0) if code in codes)


if __name__ == "__main__":
    sys.exit(main())
