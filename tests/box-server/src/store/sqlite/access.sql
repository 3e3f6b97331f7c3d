-- Enrolment by one-time codes, statements of platforms about keys, and devices that may only bring home what they have.

CREATE TABLE used_codes (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32), -- the code itself is not kept
    device BLOB NOT NULL REFERENCES devices (device)
) STRICT, WITHOUT ROWID;

CREATE TABLE attestations (
    device BLOB PRIMARY KEY REFERENCES devices (device),
    chain TEXT NOT NULL -- JSON, as enrolled
) STRICT, WITHOUT ROWID;

CREATE TABLE drains (
    device BLOB PRIMARY KEY REFERENCES devices (device),
    since INTEGER NOT NULL -- unix ms
) STRICT, WITHOUT ROWID;

CREATE TABLE late_cases (
    case_id BLOB PRIMARY KEY REFERENCES cases (case_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER case_is_late AFTER INSERT ON cases
    WHEN EXISTS (SELECT 1 FROM drains WHERE device = NEW.device) BEGIN
    INSERT INTO late_cases (case_id) VALUES (NEW.case_id);
END;

-- So that a device can list its own.
CREATE INDEX cases_of_device ON cases (device, log);
