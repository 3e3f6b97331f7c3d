"""tuspy, as it is sold, uploads to the box; only token and proof are put into its headers."""

from __future__ import annotations

import hashlib
import io
from typing import Any
from unittest import mock

import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed
from tusclient.uploader import Uploader

from phone.box import Box
from phone.shift import Case, Phone

CHUNK = 100_000
SIZE = 420_000


@pytest.fixture(autouse=True)
def trust(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """tuspy makes a mere yes of the certificate's path, so the path comes through the environment."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", box.ca)


class Signed(Uploader):
    """Adds what the box demands of each request."""

    def __init__(self, phone: Phone, **options: Any) -> None:
        self.phone, self.method = phone, "PATCH"
        super().__init__(verify_tls_cert=phone.box.ca, **options)

    def get_headers(self) -> dict[str, str]:
        method, self.method = self.method, "PATCH"
        url = self.client.url if method == "POST" else self.url
        return super().get_headers() | self.phone.wire.headers(method, url)

    def get_offset(self) -> int:
        self.method = "HEAD"
        return int(super().get_offset())

    def get_url_creation_headers(self) -> dict[str, str]:
        self.method = "POST"
        return dict(super().get_url_creation_headers())


def uploader(phone: Phone, case: Case, **options: Any) -> Signed:
    object_id, blob = case.files[1]
    client = TusClient(f"{phone.box.origin}/v1/uploads")
    options = {"chunk_size": CHUNK, "metadata": {"object": object_id}, "upload_checksum": True} | options
    return Signed(phone, file_stream=io.BytesIO(blob), client=client, **options)


def announced(phone: Phone) -> Case:
    case = phone.case(photos=(SIZE,))
    said = phone.declare(case)
    assert {entry["protocol"] for entry in said["uploads"]} == {"put", "tus"}
    assert phone.put(case, 0) == 201
    return case


def received(box: Box, phone: Phone, case: Case) -> bool:
    assert phone.wire.send("GET", f"{case.path}/receipt").status_code == 200
    stored = requests.get(f"{box.origin}{case.path}/objects/{case.files[1][0]}", headers=box.desk, verify=box.ca)
    return stored.content == case.files[1][1]


@pytest.mark.parametrize("checksum", [True, False])
def test_an_announced_object_is_uploaded_in_chunks(box: Box, phone: Phone, checksum: bool) -> None:
    case = announced(phone)
    uploader(phone, case, upload_checksum=checksum).upload()
    assert received(box, phone, case)


def test_an_upload_goes_on_after_a_cut(box: Box, phone: Phone) -> None:
    case = announced(phone)
    first = uploader(phone, case)
    first.upload(stop_at=2 * CHUNK)
    second = uploader(phone, case, url=first.url)
    assert second.offset == 2 * CHUNK
    second.upload()
    assert received(box, phone, case)


def test_a_second_creation_does_not_reset_the_upload(box: Box, phone: Phone) -> None:
    case = announced(phone)
    first = uploader(phone, case)
    first.upload(stop_at=CHUNK)
    second = uploader(phone, case)
    assert second.create_url() == first.url
    assert first.get_offset() == CHUNK
    second.set_url(first.url)
    second.offset = second.get_offset()
    second.upload()
    assert received(box, phone, case)


def test_a_chunk_with_a_wrong_checksum_is_refused_and_the_offset_stays(box: Box, phone: Phone) -> None:
    case = announced(phone)
    upload = uploader(phone, case)
    upload.upload(stop_at=CHUNK)
    wrong = mock.PropertyMock(return_value=lambda data: hashlib.sha1(data + b"x"))
    with mock.patch.object(Uploader, "checksum_algorithm", wrong), pytest.raises(TusUploadFailed) as refused:
        upload.upload()
    assert refused.value.status_code == 460
    assert upload.get_offset() == CHUNK
    upload.upload()
    assert received(box, phone, case)


def test_what_no_manifest_announces_is_not_created(phone: Phone) -> None:
    case = phone.case(photos=(SIZE,))
    with pytest.raises(Exception, match="404"):
        uploader(phone, case).create_url()
