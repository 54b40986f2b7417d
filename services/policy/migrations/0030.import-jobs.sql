-- Imports as jobs: one row of import_run for each import, whether uploaded or run as a command, from the wish to the end.
-- depends: 0002.imports

-- An uploaded file, in pieces that are read and written one at a time. It is here, and not in a folder, because the
-- services and the worker may run on different machines.
CREATE TABLE import_upload (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    filename text NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    sha256 bytea,                           -- null until the last piece is there
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE import_upload_piece (
    upload_id uuid NOT NULL REFERENCES import_upload ON DELETE CASCADE,
    number int NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (upload_id, number)
);
ALTER TABLE import_upload_piece ALTER data SET STORAGE EXTERNAL;  -- archives are compressed as they are

-- queued: waits for a worker. stopped: ended before its end without anybody's wish, and nothing goes on with it.
ALTER TABLE import_run DROP CONSTRAINT import_run_state_check;
ALTER TABLE import_run ADD CONSTRAINT import_run_state_check
    CHECK (state IN ('queued', 'running', 'done', 'stopped', 'failed', 'cancelled'));
ALTER TABLE import_run
    ALTER release DROP NOT NULL,            -- known once the import begins
    ALTER started_at DROP NOT NULL,
    ALTER started_at DROP DEFAULT,
    ADD COLUMN origin text NOT NULL DEFAULT 'command' CHECK (origin IN ('command', 'upload')),
    ADD COLUMN account text,                -- who uploaded it
    ADD COLUMN upload_id uuid REFERENCES import_upload ON DELETE SET NULL,
    ADD COLUMN upload_sha256 bytea,
    ADD COLUMN upload_size bigint,
    ADD COLUMN asked_release date,
    ADD COLUMN idempotency_key text,
    ADD COLUMN requested_at timestamptz,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN cancel_requested boolean NOT NULL DEFAULT false,
    ADD COLUMN lost int NOT NULL DEFAULT 0, -- how often its worker was gone in the middle of it
    ADD COLUMN phase text NOT NULL DEFAULT '',
    ADD COLUMN done bigint NOT NULL DEFAULT 0,
    ADD COLUMN total bigint NOT NULL DEFAULT 0,
    ADD COLUMN files int NOT NULL DEFAULT 0,
    ADD COLUMN files_done int NOT NULL DEFAULT 0,
    ADD COLUMN trouble text NOT NULL DEFAULT '';
UPDATE import_run SET requested_at = started_at, updated_at = coalesce(finished_at, started_at);
ALTER TABLE import_run ALTER requested_at SET NOT NULL, ALTER requested_at SET DEFAULT now();
CREATE UNIQUE INDEX import_run_idempotency ON import_run (account, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX import_run_account ON import_run (account, id);
CREATE INDEX import_run_waiting ON import_run (id) WHERE state IN ('queued', 'running');
CREATE INDEX import_run_upload ON import_run (upload_id) WHERE upload_id IS NOT NULL;

-- The workers that are there: each says so every few seconds, and takes its row away when it is asked to end.
CREATE TABLE import_worker (
    name text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);

-- Wakes workers when an import is to be begun, and when one has ended so that the next can begin.
CREATE FUNCTION import_run_told() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('openpolicy_imports', '');
    RETURN NULL;
END $$;
CREATE TRIGGER import_run_added AFTER INSERT ON import_run
    FOR EACH ROW WHEN (NEW.state = 'queued') EXECUTE FUNCTION import_run_told();
CREATE TRIGGER import_run_moved AFTER UPDATE OF state ON import_run
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION import_run_told();
