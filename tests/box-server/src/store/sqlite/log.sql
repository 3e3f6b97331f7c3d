-- The log of manifests: a Merkle tree over their payload hashes in the order in which cases were declared.

CREATE TABLE log (
    leaf INTEGER PRIMARY KEY CHECK (leaf >= 0), -- from 0, without gaps
    case_id BLOB NOT NULL UNIQUE REFERENCES cases (case_id),
    entry BLOB NOT NULL CHECK (length(entry) = 32) -- hash of the manifest's payload
) STRICT;

CREATE TABLE log_nodes (
    level INTEGER NOT NULL, -- 0: hash of a leaf
    place INTEGER NOT NULL, -- among the complete subtrees of that level
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;

ALTER TABLE objects ADD COLUMN kind INTEGER NOT NULL DEFAULT 0; -- as in the manifest
CREATE INDEX cases_incomplete ON cases (log) WHERE receipt IS NULL;
