-- The log of content changes: one row for each text that was published, corrected or withdrawn.
-- depends: 0010.search

-- Numbers without a gap, in the order of commits: who has read up to a number has missed nothing below it.
-- The address stands here as it was, since a withdrawn text has no other row.
CREATE TABLE change (
    seq bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    event text NOT NULL CHECK (event IN ('version-published', 'version-corrected', 'version-withdrawn')),
    version_id bigint NOT NULL,             -- no reference: the row may be gone
    jurisdiction text NOT NULL,
    kind text NOT NULL,                     -- of the work
    number text NOT NULL,
    lang text NOT NULL,
    date date NOT NULL,
    revision int NOT NULL,
    content_hash bytea NOT NULL
);
CREATE INDEX change_version ON change (version_id, seq);

INSERT INTO change
SELECT row_number() OVER (ORDER BY v.content_changed_at, v.id), v.content_changed_at,
       CASE WHEN v.revision > 1 THEN 'version-corrected' ELSE 'version-published' END,
       v.id, w.jurisdiction, w.kind, w.number, v.lang, v.date, v.revision, v.content_hash
FROM version v JOIN work w ON w.id = v.work_id;

-- How often the provisions of a version were written anew in place, because a better parser read the same bytes.
ALTER TABLE version ADD COLUMN rewritten int NOT NULL DEFAULT 0;

-- Runs when a transaction commits, as the last that it does. Whoever comes second waits at the lock until the first has
-- committed, and reads its number: hence no gap, no reader who sees 8 before 7, and nothing held while texts are written.
CREATE FUNCTION change_log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
DECLARE
    this bigint := coalesce(NEW.id, OLD.id);
    said change;
BEGIN
    PERFORM pg_advisory_xact_lock(7306086967300254575);
    SELECT * INTO said FROM change c WHERE c.version_id = this ORDER BY c.seq DESC LIMIT 1;
    IF EXISTS (SELECT FROM change c WHERE c.seq = said.seq AND c.xmin = pg_current_xact_id()::xid) THEN
        RETURN NULL;  -- this transaction touched it more than once, and what came of it is said
    END IF;
    INSERT INTO change
    SELECT (SELECT coalesce(max(seq), 0) + 1 FROM change), clock_timestamp(),
           CASE WHEN v.revision > 1 OR said.seq IS NOT NULL THEN 'version-corrected' ELSE 'version-published' END,
           v.id, w.jurisdiction, w.kind, w.number, v.lang, v.date, v.revision, v.content_hash
    FROM version v JOIN work w ON w.id = v.work_id
    WHERE v.id = this;
    IF NOT FOUND AND said.event <> 'version-withdrawn' THEN
        INSERT INTO change
        SELECT (SELECT max(seq) + 1 FROM change), clock_timestamp(), 'version-withdrawn',
               said.version_id, said.jurisdiction, said.kind, said.number, said.lang, said.date, said.revision,
               said.content_hash;
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER version_added AFTER INSERT ON version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_log();
CREATE CONSTRAINT TRIGGER version_removed AFTER DELETE ON version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_log();
-- Only what an export says of a version: not when its source was last checked, or whether search has it.
CREATE CONSTRAINT TRIGGER version_altered
    AFTER UPDATE OF published, title, long_title, citations, subjects, status, in_force_from, last_amended, source_ids,
                    content_hash, content_changed_at, rewritten ON version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.published, OLD.title, OLD.long_title, OLD.citations, OLD.subjects, OLD.status, OLD.in_force_from,
           OLD.last_amended, OLD.source_ids, OLD.content_hash, OLD.content_changed_at, OLD.rewritten)
          IS DISTINCT FROM
          (NEW.published, NEW.title, NEW.long_title, NEW.citations, NEW.subjects, NEW.status, NEW.in_force_from,
           NEW.last_amended, NEW.source_ids, NEW.content_hash, NEW.content_changed_at, NEW.rewritten))
    EXECUTE FUNCTION change_log();

-- Provisions are taken out of a version only to be written anew (or with the version, which is then no longer there).
CREATE FUNCTION change_rewritten() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    UPDATE version SET rewritten = rewritten + 1 WHERE id IN (SELECT version_id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER version_provision_removed AFTER DELETE ON version_provision
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION change_rewritten();

-- A provision is shared by versions, so that one whose plain text is read anew changes them all. They are looked up once
-- for a transaction, when it commits, since finding the versions of a provision means reading all placements.
CREATE TABLE change_provision (hash bytea PRIMARY KEY);
CREATE FUNCTION change_text() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    INSERT INTO change_provision SELECT hash FROM altered ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER provision_altered AFTER UPDATE ON provision
    REFERENCING NEW TABLE AS altered FOR EACH STATEMENT EXECUTE FUNCTION change_text();

CREATE FUNCTION change_texts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM change_provision) THEN
        UPDATE version SET rewritten = rewritten + 1
        WHERE id IN (SELECT p.version_id FROM version_provision p JOIN change_provision USING (hash));
        DELETE FROM change_provision;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER change_provision_added AFTER INSERT ON change_provision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_texts();

-- Written by the triggers alone, and never rewritten.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON change, change_provision FROM openpolicy_policy;
REVOKE ALL ON FUNCTION change_log(), change_rewritten(), change_text(), change_texts() FROM PUBLIC;
