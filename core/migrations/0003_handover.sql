-- What the desk has decided over a case, and cases that go before others.

ALTER TABLE cases ADD COLUMN decision BLOB;                     -- COSE; signed by the box
ALTER TABLE cases ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0; -- 1: before all others, over any link
