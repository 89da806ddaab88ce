#!/usr/bin/env python3
"""Checks a Xunjian evidence pack (巡检离线验真包) with Python's standard library and the `openssl` command. No network.

  python3 verify.py PACK.zip --root FINGERPRINT [--log VERIFIER-KEY] [--witness VERIFIER-KEY]... [--json]

Exit codes: 0 verified; 1 failed, naming file and step; 2 wrong usage; 3 self-consistent, but no root was pinned (自洽，未核对信任根);
4 photos are missing that a full pack would hold; 5 a signer's key was revoked and the pack does not show whether before or after.

What it checks: every byte of the archive against the one spelling that the manifest allows; the hash of every file; the root's
signatures on every key statement and revocation; who signed the manifest; the log's and every known cosigner's signature on every
state of the log; that the pack's state extends the earlier ones; the place in the log of every statement; of each record both
signatures, its holders and their validity by the terminal's clock, the delivery, the order in the log, revocations, its photos'
names, hashes and sizes; that plan, visit, template and ledger hash to what was signed; that a reviewer is another person.

WHAT IT DOES NOT CHECK (xunjian-verify does, where it can be checked at all):
  - whether the record answers exactly the lines that the plan asks, and whether its ledger rows are those of the ledger's chunks;
  - the time tokens in records, clock jumps, and intervals of time; a key's validity goes by the terminal's wall clock alone;
  - whether a decision (裁定) names the right records; it checks signer, role and place only;
  - terminal chains: holes, forks, broken links; coverage (覆盖) and completeness of a round; policies;
  - whether the HTML pages and the readme files say what the records say (do not believe a page, believe the records);
  - masked regions: that a masked copy shows what the original shows;
  - states of the log known from elsewhere (a tablet, a witness's state file);
  - weak keys: `openssl` accepts a few degenerate Ed25519 encodings that xunjian-verify refuses;
  - anything that is not in the pack: revocations or statements that were left out, what never left a tablet;
  - itself: compare the SHA-256 of this file with the one published in docs/EVIDENCE.md before you run it.
"""
import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

MANIFEST, ROOT, CHECKPOINT = "manifest.json", "site-root.json", "log/checkpoint"
TYPE = "application/vnd.xunjian.%s.v1+json"
SPKI = bytes.fromhex("302a300506032b6570032100")
FAR, MANY = 0xFFFFFFFF, 0xFFFF
STEPS = []


class Failed(Exception):
    def __init__(self, file, step, reason, record=None):
        super().__init__(reason)
        self.file, self.step, self.reason, self.record = file, step, str(reason), record


def need(is_right, file, step, reason, record=None):
    if not is_right:
        raise Failed(file, step, reason, record)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def unbase64(text, file):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Failed(file, "bytes", "not base 64: %s" % error)
    need(base64.b64encode(data).decode() == text, file, "bytes", "not base 64 in its one spelling")
    return data


def canonical(data, file):
    """The document in canonical bytes (RFC 8785 for documents without fractions); any other spelling is refused."""
    try:
        value = json.loads(data.decode("utf-8"))
        same = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Failed(file, "bytes", "not a JSON document: %s" % error)
    need(same == data, file, "bytes", "not in canonical spelling")
    return value


# ---- The archive: one spelling, recomputed from the manifest -------------------------------------------------------------

def described(name, size, crc):
    return struct.pack("<HHHHIIIH", 0, 0, 0, 0x21, crc, size, size, len(name))


def local_header(name, size, crc):
    return b"PK\x03\x04" + struct.pack("<H", 10) + described(name, size, crc) + b"\0\0" + name.encode()


def directory_entry(name, size, crc, offset):
    extra = struct.pack("<HHQ", 1, 8, offset) if offset >= FAR else b""
    version = struct.pack("<HH", 45, 45 if extra else 10)
    return (b"PK\x01\x02" + version + described(name, size, crc) + struct.pack("<H", len(extra)) + bytes(10)
            + struct.pack("<I", min(offset, FAR)) + name.encode() + extra)


def ending(count, size, offset):
    big = b""
    if count >= MANY or size >= FAR or offset >= FAR:
        big = (b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset)
               + b"PK\x06\x07" + struct.pack("<IQI", 0, offset + size, 1))
    return big + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, min(count, MANY), min(count, MANY), min(size, FAR),
                                             min(offset, FAR), 0)


class Pack:
    def __init__(self, path):
        self.file = open(path, "rb")
        self.at, self.places, self.used = 0, {}, set()
        self.envelope, self.manifest, head = self.read_manifest()
        directory = [(MANIFEST, directory_entry(MANIFEST, head[0], head[1], 0))]
        for entry in self.manifest["files"]:
            name, size, offset = entry["name"], entry["bytes"], self.at
            header = self.take(30 + len(name))
            crc_found = header[14:18]
            self.compare(header, local_header(name, size, 0)[:14] + crc_found + local_header(name, size, 0)[18:], name)
            self.places[name] = (self.at, size, entry["sha256"])
            digest, crc = self.digest(size, name)
            need(digest == entry["sha256"], name, "file", "its bytes hash to %s, the manifest says %s" % (digest, entry["sha256"]))
            need(struct.pack("<I", crc) == crc_found, name, "archive", "its header has another checksum than its bytes")
            directory.append((name, directory_entry(name, size, crc, offset)))
        start = self.at
        for name, wanted in directory:
            self.compare(self.take(len(wanted)), wanted, "directory entry of " + name)
        length = sum(len(wanted) for _, wanted in directory)
        wanted = ending(len(directory), length, start)
        self.compare(self.take(len(wanted)), wanted, "end of the archive")
        need(not self.file.read(1), "end of the archive", "archive", "there is more after byte %d" % self.at)
        STEPS.append("archive: %d files, every byte as it must be" % len(directory))

    def take(self, count):
        data = self.file.read(count)
        self.at += len(data)
        return data

    def digest(self, size, part):
        digest, crc = hashlib.sha256(), 0
        while size:
            data = self.take(min(size, 1 << 18))
            need(data, part, "archive", "the archive ends at byte %d, too early" % self.at)
            digest.update(data)
            crc = zlib.crc32(data, crc)
            size -= len(data)
        return digest.hexdigest(), crc

    def compare(self, found, wanted, part):
        if found != wanted:
            raise Failed(part, "archive", "the bytes before %d of the archive are not what the manifest makes of them" % self.at)

    def read_manifest(self):
        header = self.take(30 + len(MANIFEST))
        need(len(header) == 30 + len(MANIFEST), MANIFEST, "archive", "this is not a pack")
        crc, size = struct.unpack("<II", header[14:22])
        need(header == local_header(MANIFEST, size, crc), MANIFEST, "archive", "this is not a pack: it does not begin with a manifest")
        need(size <= 160 << 20, MANIFEST, "archive", "the manifest is too large")
        data = self.take(size)
        need(len(data) == size and zlib.crc32(data) == crc, MANIFEST, "archive", "its bytes are not those its header describes")
        envelope = Envelope(data, MANIFEST)
        manifest = envelope.payload_of("pack")
        need(manifest.get("format") == 1, MANIFEST, "manifest", "the format is another version than this program reads")
        before = ""
        for entry in manifest["files"]:
            name, size = entry["name"], entry["bytes"]
            need(set(entry) == {"name", "bytes", "sha256"} and isinstance(name, str) and type(size) is int, str(name), "manifest", "not the entry of a file")
            legal = len(name) <= 200 and name != MANIFEST and re.fullmatch(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*", name)
            need(legal, name, "manifest", "no file of a pack has such a name")
            need(0 <= size < FAR, name, "manifest", "the file is too large")
            need(name > before, name, "manifest", "the files are not named once each, in order")
            before = name
        for names in (manifest["records"], manifest["undelivered"], [left["sha256"] for left in manifest["left_out"]]):
            need(names == sorted(set(names)), MANIFEST, "manifest", "a list is not in order")
        return envelope, manifest, (len(data), crc)

    def has(self, name):
        return name in self.places

    def read(self, name, record=None):
        need(self.has(name), name, "file", "the pack does not have it", record)
        offset, size, digest = self.places[name]
        need(size <= 64 << 20, name, "file", "too large for a document")
        self.file.seek(offset)
        data = self.file.read(size)
        need(sha256(data) == digest, name, "read", "the pack was changed while it was read")
        self.used.add(name)
        return data

    def documents(self, folder):
        return [name for name in self.places if name.startswith(folder + "/") and name.endswith(".json")]


# ---- Keys and signatures ----------------------------------------------------------------------------------------------------

class Openssl:
    def __init__(self, folder):
        self.folder, self.known = folder, {}

    def verify(self, spki, message, signature):
        case = (spki, sha256(message), signature)
        if case not in self.known:
            self.known[case] = self.run(spki, message, signature)
        return self.known[case]

    def run(self, spki, message, signature):
        pem = b"-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % base64.b64encode(spki)
        paths = []
        for name, data in (("key.pem", pem), ("message", message), ("signature", signature)):
            paths.append(os.path.join(self.folder, name))
            with open(paths[-1], "wb") as out:
                out.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", paths[0], "-rawin", "-in", paths[1], "-sigfile", paths[2]]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


OPENSSL = None


def key_bytes(key, file):
    need(key.get("suite") == "ed25519-sha256", file, "signature", "this program checks Ed25519 only, not %s" % key.get("suite"))
    spki = unbase64(key["spki"], file)
    need(len(spki) == 44 and spki.startswith(SPKI), file, "signature", "not an Ed25519 key")
    return spki


def key_id(spki):
    return "ed25519-sha256:" + sha256(spki)[:32]


class Envelope:
    def __init__(self, data, file):
        self.data, self.file = data, file
        value = canonical(data, file)
        is_one = isinstance(value, dict) and set(value) == {"payload", "payloadType", "signatures"} and value["signatures"]
        need(is_one, file, "bytes", "not a DSSE envelope")
        self.type, self.payload = value["payloadType"], unbase64(value["payload"], file)
        self.signatures = [(one["keyid"], unbase64(one["sig"], file)) for one in value["signatures"]]
        kind = self.type.encode()
        self.message = b"DSSEv1 %d %s %d " % (len(kind), kind, len(self.payload)) + self.payload

    def payload_of(self, kind):
        need(self.type == TYPE % kind, self.file, "bytes", "it carries %s" % self.type)
        return canonical(self.payload, self.file)

    def is_signed_by(self, spki):
        for name, signature in self.signatures:
            if name == key_id(spki):
                return len(signature) == 64 and OPENSSL.verify(spki, self.message, signature)
        return False


class Keys:
    """Who holds which key, as the root states it."""

    def __init__(self, pack, pinned):
        data = pack.read(ROOT)
        self.root = canonical(data, ROOT)
        self.fingerprint = sha256(data)
        need(not pinned or self.fingerprint == pinned, ROOT, "root", "the site root has the fingerprint %s, not the pinned one" % self.fingerprint)
        self.root_keys = [key_bytes(one["key"], ROOT) for one in self.root["keys"]]
        is_sound = 0 < self.root["threshold"] <= len(self.root_keys) == len(set(self.root_keys))
        need(is_sound, ROOT, "root", "the root's threshold and keys do not fit")
        STEPS.append("site root %s" % self.fingerprint)
        self.statements, self.revocations = {}, {}
        for name in pack.documents("keys"):
            statement = self.of_root(pack, name, "key-statement")
            spki = key_bytes(statement["key"], name)
            kinds = {"inspector": ["provider"], "reviewer": ["supervisor", "manager"], "consumer_contact": ["consumer"]}
            open_to = all(statement["party"]["kind"] in kinds.get(role, ["provider", "supervisor", "manager", "consumer"]) for role in statement["roles"])
            need(open_to and (statement["holder_kind"] == "person" or not statement["roles"]), name, "keyring", "the holder cannot have this role")
            self.named(name, key_id(spki))
            self.statements[key_id(spki)] = (spki, statement)
        for name in pack.documents("revocations"):
            revocation = self.of_root(pack, name, "revocation")
            self.named(name, revocation["key"])
            self.revocations[revocation["key"]] = name
        STEPS.append("key statements: %d, revocations: %d, each signed by the root" % (len(self.statements), len(self.revocations)))

    @staticmethod
    def named(name, key):
        need(name.split("/")[1] == key.replace(":", "-") + ".json", name, "keyring", "the file is named after another key")

    def of_root(self, pack, name, kind):
        envelope = Envelope(pack.read(name), name)
        signed = sum(envelope.is_signed_by(spki) for spki in self.root_keys)
        need(signed >= self.root["threshold"], name, "keyring", "%d of the %d root signatures needed are valid" % (signed, self.root["threshold"]))
        statement = envelope.payload_of(kind)
        need(statement["site"] == self.root["site"], name, "keyring", "the statement belongs to another site")
        return statement

    def holder(self, envelope, kind, at=None, key=None, record=None):
        key = key or envelope.signatures[0][0]
        need(key in self.statements, envelope.file, "signature", "nobody the root vouches for holds the key %s" % key, record)
        spki, statement = self.statements[key]
        need(kind is None or statement["holder_kind"] == kind, envelope.file, "signature", "the key %s belongs to a %s" % (key, statement["holder_kind"]), record)
        until = statement["valid_until"]
        was_valid = at is None or (statement["valid_from"] <= at and (until is None or at < until))
        need(was_valid, envelope.file, "signature", "the key %s was not valid at that time" % key, record)
        need(envelope.is_signed_by(spki), envelope.file, "signature", "the signature by %s is wrong" % key, record)
        return statement


# ---- The log ------------------------------------------------------------------------------------------------------------------

def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(found, index, size, proof, file):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2)."""
    need(index < size, file, "receipt", "the place is beyond the log's size")
    at, last = index, size - 1
    for sibling in proof:
        need(last > 0, file, "receipt", "the proof is too long")
        if at % 2 or at == last:
            found = node(sibling, found)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            found = node(found, sibling)
        at, last = at // 2, last // 2
    need(last == 0, file, "receipt", "the proof is too short")
    return found


def check_consistency(old, old_root, new, new_root, proof, file):
    """RFC 9162, 2.1.4.2."""
    need(0 < old <= new, file, "log", "an earlier state is larger")
    if old == new:
        need(old_root == new_root and not proof, file, "log", "the log was rewritten: one size, two roots")
        return
    path = list(proof) if old & (old - 1) else [old_root] + list(proof)
    need(path, file, "log", "the consistency proof is empty")
    at, last = old - 1, new - 1
    while at % 2:
        at, last = at // 2, last // 2
    from_old = from_new = path[0]
    for sibling in path[1:]:
        need(last > 0, file, "log", "the consistency proof is too long")
        if at % 2 or at == last:
            from_old, from_new = node(sibling, from_old), node(sibling, from_new)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            from_new = node(from_new, sibling)
        at, last = at // 2, last // 2
    need(last == 0 and from_old == old_root and from_new == new_root, file, "log", "the log was rewritten: the earlier state is none of its")


class Note:
    def __init__(self, text, file):
        self.file, self.text = file, text
        body, _, lines = text.partition("\n\n")
        parts = body.split("\n")
        need(len(parts) == 3 and lines.endswith("\n"), file, "log", "not a checkpoint")
        self.body = body + "\n"
        need(re.fullmatch(r"0|[1-9][0-9]{0,15}", parts[1]), file, "log", "the size is not a number")
        self.origin, self.size, self.root = parts[0], int(parts[1]), unbase64(parts[2], file)
        self.signatures = []
        for line in lines[:-1].split("\n"):
            found = re.fullmatch("— ([^ ]+) ([^ ]+)", line)
            need(found, file, "log", "a signature line is broken")
            self.signatures.append((found.group(1), unbase64(found.group(2), file)))

    def line(self, name, algorithm, spki):
        wanted = hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + spki[12:]).digest()[:4]
        return next((data[4:] for known, data in self.signatures if known == name and data[:4] == wanted), None)

    def is_by_log(self, name, spki):
        signature = self.line(name, 1, spki)
        return signature is not None and OPENSSL.verify(spki, self.body.encode(), signature)

    def cosigned(self, name, spki):
        """Seconds, or None without a line; a wrong line fails."""
        line = self.line(name, 4, spki)
        if line is None:
            return None
        seconds = struct.unpack(">Q", line[:8])[0] if len(line) == 72 else 0
        message = ("cosignature/v1\ntime %d\n" % seconds + self.body).encode()
        need(len(line) == 72 and OPENSSL.verify(spki, message, line[8:]), self.file, "cosignature", "the cosignature of “%s” is wrong" % name)
        return seconds


class Log:
    def __init__(self, pack, keys, log_pins, witness_pins):
        self.pack, self.keys, self.log_pins, self.witness_pins = pack, keys, log_pins, witness_pins
        self.states, self.signed, self.witnessed = {}, set(), [0] * len(witness_pins)
        head = Note(pack.read(CHECKPOINT).decode("utf-8", "strict"), CHECKPOINT)
        need(head.size == pack.manifest["log_size"], MANIFEST, "log", "it names another size of the log than the checkpoint")
        self.add(head)
        for name in pack.documents("log/older"):
            older = canonical(pack.read(name), name)
            note = Note(older["checkpoint"], name)
            need(name == "log/older/%020d.json" % note.size, name, "log", "the file is named after another size")
            check_consistency(note.size, note.root, head.size, head.root, [bytes.fromhex(one) for one in older["proof"]], name)
            self.add(note)
        STEPS.append("log %s: %d leaves; %d earlier states extended" % (head.origin, head.size, len(self.states) - 1))

    def by_log(self, note):
        if note.text in self.signed:
            return
        origin = self.keys.root["log_origin"]
        need(note.origin == origin, note.file, "log_signature", "a checkpoint of another log")
        logs = [spki for spki, statement in self.keys.statements.values() if statement["holder_kind"] == "log"]
        need(any(note.is_by_log(origin, spki) for spki in logs), note.file, "log_signature", "no log key the root vouches for signed it")
        is_pinned = not self.log_pins or any(note.is_by_log(name, spki) for name, spki in self.log_pins)
        need(is_pinned, note.file, "log_signature", "none of the pinned log keys signed it")
        self.signed.add(note.text)

    def add(self, note):
        self.by_log(note)
        self.states[note.size] = note.root
        for name, _ in note.signatures:
            for spki, statement in self.keys.statements.values():
                kind, holder = statement["holder_kind"], statement["holder"]
                is_holder = (kind == "terminal" and name == "%s/terminal/%s" % (note.origin, holder)) or (kind in ("witness", "clock") and name == holder)
                seconds = note.cosigned(name, spki) if is_holder else None
                if seconds is not None:
                    STEPS.append("%d leaves cosigned by %s, %s (%s), at %d" % (note.size, name, statement["party"]["name"], statement["party"]["kind"], seconds))
        for at, (name, spki) in enumerate(self.witness_pins):
            if note.cosigned(name, spki) is not None:
                self.witnessed[at] = max(self.witnessed[at], note.size)

    def place(self, name, leaf, proof=None, record=None):
        proof = proof or name[:-len(".json")] + ".tlog-proof"
        if not self.pack.has(proof):
            need(self.pack.manifest["made_by"] == "terminal", proof, "receipt", "the pack does not show the statement's place in the log", record)
            return None
        text = self.pack.read(proof).decode("utf-8", "strict")
        head, _, note = text.partition("\n\n")
        lines = head.split("\n")
        is_one = len(lines) >= 2 and lines[0] == "c2sp.org/tlog-proof@v1" and re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines[1])
        need(is_one, proof, "receipt", "not a tlog-proof", record)
        note, index = Note(note, proof), int(lines[1][6:])
        self.by_log(note)
        need(self.states.get(note.size) == note.root, proof, "receipt", "nothing shows that the log extends the state it leads to", record)
        found = root_of(leaf_hash(leaf), index, note.size, [unbase64(line, proof) for line in lines[2:]], proof)
        need(found == note.root, proof, "receipt", "the statement is not in the log", record)
        return index

    def witnesses_of(self, index):
        return sum(index < size for size in self.witnessed)


# ---- Records and what was said of them ------------------------------------------------------------------------------------------

class Check:
    def __init__(self, pack, keys, log, quorum):
        self.pack, self.keys, self.log, self.quorum = pack, keys, log, quorum
        self.unordered, self.missing, self.named, self.records = False, set(), set(), []
        self.countersigned, self.decisions, self.revoked, self.plans = {}, [], {}, {}

    def everything(self):
        pack, manifest = self.pack, self.pack.manifest
        maker = {"service": "service", "terminal": "terminal"}.get(manifest["made_by"], "nobody")
        need(manifest["site"] == self.keys.root["site"], MANIFEST, "claims", "the pack is of another site")
        self.keys.holder(pack.envelope, maker)
        STEPS.append("manifest signed by the %s" % maker)
        for name in pack.documents("keys"):
            self.log.place(name, pack.read(name))
        for key, name in self.keys.revocations.items():
            self.revoked[key] = self.log.place(name, pack.read(name))
        for name in ("verify.py", "readme.zh.md", "readme.en.md", "index.html"):
            pack.read(name)
        for folder in ("visits", "templates", "ledger"):
            for name in pack.documents(folder):
                need(name == "%s/%s.json" % (folder, sha256(pack.read(name))), name, "bytes", "its bytes do not hash to its name")
        for name in pack.documents("plans"):
            envelope, place = self.leaf(name)
            plan = envelope.payload_of("plan")
            self.keys.holder(envelope, "service", plan["opened_at"])
            need(name == "plans/%s.json" % sha256(envelope.data), name, "plan", "the file is named after another plan")
            self.plans[sha256(envelope.data)] = (plan["plan"], place)
        for name in pack.documents("statements"):
            self.statement(name)
        for name in pack.documents("neighbours"):
            envelope, _ = self.leaf(name)
            self.signers(envelope, envelope.payload_of("record"), sha256(envelope.payload))
            need(name == "neighbours/%s/envelope.json" % sha256(envelope.payload), name, "bytes", "its bytes do not hash to its name")
        folders = {name.split("/")[1] for name in pack.places if name.startswith("records/")} | set(manifest["records"])
        for record in sorted(folders):
            self.record(record)
        need(self.records == manifest["records"], MANIFEST, "claims", "it lists other records than the pack holds")
        left_out = [left["sha256"] for left in manifest["left_out"]]
        need(left_out == sorted(self.missing), MANIFEST, "claims", "it leaves out other photos than are missing")
        stray = [name for name in pack.places if name not in pack.used and name not in self.named]
        need(not stray, stray[0] if stray else "", "claims", "nothing in the pack speaks of this file")
        STEPS.append("records: %d, photos named and here: %d, left out: %d" % (len(self.records), len(self.named), len(self.missing)))

    def leaf(self, name, record=None):
        data = self.pack.read(name, record)
        return Envelope(data, name), self.log.place(name, data, record=record)

    def is_revoked_before(self, key, place):
        """None where the pack does not tell."""
        if key not in self.revoked:
            return False
        return None if place is None or self.revoked[key] is None else self.revoked[key] < place

    def statement(self, name):
        envelope, place = self.leaf(name)
        need(name == "statements/%s.json" % sha256(envelope.data), name, "bytes", "its bytes do not hash to its name")
        key = envelope.signatures[0][0]
        holder = self.keys.holder(envelope, None)
        need(not self.is_revoked_before(key, place), name, "revocation", "the key %s was revoked before" % key)
        if envelope.type in (TYPE % "decision", TYPE % "countersignature"):
            is_decision = envelope.type == TYPE % "decision"
            said = canonical(envelope.payload, name)
            who = said["decided_by"] if is_decision else said["reviewer"]
            independent = holder["party"]["kind"] in ("supervisor", "manager") and "reviewer" in holder["roles"]
            need(independent and holder["holder"] == who and said["site"] == self.keys.root["site"], name, "four_eyes", "not signed by the reviewer it names")
            self.keys.holder(envelope, "person", said["at"])
            if is_decision:
                need(all(one["inspector"] != who for one in said["candidates"]), name, "four_eyes", "the decider walked one of the records")
                self.decisions.append((place, said["counts"]))
            else:
                need(holder["party"]["id"] == said["party"], name, "four_eyes", "not signed for the organisation it names")
                self.countersigned.setdefault(said["record"], []).append((name, said))
        else:
            STEPS.append("NOT UNDERSTOOD: %s (%s), signature and place in the log hold" % (name, envelope.type))

    def signers(self, envelope, record, name):
        at = record["clock"]["sealed"]["wall_ms"]
        need(record["site"] == self.keys.root["site"], envelope.file, "signature", "the record is of another site", name)
        for who, kind in (("inspector", "person"), ("terminal", "terminal")):
            holder = self.keys.holder(envelope, kind, at, record[who]["key"], name)
            need(holder["holder"] == record[who]["id"], envelope.file, "signature", "the key does not belong to this %s" % who, name)
            if who == "inspector":
                is_one = "inspector" in holder["roles"] and "administrator" not in holder["roles"] and holder["holder_name"] == record[who]["name"]
                need(is_one, envelope.file, "signature", "the key is not that of an inspector of this name", name)

    def record(self, name):
        folder = "records/%s/" % name
        envelope = Envelope(self.pack.read(folder + "envelope.json", name), folder + "envelope.json")
        need(sha256(envelope.payload) == name, envelope.file, "bytes", "this is another record", name)
        record = envelope.payload_of("record")
        self.signers(envelope, record, name)
        delivered = Envelope(self.pack.read(folder + "delivered.json", name), folder + "delivered.json")
        said = delivered.payload_of("delivered")
        self.keys.holder(delivered, "service", said["stored_at"], record=name)
        blobs = sorted({(one["sha256"], one["bytes"]) for one in record["evidence"]})
        is_about = said["record"] == name and said["envelope"] == sha256(envelope.data) and [(one["sha256"], one["bytes"]) for one in said["blobs"]] == blobs
        need(is_about and said["site"] == self.keys.root["site"], delivered.file, "delivered", "it is about something else than this record and its photos", name)
        sealed = self.log.place(envelope.file, envelope.data, record=name)
        stored = self.log.place(delivered.file, delivered.data, record=name)
        need(stored is not None, delivered.file, "receipt", "a record without its receipt is not proven delivered", name)
        need(sealed is None or sealed < stored, delivered.file, "receipt", "it stands in the log before the record", name)
        witnessed = folder + "witnessed.tlog-proof"
        if self.pack.has(witnessed):
            place = self.log.place(delivered.file, delivered.data, witnessed, name)
            need(place == stored, witnessed, "receipt", "it is of another place in the log than the receipt", name)
        found, wanted = self.log.witnesses_of(stored), self.quorum
        need(found >= wanted, CHECKPOINT, "witness", "%d of %d pinned witnesses cosigned a state of the log that holds this delivery" % (found, wanted), name)
        for key in (record["inspector"]["key"], record["terminal"]["key"]):
            is_late = self.is_revoked_before(key, sealed)
            self.unordered |= is_late is None
            is_let_in = any(place is not None and place < sealed and counts == name for place, counts in self.decisions) if is_late else True
            need(is_let_in, envelope.file, "revocation", "the key %s was revoked before the record came, and no decision lets it count" % key, name)
        need(not self.is_revoked_before(delivered.signatures[0][0], stored), delivered.file, "revocation", "the service's key was revoked before", name)
        self.planned(record, sealed, envelope.file, name)
        for photo in record["evidence"]:
            self.photo(photo, name)
        for file, one in self.countersigned.pop(name, []):
            need(one["reviewer"] != record["inspector"]["id"], file, "four_eyes", "a record reviewed by its own inspector", name)
            need(one["revision"] == record["visit"]["revision"], file, "countersignature", "a reviewer signed for another revision", name)
            need(one["delivered_leaf"] == leaf_hash(delivered.data).hex(), file, "countersignature", "a reviewer signed for another delivery", name)
        self.pack.read(folder + "index.html", name)
        self.records.append(name)

    def planned(self, record, sealed, file, name):
        need(record["plan"] in self.plans, "plans/%s.json" % record["plan"], "plan", "the pack does not have the plan that the record names", name)
        plan, place = self.plans[record["plan"]]
        is_same = all(record[what] == plan[what] for what in ("round", "template", "ledger"))
        need(is_same and (place is None or sealed is None or place < sealed), file, "plan", "round, template or ledger are not those of the plan, or it came later", name)
        visit = next((one for one in plan["visits"] if one["id"] == record["visit"]["id"]), None)
        need(visit and visit["lines"] == len(record["lines"]), file, "plan", "the plan has no such visit, or another number of lines", name)
        self.pack.read("visits/%s.json" % visit["sha256"], name)
        self.pack.read("templates/%s.json" % record["template"]["sha256"], name)
        ledger = "ledger/%s.json" % record["ledger"]["sha256"]
        if self.pack.has(ledger) or self.pack.manifest["made_by"] == "service":
            chunks = {one["key"]: one["sha256"] for one in canonical(self.pack.read(ledger, name), ledger)["chunks"]}
            wanted = record["compared_chunks"] + [chunks.get("rack/" + row["rack"], "none") for row in record["compared"]]
            for chunk in wanted:
                need(chunk in chunks.values(), file, "ledger", "a chunk is not of the pinned ledger", name)
                self.pack.read("ledger/%s.json" % chunk, name)
        if self.pack.manifest["round"]:
            need(record["round"]["id"] == self.pack.manifest["round"], file, "claims", "the record is of another round", name)
            for one in plan["visits"]:
                self.pack.read("visits/%s.json" % one["sha256"])

    def photo(self, photo, name):
        ending = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "text/csv": "csv"}.get(photo["media_type"], "bin")
        file, is_redacted = "photos/%s.%s" % (photo["sha256"], ending), self.pack.manifest["profile"] == "redacted"
        rendition = "renditions/%s.json" % photo["sha256"]
        if self.pack.has(rendition):
            envelope = Envelope(self.pack.read(rendition, name), rendition)
            self.keys.holder(envelope, "service", record=name)
            said = envelope.payload_of("rendition")
            need(said["of"] == photo["sha256"], rendition, "rendition", "it is about another photo", name)
            copy = said["rendition"]
            ending = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}.get(said["media_type"], "bin")
            masked = "photos/%s.%s" % (copy["sha256"], ending)
            is_there = self.pack.has(masked) and self.pack.places[masked][1:] == (copy["bytes"], copy["sha256"])
            need(is_there, masked, "rendition", "the masked copy is another one than the service signed for", name)
            self.named.add(masked)
        if self.pack.has(file):
            _, size, digest = self.pack.places[file]
            need(digest == photo["sha256"], file, "photo", "the bytes do not hash to the name", name)
            need(size == photo["bytes"], file, "photo", "the photo has %d bytes, the record says %d" % (size, photo["bytes"]), name)
            is_masked = photo["layer"] is not None and photo["layer"]["kind"] == "masked"
            need(is_masked or not is_redacted, file, "profile", "a redacted pack holds no photo as it was taken", name)
            self.named.add(file)
        else:
            why = [left["why"] for left in self.pack.manifest["left_out"] if left["sha256"] == photo["sha256"]]
            is_said = why and (is_redacted or why[0] != "redacted")
            need(is_said, file, "photo", "the photo is not there, and the manifest does not say why", name)
            self.missing.add(photo["sha256"])


def verifier_key(text, algorithm):
    name, digest, material = text.strip().split("+", 2)
    data = base64.b64decode(material, validate=True)
    if len(data) != 33 or data[0] != algorithm or hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] != digest:
        raise ValueError("not a verifier key (name+hash+key) of the right kind")
    return name, SPKI + data[1:]


def main():
    global OPENSSL
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack")
    parser.add_argument("--root", help="fingerprint of the site root, from paper")
    parser.add_argument("--log", action="append", default=[], type=lambda text: verifier_key(text, 1))
    parser.add_argument("--witness", action="append", default=[], type=lambda text: verifier_key(text, 4))
    parser.add_argument("--witness-quorum", type=int)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    quorum = len(arguments.witness) if arguments.witness_quorum is None else arguments.witness_quorum
    failed, check = None, None
    with tempfile.TemporaryDirectory() as folder:
        OPENSSL = Openssl(folder)
        try:
            pack = Pack(arguments.pack)
            keys = Keys(pack, arguments.root)
            check = Check(pack, keys, Log(pack, keys, arguments.log, arguments.witness), quorum)
            check.everything()
        except Failed as error:
            failed = error
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, struct.error, OSError) as error:
            failed = Failed(arguments.pack, "bytes", "a document is not what it must be: %s: %s" % (type(error).__name__, error))
    if failed:
        code, result, words = 1, "failed", "校验失败 · failed"
    elif check.unordered:
        code, result, words = 5, "revoked", "签名密钥已吊销，先后无法判定 · a signer's key was revoked, before or after cannot be told"
    elif check.missing and check.pack.manifest["profile"] == "full":
        code, result, words = 4, "incomplete", "照片不全 · photos are missing"
    elif not arguments.root:
        code, result, words = 3, "root_not_pinned", "自洽，未核对信任根 · self-consistent, but no root was pinned"
    else:
        code, result, words = 0, "ok", "校验通过 · verified"
    if arguments.json:
        answer = {"result": result, "steps": STEPS}
        if failed:
            answer.update(file=failed.file, record=failed.record, step=failed.step, reason=failed.reason)
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print("\n".join("✓ " + step for step in STEPS))
        if failed:
            print("✗ %s%s [%s] %s" % (failed.file, " (record %s)" % failed.record if failed.record else "", failed.step, failed.reason))
        print(words)
    return code


if __name__ == "__main__":
    sys.exit(main())
