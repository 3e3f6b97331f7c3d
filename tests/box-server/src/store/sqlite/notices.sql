-- What citizens may see: read out of manifests whose slip carries a code.

CREATE TABLE notices (
    case_id BLOB PRIMARY KEY REFERENCES cases (case_id),
    number TEXT NOT NULL,
    auth BLOB NOT NULL CHECK (length(auth) = 32), -- hash of what the citizen's browser shows
    until INTEGER NOT NULL -- unix ms
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_by_number ON notices (number);
