-- Ranges of case numbers. AUTOINCREMENT: no number of a range is ever given a second time, not even behind a deletion.

CREATE TABLE ranges (
    range INTEGER PRIMARY KEY AUTOINCREMENT,
    device BLOB NOT NULL REFERENCES devices (device),
    request BLOB NOT NULL CHECK (length(request) = 16),
    granted_at INTEGER NOT NULL, -- unix ms
    cose BLOB NOT NULL, -- as signed for the device; the same request gets the same bytes
    UNIQUE (device, request)
) STRICT;
CREATE INDEX ranges_of_device ON ranges (device, granted_at);
