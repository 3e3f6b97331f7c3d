"""Handing over as an app steers it: how long payloads stay, what may go, who hears of it, and a host's own uploader."""

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import streife_ffi as streife

from cases import record_case, states

UNMETERED, METERED = streife.Network.UNMETERED, streife.Network.METERED
STATES = streife.CaseState


def on_duty(phone, **changes):
    app = phone.open(**changes)
    app.enrol(phone.box.agency["enrolment_code"])
    app.open_shift(streife.Officer(id="4711", unit=None))
    return app


def sealed_case(app, folder):
    case = record_case(app, folder)
    app.seal_case(case)
    return case


def test_a_payload_stays_behind_its_receipt_as_configured_and_the_receipt_is_exported(phone, tmp_path):
    app = on_duty(phone, retain_ms=72 * 3_600_000)
    case = sealed_case(app, tmp_path)
    assert app.sync(UNMETERED).receipts == 1
    status = app.status()
    assert states(app) == [STATES.RECEIPTED] and (status.handed_over, status.kept) == (1, 1)
    [receipt] = app.receipts()
    assert receipt.case == case and receipt.receipt[0] == 0xD2  # COSE_Sign1
    assert app.reconcile(UNMETERED).end.is_IDLE()
    assert states(app) == [STATES.RECEIPTED] and app.notices() == []


def test_what_is_large_waits_for_its_link_or_the_charger_and_an_urgent_case_does_not(phone, tmp_path):
    app = on_duty(phone, metered_limit=20_000, small_limit=20_000)
    case = sealed_case(app, tmp_path)
    report = app.sync(METERED)
    assert report.end.is_IDLE() and (report.receipts, report.waiting) == (0, streife.Waiting.UNMETERED_LINK)
    assert app.sync(UNMETERED, battery_low=True).waiting == streife.Waiting.CHARGER
    assert app.sync_state().english.endswith("battery low, waiting for the charger")
    app.mark_urgent(case)
    assert app.sync(METERED).receipts == 1
    with pytest.raises(streife.StreifeError.NotFound):
        app.mark_urgent("0" * 32)


class Listener(streife.HostProgress):
    def __init__(self, failure=None):
        self.heard = []
        self.failure = failure

    def progress(self, state):
        self.heard.append(state)
        if self.failure is not None:
            raise self.failure


@pytest.mark.parametrize("failure", [None, RuntimeError("of the host")], ids=["hears", "throws"])
def test_a_listener_hears_how_far_it_has_come_and_may_fail(phone, tmp_path, failure):
    app = on_duty(phone)
    sealed_case(app, tmp_path)
    listener = Listener(failure)
    report = app.sync(UNMETERED, listener=listener)
    assert report.receipts == 1 and len(listener.heard) == report.requests + 1
    assert (listener.heard[0].case_number, listener.heard[0].cases) == (1, 1)
    assert listener.heard[-1].german == "alles übergeben" == app.sync_state().german
    assert 0 < report.bytes_needed <= report.bytes_sent <= report.bytes_needed * 1.1


class Uploader:
    """What a platform's background session does: one request after another, by path and offset."""

    def __init__(self, box):
        authorities = ssl.create_default_context(cadata=box.authorities)
        at = urlsplit(box.agency["url"])
        self.connection = http.client.HTTPSConnection(at.hostname, at.port, context=authorities)

    def send(self, transfer):
        headers = {header.name: header.value for header in transfer.headers}
        self.connection.request(transfer.method, transfer.path, self.body(transfer.body), headers)
        answer = self.connection.getresponse()
        body = answer.read()
        told = [streife.HeaderView(name=name, value=value) for name, value in answer.getheaders()]
        return streife.TransferOutcome.ANSWERED(status=answer.status, headers=told, body=body)

    @staticmethod
    def body(body):
        if body.is_FILE():
            with Path(body.path).open("rb") as file:
                file.seek(body.offset)
                return file.read(body.length)
        return body.bytes if body.is_BYTES() else b""


def test_a_hosts_own_uploader_hands_over_and_each_answer_counts_once(phone, tmp_path):
    app = on_duty(phone)
    sealed_case(app, tmp_path)
    uploader, receipts, transfers = Uploader(phone.box), 0, 0
    while (transfer := app.next_transfer(UNMETERED)).is_SEND():
        outcome = uploader.send(transfer)
        receipts += app.transfer_done(transfer.token, outcome, UNMETERED).receipts
        with pytest.raises(streife.StreifeError.State):
            app.transfer_done(transfer.token, outcome, UNMETERED)
        transfers += 1
    assert transfer.is_IDLE() and receipts == 1 and transfers > 6
    assert states(app) == [STATES.PURGED]


def test_a_transfer_that_fails_waits_and_goes_on(phone, tmp_path):
    app = on_duty(phone)
    sealed_case(app, tmp_path)
    transfer = app.next_transfer(UNMETERED)
    lost = streife.TransferOutcome.FAILED(why=streife.TransferFailure.UNREACHABLE)
    app.transfer_done(transfer.token, lost, UNMETERED)
    waits = app.next_transfer(UNMETERED)
    assert waits.is_WAIT_UNTIL() and app.sync_state().waiting == streife.Waiting.BOX_UNREACHABLE
    assert waits.unix_ms > phone.clock.read().unix_ms
