-- What the desk does with cases, and the feed of all that happens to them. Triggers write the feed, so that nothing
-- enters a table without its line, whoever enters it.

CREATE TABLE decisions (
    case_id BLOB PRIMARY KEY REFERENCES cases (case_id), -- one decision a case; it is final
    event BLOB NOT NULL UNIQUE CHECK (length(event) = 16),
    kind INTEGER NOT NULL CHECK (kind IN (1, 2)), -- accepted, rejected
    reason TEXT NOT NULL,
    cose BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE wraps (
    case_id BLOB NOT NULL REFERENCES cases (case_id),
    recipient BLOB NOT NULL CHECK (length(recipient) = 16),
    kem INTEGER NOT NULL,
    enc BLOB NOT NULL,
    ct BLOB NOT NULL,
    PRIMARY KEY (case_id, recipient)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 5), -- declared, complete, event, decision, wrap
    case_id BLOB NOT NULL,
    id BLOB -- of the event or the decision; the recipient of a wrap
) STRICT;

INSERT INTO feed (kind, case_id) SELECT 1, case_id FROM cases ORDER BY log;
INSERT INTO feed (kind, case_id) SELECT 2, case_id FROM cases WHERE receipt IS NOT NULL ORDER BY log;
INSERT INTO feed (kind, case_id, id) SELECT 3, case_id, event FROM events ORDER BY log;

CREATE TRIGGER feed_declared AFTER INSERT ON cases BEGIN
    INSERT INTO feed (kind, case_id) VALUES (1, NEW.case_id);
    INSERT INTO feed (kind, case_id) SELECT 2, NEW.case_id WHERE NEW.receipt IS NOT NULL;
END;
CREATE TRIGGER feed_complete AFTER UPDATE OF receipt ON cases
    WHEN OLD.receipt IS NULL AND NEW.receipt IS NOT NULL BEGIN
    INSERT INTO feed (kind, case_id) VALUES (2, NEW.case_id);
END;
CREATE TRIGGER feed_event AFTER INSERT ON events BEGIN
    INSERT INTO feed (kind, case_id, id) VALUES (3, NEW.case_id, NEW.event);
END;
CREATE TRIGGER feed_decision AFTER INSERT ON decisions BEGIN
    INSERT INTO feed (kind, case_id, id) VALUES (4, NEW.case_id, NEW.event);
END;
CREATE TRIGGER feed_wrap AFTER INSERT ON wraps BEGIN
    INSERT INTO feed (kind, case_id, id) VALUES (5, NEW.case_id, NEW.recipient);
END;
