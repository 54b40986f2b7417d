-- Every step of an import and who took it: kept by the database itself, and never rewritten.
-- depends: 0030.import-jobs

-- `run_id` is no foreign key: what is recorded of a run that had nothing to tell outlives it.
CREATE TABLE import_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account text NOT NULL,                  -- who took the step; a program has the name of its user and machine
    request_id text NOT NULL,               -- empty for a program's steps
    action text NOT NULL,                   -- start, begin, cancel, end, put-back, resume, drop
    from_state text NOT NULL,
    to_state text NOT NULL,
    detail text NOT NULL                    -- of start: importer and source; of end: what went wrong
);
CREATE INDEX import_event_run ON import_event (run_id, id);

-- Who acts is said by the settings openpolicy.account and openpolicy.request_id, of the session or the transaction.
CREATE FUNCTION import_recorded() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
DECLARE
    was text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.state END;
    becomes text := CASE WHEN TG_OP = 'DELETE' THEN '' ELSE NEW.state END;
    run import_run := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO import_event (run_id, account, request_id, action, from_state, to_state, detail)
    VALUES (
        run.id,
        coalesce(current_setting('openpolicy.account', true), ''),
        coalesce(current_setting('openpolicy.request_id', true), ''),
        CASE WHEN TG_OP = 'INSERT' THEN 'start'
             WHEN TG_OP = 'DELETE' THEN 'drop'
             WHEN was = becomes OR was = 'queued' AND becomes = 'cancelled' THEN 'cancel'
             WHEN was = 'queued' THEN 'begin'
             WHEN was <> 'running' THEN 'resume'
             WHEN becomes = 'queued' THEN 'put-back'
             ELSE 'end' END,
        was, becomes,
        CASE TG_OP WHEN 'INSERT' THEN run.importer || ' ' || run.source ELSE run.trouble END
    );
    RETURN NULL;
END $$;
CREATE TRIGGER import_begun_recorded AFTER INSERT OR DELETE ON import_run
    FOR EACH ROW EXECUTE FUNCTION import_recorded();
CREATE TRIGGER import_step_recorded AFTER UPDATE ON import_run
    FOR EACH ROW WHEN (OLD.state <> NEW.state OR NEW.cancel_requested AND NOT OLD.cancel_requested)
    EXECUTE FUNCTION import_recorded();

REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON import_event FROM openpolicy_policy;
REVOKE ALL ON FUNCTION import_recorded() FROM PUBLIC;
