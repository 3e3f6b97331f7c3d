-- Until when parts of objects are kept. Uploads that come in one request never stand here.

CREATE TABLE uploads (
    object BLOB PRIMARY KEY REFERENCES objects (object),
    expires_at INTEGER NOT NULL, -- unix ms
    expired INTEGER NOT NULL DEFAULT 0 CHECK (expired IN (0, 1)) -- the part is dropped; must be announced anew
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_end ON uploads (expires_at) WHERE expired = 0;
