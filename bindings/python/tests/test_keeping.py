"""Background and foreground, room on the disk, new keys: what keeps the vault safe without an officer."""

from pathlib import Path

import pytest
import streife_ffi as streife

from cases import record_case, states


@pytest.fixture
def app(phone):
    return phone.on_duty()


def test_a_suspended_vault_is_free_for_others_until_it_is_resumed(phone, app, tmp_path):
    case = record_case(app, tmp_path)
    app.suspend()
    with pytest.raises(streife.StreifeError.State):
        app.seal_case(case)
    other = phone.open()
    with pytest.raises(streife.StreifeError.InUse):
        app.resume()
    del other
    app.resume()
    assert app.seal_case(case).signed


def test_what_others_did_meanwhile_is_told(phone, app, tmp_path):
    app.suspend()
    other = phone.open()
    other.begin_case()
    del other
    app.resume()
    (notice,) = [notice for notice in app.notices() if notice.is_CHANGED_WHILE_SUSPENDED()]
    assert notice.found > notice.left


def test_room_is_held_back_and_told(app):
    space = app.space()
    assert space.level == streife.SpaceLevelView.ENOUGH
    assert space.ballast == 1 << 20 and space.free > space.ballast


def test_an_audit_finds_nothing_in_a_sound_vault_and_names_the_chunk_that_was_changed(phone, app, tmp_path):
    case = record_case(app, tmp_path)
    sound = app.audit()
    assert sound.findings == [] and sound.unread == 0
    assert sound.files > 0 and sound.chunks >= sound.files and sound.entries > 0 and sound.signatures > 0
    photo = next(iter(sorted((Path(phone.config["folder"]) / "objects").glob("*.sbx"))))
    photo.write_bytes(photo.read_bytes()[:-1] + bytes([photo.read_bytes()[-1] ^ 1]))
    (finding,) = app.audit().findings
    assert photo.stem in finding.record and case in finding.record
    assert finding.fault == "does not open" and finding.chunk is not None
    assert any(notice.is_DAMAGED() for notice in app.notices())


def test_new_keys_leave_everything_readable(phone, app, tmp_path):
    case = record_case(app, tmp_path)
    before = set(phone.key_store.keys)
    app.rotate_keys()
    assert len(phone.key_store.keys) == 1 and not before & set(phone.key_store.keys)
    assert app.seal_case(case).signed
    app.suspend()
    assert states(phone.open()) == [streife.CaseState.SEALED]


def test_keys_are_not_changed_while_the_store_fails(phone, app):
    before = dict(phone.key_store.keys)
    phone.key_store.failure = streife.HostKeyStoreError.NotNow()
    with pytest.raises(streife.StreifeError.KeyUnavailable):
        app.rotate_keys()
    assert phone.key_store.keys == before
    app.begin_case()


def test_an_anchor_that_fails_stops_nothing(phone, tmp_path):
    phone.anchor.failure = RuntimeError("M-AB 1234")
    app = phone.on_duty()
    assert app.seal_case(record_case(app, tmp_path)).signed
    assert "M-AB 1234" not in "\n".join(phone.sink.lines)
