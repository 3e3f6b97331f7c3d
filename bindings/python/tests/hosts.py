"""What a phone gives the library, in software: for these tests only, never for evidence."""

import os
import time
import uuid
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import streife_ffi as streife


class SoftwareSigner(streife.HostSigner):
    """A P-256 key in memory. `failure` is raised instead of signing, `answer` given instead of a signature."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.failure = None
        self.answer = None
        self.before = lambda: None

    def public_key(self):
        point = serialization.PublicFormat.UncompressedPoint
        return self.key.public_key().public_bytes(serialization.Encoding.X962, point)

    def sign(self, message):
        self.before()
        if self.failure is not None:
            raise self.failure
        if self.answer is not None:
            return self.answer
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))


class SoftwareKeyStore(streife.HostKeyStore):
    """Wraps with AES-GCM under keys in memory."""

    def __init__(self):
        self.keys = {}
        self.failure = None
        self.answer = None

    def create(self, alias):
        self._fail()
        self.keys.setdefault(alias, AESGCM.generate_key(256))

    def wrap(self, alias, key):
        nonce = os.urandom(12)
        return nonce + self._cipher(alias).encrypt(nonce, key, alias.encode())

    def unwrap(self, alias, wrapped):
        cipher = self._cipher(alias)
        if self.answer is not None:
            return self.answer
        try:
            return cipher.decrypt(wrapped[:12], wrapped[12:], alias.encode())
        except InvalidTag:
            raise streife.HostKeyStoreError.WrongKey from None

    def delete(self, alias):
        self._fail()
        self.keys.pop(alias, None)

    def _cipher(self, alias):
        self._fail()
        if alias not in self.keys:
            raise streife.HostKeyStoreError.Gone
        return AESGCM(self.keys[alias])

    def _fail(self):
        if self.failure is not None:
            raise self.failure


class DeviceClock(streife.HostClock):
    """The clocks of this computer; `ahead_ms` moves wall and monotonic time on."""

    def __init__(self):
        self.boot = str(uuid.uuid4()).upper()
        self.ahead_ms = 0
        self.failure = None

    def read(self):
        if self.failure is not None:
            raise self.failure
        return streife.HostClockReading(
            unix_ms=time.time_ns() // 1_000_000 + self.ahead_ms,
            offset_s=time.localtime().tm_gmtoff,
            mono_ms=time.monotonic_ns() // 1_000_000 + self.ahead_ms,
            boot=self.boot,
        )


class ListSink(streife.LogSink):
    """Keeps the lines; raises after each if told to."""

    def __init__(self, failure=None):
        self.lines = []
        self.failure = failure

    def write(self, line):
        self.lines.append(line)
        if self.failure is not None:
            raise self.failure


class MemoryAnchor(streife.HostAnchor):
    """Keeps the mark in memory; `failure` is raised instead."""

    def __init__(self):
        self.mark = None
        self.failure = None

    def load(self):
        if self.failure is not None:
            raise self.failure
        return self.mark

    def store(self, mark):
        if self.failure is not None:
            raise self.failure
        self.mark = mark


class Phone:
    """A phone that outlives its app: folder, hardware and clock stay, the open vault comes and goes."""

    def __init__(self, folder: Path, box):
        self.box = box
        self.signer = SoftwareSigner()
        self.key_store = SoftwareKeyStore()
        self.clock = DeviceClock()
        self.anchor = MemoryAnchor()
        self.sink = ListSink()
        self.config = {
            "folder": str(folder),
            "agency": box.agency["agency"],
            "agency_root": box.agency["agency_root"],
            "box_key": box.agency["box_key"],
            "box_origin": box.agency["url"],
            "authorities_pem": box.authorities,
            "app": "smoke 1.0",
            "ballast": 1 << 20,
            "retain_ms": 0,
        }

    def open(self, **changes) -> streife.Streife:
        config = streife.ConfigInput(**(self.config | changes))
        return streife.Streife.open(config, self.signer, self.key_store, self.clock, self.sink, self.anchor)

    def on_duty(self) -> streife.Streife:
        """Opened, enrolled, with an open shift."""
        app = self.open()
        app.enrol(self.box.agency["enrolment_code"])
        app.open_shift(streife.Officer(id="4711", unit="PI Altstadt"))
        return app
