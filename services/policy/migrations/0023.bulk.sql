-- Parts of the bulk export whose content was read and hashed.
-- depends: 0022.changes

-- A part is a range of the log of changes: the versions whose last change is in it. `fingerprint` is a hash over the
-- numbers of those changes, so that it is another one as soon as one of the versions changes again.
CREATE TABLE bulk_part (
    fingerprint bytea PRIMARY KEY,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    versions int NOT NULL,
    works int NOT NULL,
    bytes bigint NOT NULL,                  -- of the NDJSON
    sha256 bytea NOT NULL,                  -- of the NDJSON
    built_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bulk_part_sha256 ON bulk_part (sha256);
