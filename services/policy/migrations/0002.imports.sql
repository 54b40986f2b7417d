-- Import runs and what was last read of each source file: the base of "nothing written" on a second run.
-- depends: 0001.works

CREATE TABLE import_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    importer text NOT NULL,
    source text NOT NULL,
    release date NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'stopped', 'failed')),
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    counts jsonb NOT NULL DEFAULT '{}'
);

-- `path` is without its dated folder, which stands in `release`.
CREATE TABLE import_file (
    importer text NOT NULL,
    path text NOT NULL,
    release date NOT NULL,
    parser_version int NOT NULL,
    sha256 bytea NOT NULL,
    version_id bigint NOT NULL REFERENCES version ON DELETE CASCADE,
    imported_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (importer, path, release)
);
CREATE INDEX import_file_version ON import_file (version_id);

CREATE TABLE import_failure (
    run_id bigint NOT NULL REFERENCES import_run ON DELETE CASCADE,
    path text NOT NULL,
    line int NOT NULL,                      -- 0: unknown
    message text NOT NULL,
    PRIMARY KEY (run_id, path)
);
