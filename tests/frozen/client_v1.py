#!/usr/bin/env python3
"""A terminal of protocol version 1, before anything was added to it. FROZEN: never change this file.

It stands for a tablet in a drawer: it says no `Xunjian-Accepts`, compresses nothing, cosigns nothing, asks for no chain, and
refuses every field that version 1 did not have. A service that cannot be used with it strands the unsent work of such tablets.
`tests/tests/old_terminal.rs` asserts the hash of this file and plays it against the service of today.

It shares nothing with the product: Python's standard library, and `openssl` for every key and every signature.

    client_v1.py FOLDER hello   URL
    client_v1.py FOLDER enrol   URL CODE FINGERPRINT
    client_v1.py FOLDER pull    URL
    client_v1.py FOLDER seal    KIND PHOTO...     offline; KIND is room, rack, cluster or system, rack:2 passes over two
    client_v1.py FOLDER send    URL               records, photos by PUT and by PATCH
    client_v1.py FOLDER collect URL               receipts, each verified to the root of the log

Each command prints one JSON document; whatever is not as version 1 says ends it with exit code 1 and a sentence.
"""

import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

SPKI = bytes.fromhex("302a300506032b6570032100")
RECORD = "application/vnd.xunjian.record.v1+json"
KEY_STATEMENT = "application/vnd.xunjian.key-statement.v1+json"
PLAN = "application/vnd.xunjian.plan.v1+json"
DELIVERED = "application/vnd.xunjian.delivered.v1+json"


def stop(sentence):
    sys.exit("client v1: " + sentence)


def insist(is_so, sentence):
    if not is_so:
        stop(sentence)


# --- documents ---------------------------------------------------------------------------------------------------------------


def jcs(document):
    """RFC 8785 for documents of texts, whole numbers, booleans and null, whose keys are ASCII."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def fields(document, names, what):
    """Version 1 refuses fields it does not know, and misses those it does."""
    insist(isinstance(document, dict), what + " is no object")
    insist(sorted(document) == sorted(names.split()), "%s has the fields %s" % (what, sorted(document)))
    return document


def pae(payload_type, payload):
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def openssl(*arguments, stdin=b""):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)


class Key:
    """An Ed25519 key of this terminal, in a PEM file."""

    def __init__(self, path):
        self.path = path
        if not os.path.exists(path):
            made = openssl("genpkey", "-algorithm", "ed25519", "-out", path)
            insist(made.returncode == 0, "openssl makes no key: " + made.stderr.decode())
        self.spki = openssl("pkey", "-in", path, "-pubout", "-outform", "DER").stdout
        insist(self.spki.startswith(SPKI) and len(self.spki) == 44, "this is no Ed25519 key")
        self.id = key_id(self.spki)
        self.wire = {"suite": "ed25519-sha256", "spki": base64.b64encode(self.spki).decode()}

    def sign(self, message):
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            signed = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", file.name)
        insist(len(signed.stdout) == 64, "openssl does not sign: " + signed.stderr.decode())
        return base64.b64encode(signed.stdout).decode()


def key_id(spki):
    return "ed25519-sha256:" + sha256(spki)[:32]


def is_signed(spki, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("key", "message", "signature")]
        for name, data in zip(names, (spki, message, signature)):
            with open(name, "wb") as file:
                file.write(data)
        done = openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names[0], "-rawin", "-in", names[1],
                       "-sigfile", names[2])
    return done.returncode == 0


def sign_envelope(payload_type, payload, keys):
    message = pae(payload_type, payload)
    signatures = [{"keyid": key.id, "sig": key.sign(message)} for key in keys]
    return jcs({"payload": base64.b64encode(payload).decode(), "payloadType": payload_type, "signatures": signatures})


def open_envelope(text, payload_type, spkis, threshold=1):
    """The document of an envelope that enough of these keys signed."""
    envelope = fields(json.loads(text), "payload payloadType signatures", "an envelope")
    insist(jcs(envelope) == text.encode(), "an envelope is not in its one spelling")
    insist(envelope["payloadType"] == payload_type, "an envelope carries " + envelope["payloadType"])
    payload = base64.b64decode(envelope["payload"], validate=True)
    known = {key_id(spki): spki for spki in spkis}
    signed = set()
    for one in envelope["signatures"]:
        fields(one, "keyid sig", "a signature")
        spki = known.get(one["keyid"])
        if spki and is_signed(spki, pae(payload_type, payload), base64.b64decode(one["sig"])):
            signed.add(one["keyid"])
    insist(len(signed) >= threshold, "an envelope of %s is not signed by whom it should be" % payload_type)
    document = json.loads(payload)
    insist(jcs(document) == payload, "a payload is not in its one spelling")
    return document


# --- the log -----------------------------------------------------------------------------------------------------------------


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def is_included(leaf, index, size, proof, root):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        return False
    first, second, result = index, size - 1, leaf
    for one in proof:
        if second == 0:
            return False
        if first & 1 or first == second:
            result = node_hash(one, result)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            result = node_hash(result, one)
        first, second = first >> 1, second >> 1
    return second == 0 and result == root


def is_consistent(old, old_root, new, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof
    if old & (old - 1) == 0:
        proof = [old_root] + proof
    if not proof:
        return False
    first, second = old - 1, new - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    left = right = proof[0]
    for one in proof[1:]:
        if second == 0:
            return False
        if first & 1 or first == second:
            left, right = node_hash(one, left), node_hash(one, right)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            right = node_hash(right, one)
        first, second = first >> 1, second >> 1
    return second == 0 and left == old_root and right == new_root


def open_checkpoint(note, root, log_keys):
    """Size and root hash of a state of the log that the log of this site signed. Other lines are passed over."""
    body, _, lines = note.partition("\n\n")
    origin, size, root_hash = body.split("\n")
    insist(origin == root["log_origin"], "the checkpoint is of another log")
    for line in lines.splitlines():
        mark, name, signature = line.split(" ")
        insist(mark == "\u2014", "a line of the note is no signature")
        signature = base64.b64decode(signature)
        for spki in log_keys:
            own = hashlib.sha256(name.encode() + b"\n\x01" + spki[12:]).digest()[:4]
            if name == origin and own == signature[:4] and is_signed(spki, (body + "\n").encode(), signature[4:]):
                return int(size), base64.b64decode(root_hash)
    return stop("the log did not sign its checkpoint")


def open_receipt(text, leaf, root, log_keys):
    header, _, note = text.partition("\n\n")
    kind, index, *proof = header.split("\n")
    insist(kind == "c2sp.org/tlog-proof@v1" and index.startswith("index "), "this is no receipt")
    size, root_hash = open_checkpoint(note, root, log_keys)
    proof = [base64.b64decode(line) for line in proof]
    is_there = is_included(leaf_hash(leaf), int(index[6:]), size, proof, root_hash)
    insist(is_there, "the receipt does not lead to the root of the log")
    return size, root_hash


# --- HTTP --------------------------------------------------------------------------------------------------------------------


class Service:
    def __init__(self, url, token=""):
        self.host, self.token = urllib.parse.urlsplit(url).netloc, token

    def ask(self, method, path, body=None, headers=(), is_upload=False):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        head = {"Authorization": "Bearer " + self.token} if self.token else {}
        if body is not None and not is_upload:
            body, head["Content-Type"] = json.dumps(body).encode(), "application/json"
        head.update(headers)
        connection.request(method, path, body, head)
        answer = connection.getresponse()
        data = answer.read()
        insist(answer.getheader("Content-Encoding") is None, "an answer is compressed and nobody asked for that")
        insist(answer.status < 400, "%s %s: %d %s" % (method, path, answer.status, data.decode(errors="replace")))
        return answer, data

    def post(self, path, body):
        return json.loads(self.ask("POST", path, body)[1])

    def hello(self):
        hello = json.loads(self.ask("GET", "/v1/hello")[1])
        # The one message that version 1 reads with fields it does not know.
        for name in ("site", "site_name", "root_fingerprint", "versions", "capabilities", "now_ms"):
            insist(name in hello, "hello does not say its " + name)
        insist(1 in hello["versions"], "the service speaks the versions %s only" % hello["versions"])
        return hello


# --- the terminal ------------------------------------------------------------------------------------------------------------


class Terminal:
    def __init__(self, folder):
        os.makedirs(os.path.join(folder, "sealed"), exist_ok=True)
        self.folder = folder
        self.terminal_key, self.person_key = Key(self.path("terminal.pem")), Key(self.path("person.pem"))
        self.state = json.load(open(self.path("state.json"))) if os.path.exists(self.path("state.json")) else {}

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def save(self):
        with open(self.path("state.new"), "w") as file:
            json.dump(self.state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path("state.new"), self.path("state.json"))

    def session(self, url):
        service = Service(url)
        site = service.hello()["site"]
        challenge = fields(service.post("/v1/session/challenge", {"terminal": self.state["terminal"]}), "nonce", "a challenge")
        message = "xunjian-session-v1\n%s\n%s\n" % (site, challenge["nonce"])
        session = service.post("/v1/session", {
            "terminal": self.state["terminal"],
            "nonce": challenge["nonce"],
            "signature": self.terminal_key.sign(message.encode()),
        })
        fields(session, "token expires_in", "a session")
        return Service(url, session["token"])

    def enrol(self, url, code, fingerprint):
        service = Service(url)
        hello = service.hello()
        insist(hello["root_fingerprint"] == fingerprint, "another site root than on paper")
        names = (hello["site"], code, self.terminal_key.id, self.person_key.id)
        message = "xunjian-enrol-v1\n%s\n%s\n%s\n%s\n" % names
        answer = service.post("/v1/enrol", {
            "code": code,
            "terminal_name": "旧平板",
            "terminal_key": self.terminal_key.wire,
            "person_key": self.person_key.wire,
            "terminal_proof": self.terminal_key.sign(message.encode()),
            "person_proof": self.person_key.sign(message.encode()),
        })
        fields(answer, "terminal person person_name party roles site_root", "the answer to an enrolment")
        fields(answer["party"], "id kind name", "a party")
        insist(sha256(jcs(answer["site_root"])) == fingerprint, "the site root is not the one on paper")
        self.state.update(answer, sequence=0, previous=None)
        self.save()
        return {"terminal": answer["terminal"], "person": answer["person_name"]}

    def keys_of(self, kind):
        return [base64.b64decode(one["key"]["spki"]) for one in self.state["keys"] if one["holder_kind"] == kind]

    def take_log_state(self, service):
        """Demands the proof that the log only grew, then takes the newest state."""
        known = self.state.get("log", [0, ""])
        answer = service.post("/v1/log/consistency", {"from": known[0]})
        fields(answer, "checkpoint proof", "a consistency answer")
        size, root = open_checkpoint(answer["checkpoint"], self.state["site_root"], self.keys_of("log"))
        proof = [bytes.fromhex(one) for one in answer["proof"]]
        insist(known[0] == 0 or is_consistent(known[0], bytes.fromhex(known[1]), size, root, proof),
               "the log contradicts the state seen before")
        self.state["log"] = [size, root.hex()]
        return size

    def pull(self, url):
        service = self.session(url)
        answer, data = service.ask("GET", "/v1/work-package")
        insist(answer.getheader("ETag"), "the package has no ETag")
        package = json.loads(data)
        fields(package, "site_root key_statements revocations label_host label_prints rounds limits service_desk time_token",
               "the work package")
        root = fields(package["site_root"], "site name log_origin threshold keys", "the site root")
        insist(root == self.state["site_root"], "the package is of another site root")
        root_keys = [base64.b64decode(one["key"]["spki"]) for one in root["keys"]]
        self.state["keys"] = []
        for text in package["key_statements"]:
            statement = open_envelope(text, KEY_STATEMENT, root_keys, root["threshold"])
            fields(statement, "site key holder holder_kind holder_name party roles valid_from valid_until", "a key statement")
            self.state["keys"].append(statement)
        open_checkpoint(package["time_token"], root, self.keys_of("log"))
        chunks = {}

        def chunk(name):
            if name not in chunks:
                body = service.ask("GET", "/v1/chunks/sha256/" + name)[1]
                insist(sha256(body) == name, "a chunk has not the bytes of its name")
                chunks[name] = json.loads(body)
            return chunks[name]

        insist(len(package["rounds"]) >= 1, "no round is open")
        given = fields(package["rounds"][0], "plan receipt template ledger", "a round of the package")
        statement = open_envelope(given["plan"], PLAN, self.keys_of("service"))
        open_receipt(given["receipt"], given["plan"].encode(), root, self.keys_of("log"))
        plan = statement["plan"]
        fields(plan, "round ledger template visits exclusions", "a plan")
        ledger = {part["key"]: part["sha256"] for part in chunk(plan["ledger"]["sha256"])["chunks"]}
        chunk(package["label_prints"])
        self.state["work"] = {
            "plan": plan,
            "plan_sha256": sha256(given["plan"].encode()),
            "template": chunk(plan["template"]["sha256"]),
            "visits": [chunk(visit["sha256"]) for visit in plan["visits"]],
            "racks": {key[5:]: chunk(name)["assets"] for key, name in ledger.items() if key.startswith("rack/")},
            "token": package["time_token"],
            "token_received": clock(),
        }
        self.take_log_state(service)
        self.save()
        return {"visits": len(plan["visits"]), "log_size": self.state["log"][0]}

    def seal(self, kind, photos):
        work, started = self.state["work"], clock()
        walked = self.state.setdefault("walked", [])
        kind, _, passed_over = kind.partition(":")
        left = [one for one in work["visits"] if one["kind"] == kind and one["id"] not in walked]
        insist(len(left) > int(passed_over or 0), "no visit of this kind is left")
        visit = left[int(passed_over or 0)]
        evidence = []
        for photo in photos:
            data = open(photo, "rb").read()
            evidence.append({
                "sha256": sha256(data), "bytes": len(data), "media_type": "image/jpeg", "width": 640, "height": 480,
                "capture": "camera", "taken": clock(), "exif_time": None, "caption": "", "layer": None, "reuse": [],
            })
            with open(self.path(sha256(data) + ".jpg"), "wb") as file:
                file.write(data)
        evidence.sort(key=lambda photo: photo["sha256"])
        hashes = [photo["sha256"] for photo in evidence]
        criteria = {criterion["key"]: criterion for criterion in work["template"]["criteria"]}
        lines = [line_result(line, criteria[line["criterion"]], hashes) for line in visit["lines"]]
        assets = work["racks"].get(visit["subject"]["id"], []) if kind == "rack" else []
        record = {
            "site": self.state["site_root"]["site"],
            "round": work["plan"]["round"],
            "plan": work["plan_sha256"],
            "visit": {
                "id": visit["id"], "kind": visit["kind"], "subject": visit["subject"], "title": visit["title"],
                "room": visit["room"], "revision": 1,
            },
            "template": work["plan"]["template"],
            "ledger": work["plan"]["ledger"],
            "compared": assets,
            "compared_chunks": [],
            "orders": [],
            "inspector": {"id": self.state["person"], "name": self.state["person_name"], "key": self.person_key.id},
            "terminal": {
                "id": self.state["terminal"], "key": self.terminal_key.id, "sequence": self.state["sequence"] + 1,
                "previous": self.state["previous"], "app_version": "0.1.0",
            },
            "present": [],
            "clock": {
                "token": work["token"], "token_received": work["token_received"], "started": started, "sealed": clock(),
                "jumps": [],
            },
            "lines": lines,
            "scans": [],
            "reconciliation": [reconciled(asset) for asset in assets],
            "rack_closed": kind == "rack",
            "findings": [],
            "evidence": evidence,
            "photo_permit": None,
            "amends": None,
        }
        payload = jcs(record)
        envelope = sign_envelope(RECORD, payload, [self.person_key, self.terminal_key])
        name = sha256(payload)
        with open(self.path("sealed", "%06d-%s" % (record["terminal"]["sequence"], name)), "wb") as file:
            file.write(envelope)
            file.flush()
            os.fsync(file.fileno())
        walked.append(visit["id"])
        self.state.update(sequence=record["terminal"]["sequence"], previous=name)
        self.save()
        return {"record": name, "visit": visit["title"], "lines": len(lines), "photos": len(evidence)}

    def sealed(self):
        for file in sorted(os.listdir(self.path("sealed"))):
            yield file.split("-")[1], open(self.path("sealed", file), "rb").read()

    def send(self, url):
        service = self.session(url)
        records = list(self.sealed())
        answer = service.post("/v1/records", {"envelopes": [envelope.decode() for _, envelope in records]})
        answers = fields(answer, "answers", "the answer to records")["answers"]
        insist(len(answers) == len(records), "not one answer a record")
        for (name, _), one in zip(records, answers):
            if one["answer"] == "refused":
                stop("a record is refused: %s %s" % (one["problem"].get("code"), one["problem"].get("detail")))
            fields(one, "answer record", "the answer to a record")
            insist(one["answer"] in ("stored", "identical") and one["record"] == name, "the answer is %s" % one)
        photos = sorted({photo["sha256"] for _, envelope in records
                         for photo in json.loads(base64.b64decode(json.loads(envelope)["payload"]))["evidence"]})
        states = fields(service.post("/v1/blobs/have", {"blobs": photos}), "states", "the answer to have")["states"]
        ways = {"put": 0, "patch": 0, "there": 0}
        for number, (photo, state) in enumerate(zip(photos, states)):
            data, path = open(self.path(photo + ".jpg"), "rb").read(), "/v1/blobs/sha256/" + photo
            if state["state"] == "stored":
                ways["there"] += 1
                continue
            insist(state["state"] == "partial", "the service says %s of a photo that a record names" % state)
            if number % 2 == 0 and state["offset"] == 0:
                answer, _ = service.ask("PUT", path, data, {"Content-Type": "application/octet-stream"}, True)
                ways["put"] += 1
            else:
                self.break_off(service, path, data[: len(data) // 2])
                head, _ = service.ask("HEAD", path)
                offset = int(head.getheader("Upload-Offset"))
                insist(int(head.getheader("Upload-Length")) == len(data), "the service expects another length")
                answer, _ = service.ask("PATCH", path, data[offset:], {
                    "Content-Type": "application/partial-upload", "Upload-Offset": str(offset)}, True)
                ways["patch"] += 1
            insist(answer.status == 204, "a photo is answered %d" % answer.status)
            insist(answer.getheader("Upload-Offset") == answer.getheader("Upload-Length") == str(len(data)),
                   "the service does not say that it has the whole photo")
        return {"records": [one["answer"] for one in answers], "photos": ways}

    @staticmethod
    def break_off(service, path, part):
        """Half a photo, then the line is cut: what arrived stays."""
        connection = http.client.HTTPConnection(service.host, timeout=30)
        connection.putrequest("PUT", path)
        connection.putheader("Authorization", "Bearer " + service.token)
        connection.putheader("Content-Length", str(len(part) * 2 + 1))
        connection.endheaders()
        connection.send(part)
        connection.sock.shutdown(1)
        connection.close()

    def collect(self, url):
        service = self.session(url)
        records = list(self.sealed())
        answer = service.post("/v1/receipts", {"records": [name for name, _ in records]})
        states = fields(answer, "states", "the answer to receipts")["states"]
        delivered = 0
        for (name, envelope), state in zip(records, states):
            if state["state"] != "delivered":
                continue
            fields(state, "state delivered receipt", "a delivery")
            statement = open_envelope(state["delivered"], DELIVERED, self.keys_of("service"))
            fields(statement, "site record envelope blobs stored_at", "a delivered statement")
            insist(statement["record"] == name and statement["envelope"] == sha256(envelope), "the receipt of another record")
            record = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
            named = [{"sha256": photo["sha256"], "bytes": photo["bytes"]} for photo in record["evidence"]]
            insist(statement["blobs"] == named, "the receipt is for other photos")
            open_receipt(state["receipt"], state["delivered"].encode(), self.state["site_root"], self.keys_of("log"))
            delivered += 1
        size = self.take_log_state(service)
        self.save()
        return {"records": len(records), "delivered": delivered, "log_size": size}


def clock():
    boot = open("/proc/sys/kernel/random/boot_id").read().strip()
    return {"wall_ms": time.time_ns() // 1_000_000, "monotonic_ms": time.monotonic_ns() // 1_000_000, "boot_id": boot}


def line_result(line, criterion, photos):
    checks = [{"check": check["key"], "outcome": "normal", "reason": "", "value": normal_value(check["input"])}
              for check in criterion["checks"]]
    scope = next(scope for scope in criterion["scopes"] if scope["subject"] == line["subject"]["kind"])
    is_asked = criterion["evidence"]["photos_when_normal"] > 0
    return {
        "no": line["no"], "criterion": line["criterion"], "subject": line["subject"], "mode": scope["mode"],
        "outcome": "normal", "reason": "", "note": "", "checks": checks,
        "photos": photos if is_asked or line["no"] == 1 else [],
        "no_photo": {"reason": "涉密区域", "confirmed_by": "王五"} if is_asked and not photos else None,
        "answered": clock(), "spent_ms": 4000, "bulk": False, "edits": 0, "must_check": None,
    }


def normal_value(asked):
    kind = asked["type"]
    if kind == "judgement":
        return None
    if kind == "choice":
        return {"type": kind, "key": next(option["key"] for option in asked["options"] if not option["abnormal"])}
    if kind == "readings":
        points = range(1, asked["points"] + 1)
        readings = [{"quantity": quantity, "point": "测点%d" % point, "value": "22.5", "limit": None}
                    for point in points for quantity in asked["quantities"]]
        return {"type": kind, "readings": readings}
    return {"type": kind, **{
        "count": {"count": 0},
        "earliest_footage": {"on": "2026-01-02"},
        "doors": {"front": "locked", "rear": "locked"},
        "rack_labels": {"front": "right", "rear": "right"},
        "reconciliation": {"quantity": 1},
        "order_match": {"order_matches": True, "owner_matches": True},
        "unit_counts": {"units": [{"owning_unit": "市档案馆", "ordered": 3, "in_ledger": 3, "online": 3}]},
        "expiries": {"items": [{"place": "东门", "expires_on": "2030-01-01"}]},
        "register": {"own_entry_found": True, "incomplete_entries": 0},
        "contacts": {"posted": True, "current": True},
    }[kind]}


def reconciled(asset):
    sighting = {
        "asset": asset["id"], "by": "eye", "rack": asset["rack"], "span": asset["span"], "face": asset["face"],
        "brand": None, "model": None, "serial": None, "quantity": None, "owning_unit": None, "order_no": None,
        "as_in_ledger": True, "note": "",
    }
    return {"asset": asset["id"], "verdicts": ["matches"], "sighting": sighting}


def main():
    folder, command, *rest = sys.argv[1:]
    if command == "hello":
        done = Service(*rest).hello()
    else:
        terminal = Terminal(folder)
        done = {
            "enrol": terminal.enrol, "pull": terminal.pull, "send": terminal.send, "collect": terminal.collect,
            "seal": lambda kind, *photos: terminal.seal(kind, photos),
        }[command](*rest)
    print(json.dumps(done, ensure_ascii=False))


main()
