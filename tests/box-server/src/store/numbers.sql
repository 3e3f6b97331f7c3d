-- Ranges of case numbers. AUTOINCREMENT: no number of a range is ever given a second time, not even behind a deletion.

CREATE TABLE ranges (
    range INTEGER PRIMARY KEY AUTOINCREMENT,
    device BLOB NOT NULL REFERENCES devices (device),
    request BLOB NOT NULL CHECK (length(request) = 16),
    cose BLOB NOT NULL, -- as signed for the device; the same request gets the same bytes
    UNIQUE (device, request)
) STRICT;
