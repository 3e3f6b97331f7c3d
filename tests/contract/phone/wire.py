"""HTTP to a box: enrolment, tokens, proofs and digests.

Proofs (RFC 9449) come from joserfc, client assertions (RFC 7523) from jwcrypto,
so the box meets two libraries that it does not know.  The nonce of the last
answer goes into the next proof; a 401 `use-dpop-nonce` is answered once.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import time
from hashlib import sha256
from typing import Any

import requests
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey
from jwcrypto import jwk as crypto_jwk
from jwcrypto import jwt as crypto_jwt

from .box import Box

COSE = "application/cose"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(sha256(body).digest()).decode()}:"


class Wire:
    """One device at one box.  `device_jwk` is the private key in JWK form."""

    def __init__(self, box: Box, device: str, device_jwk: dict[str, Any]) -> None:
        self.box, self.device = box, device
        self.device_key = crypto_jwk.JWK(**device_jwk)
        self.session = ECKey.generate_key("P-256", auto_kid=False)
        self.http = requests.Session()
        self.http.verify = box.ca
        self.http.trust_env = False  # a bundle named by the environment would win over this one
        self.token: str | None = None
        self.nonce: str | None = None

    def proof(self, method: str, url: str, **changes: Any) -> str:
        claims = {"jti": secrets.token_hex(16), "htm": method, "htu": url.split("?")[0], "iat": int(time.time())}
        if self.token:
            claims["ath"] = base64url(sha256(self.token.encode()).digest())
        if self.nonce:
            claims["nonce"] = self.nonce
        public = {name: value for name, value in self.session.as_dict(private=False).items() if name != "kid"}
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public}
        return joserfc_jwt.encode(header, claims | changes, self.session)

    def headers(self, method: str, url: str) -> dict[str, str]:
        found = {"DPoP": self.proof(method, url)}
        return found | ({"Authorization": f"DPoP {self.token}"} if self.token else {})

    def assertion(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.device, "sub": self.device, "aud": f"{self.box.origin}/v1/token"}
        claims |= {"jti": secrets.token_hex(16), "iat": now, "exp": now + 120}
        made = crypto_jwt.JWT(header={"alg": "ES256", "typ": "JWT"}, claims=claims | changes)
        made.make_signed_token(self.device_key)
        return str(made.serialize())

    def send(self, method: str, path: str, body: bytes | None = None, media: str = COSE, **more: Any) -> requests.Response:
        """One request; one more if all that is missing is the nonce."""
        answer = self._once(method, path, body, media, dict(more.get("headers", {})))
        if answer.status_code == 401 and answer.json()["type"].endswith("/use-dpop-nonce"):
            answer = self._once(method, path, body, media, dict(more.get("headers", {})))
        return answer

    def _once(self, method: str, path: str, body: bytes | None, media: str, more: dict[str, str]) -> requests.Response:
        url = self.box.origin + path
        head = self.headers(method, url) | more
        if body is not None:
            head = {"Content-Type": media, "Content-Digest": digest(body)} | head
        answer = self.http.request(method, url, data=body, headers=head, allow_redirects=False)
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer

    def enrol(self, code: str, attestation: list[str] | None = None) -> requests.Response:
        public = json.loads(self.device_key.export_public())
        key = {name: public[name] for name in ("kty", "crv", "x", "y")}
        body = json.dumps({"jwk": key, "attestation": attestation or [], "enrolment_code": code}).encode()
        head = {"Content-Type": "application/json", "Content-Digest": digest(body)}
        return self.http.put(f"{self.box.origin}/v1/devices/{self.device}", data=body, headers=head)

    def log_in(self) -> dict[str, Any]:
        self.token = None
        for _ in range(2):  # the second time with the nonce that the first answer brought
            form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": self.assertion()}
            body = requests.models.RequestEncodingMixin._encode_params(form).encode()
            answer = self._once("POST", "/v1/token", body, "application/x-www-form-urlencoded", {})
            if answer.status_code != 401:
                break
        answer.raise_for_status()
        granted: dict[str, Any] = answer.json()
        self.token = granted["access_token"]
        return granted


def new_id() -> bytes:
    return os.urandom(16)
