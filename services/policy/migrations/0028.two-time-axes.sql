-- What was known when: revisions numbered by their releases, texts that a publisher took out, and withdrawn texts.
-- depends: 0022.changes

-- Revisions of a date are numbered anew when an earlier release is imported later, so two may change places.
ALTER TABLE version DROP CONSTRAINT version_work_id_lang_date_revision_key;
ALTER TABLE version ADD CONSTRAINT version_work_id_lang_date_revision_key
    UNIQUE (work_id, lang, date, revision) DEFERRABLE INITIALLY IMMEDIATE;

-- The release by which the publisher no longer carried this text, if it is the last one held of its work and language.
-- Such a text is not given as law in force: `status` says so, and `stated_status` what the text's own source says.
ALTER TABLE version ADD COLUMN taken_out date;
ALTER TABLE version ADD COLUMN stated_status text;

-- Releases that say a text is no longer carried. A later release may carry it again.
CREATE TABLE removal (
    work_id bigint NOT NULL REFERENCES work ON DELETE CASCADE,
    lang text NOT NULL,
    release date NOT NULL,
    PRIMARY KEY (work_id, lang, release)
);

-- What is left of a text that was withdrawn here: enough to answer at its address, and nothing of its words.
CREATE TABLE tombstone (
    version_id bigint PRIMARY KEY,          -- the number that it had; the log of changes has it too
    work_id bigint NOT NULL REFERENCES work ON DELETE CASCADE,
    lang text NOT NULL,
    date date NOT NULL,
    revision int NOT NULL,
    published date NOT NULL,
    said date NOT NULL,                     -- the last release that had it
    placed_at timestamptz NOT NULL,         -- its place among revisions of one release, as in place_versions
    content_hash bytea NOT NULL,
    sources bytea[] NOT NULL,               -- SHA-256 of the files it was read from: an import does not bring it back
    reason text NOT NULL,
    withdrawn_by text NOT NULL,
    withdrawn_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tombstone_work ON tombstone (work_id, lang, date);

-- Which release had which version. What lies below a folder `removed` was taken out by that release.
CREATE VIEW version_release AS
SELECT version_id, release FROM import_file WHERE path !~ '^removed/';

-- Whoever is going to write versions of a work in a language waits here for who does so already, and then reads what
-- that one left: places follow from all versions, so that two who did not see each other would both be wrong.
CREATE FUNCTION lock_places(works bigint[], langs text[]) RETURNS void LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
DECLARE
    place bigint;
BEGIN
    FOR place IN SELECT DISTINCT hashtextextended(t.work_id || '/' || t.lang, 28)
                 FROM unnest(works, langs) AS t (work_id, lang) ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(place);
    END LOOP;
END $$;

-- Puts the versions of these works and languages in their places: which revision of a date comes after which (the
-- highest is the text to show), on which days each is the current one (see migration 0001), and whether the last was
-- taken out by its publisher. All follows from what the releases say, in whatever order they were imported. Texts that
-- no release has were published here, and follow each other in the order of that.
CREATE FUNCTION place_versions(works bigint[], langs text[]) RETURNS void LANGUAGE sql
    SET search_path = policy, pg_temp
AS $$
    WITH touched AS (
        SELECT DISTINCT t.work_id, t.lang FROM unnest(works, langs) AS t (work_id, lang)
    ), held AS (
        SELECT v.id, v.work_id, v.lang, v.date, v.content_hash, greatest(v.published, r.said) AS said,
               CASE WHEN EXISTS (SELECT FROM import_file f WHERE f.version_id = v.id) THEN '-infinity'
                    ELSE v.content_changed_at END AS placed_at,
               coalesce(v.stated_status, v.status) AS stated
        FROM touched JOIN version v USING (work_id, lang)
        CROSS JOIN LATERAL (SELECT max(release) AS said FROM version_release WHERE version_id = v.id) AS r
    ), numbered AS (
        SELECT id, row_number() OVER (PARTITION BY work_id, lang, date ORDER BY said, placed_at, content_hash) AS revision
        FROM (
            SELECT id, work_id, lang, date, said, placed_at, content_hash FROM held
            UNION ALL
            SELECT t.version_id, t.work_id, t.lang, t.date, t.said, t.placed_at, t.content_hash
            FROM touched JOIN tombstone t USING (work_id, lang)
        ) AS every
    ), shown AS (
        SELECT DISTINCT ON (h.work_id, h.lang, h.date) h.id, h.work_id, h.lang, h.date
        FROM held h JOIN numbered n USING (id)
        ORDER BY h.work_id, h.lang, h.date, n.revision DESC
    ), placed AS (
        SELECT id, work_id, lang,
               CASE WHEN lag(date) OVER texts IS NULL THEN '-infinity' ELSE date END AS current_from,
               coalesce(lead(date) OVER texts, 'infinity') AS current_until
        FROM shown WINDOW texts AS (PARTITION BY work_id, lang ORDER BY date)
    ), taken_out AS (
        SELECT r.work_id, r.lang, max(r.release) AS release
        FROM touched JOIN removal r USING (work_id, lang)
        GROUP BY r.work_id, r.lang
        HAVING max(r.release) >= (SELECT max(h.said) FROM held h WHERE h.work_id = r.work_id AND h.lang = r.lang)
    ), wanted AS (
        SELECT h.id, n.revision, coalesce(p.current_from, 'infinity') AS current_from,
               coalesce(p.current_until, 'infinity') AS current_until, o.release AS taken_out,
               CASE WHEN o.release IS NOT NULL AND h.stated = 'in-force' THEN 'not-in-force' ELSE h.stated END AS status,
               CASE WHEN o.release IS NOT NULL AND h.stated = 'in-force' THEN h.stated END AS stated_status
        FROM held h
        JOIN numbered n USING (id)
        LEFT JOIN placed p USING (id)
        LEFT JOIN taken_out o ON o.work_id = p.work_id AND o.lang = p.lang AND p.current_until = 'infinity'
    ), renumbered AS (
        UPDATE tombstone t SET revision = n.revision
        FROM numbered n WHERE n.id = t.version_id AND t.revision <> n.revision
    )
    UPDATE version v
    SET revision = w.revision, current_from = w.current_from, current_until = w.current_until,
        taken_out = w.taken_out, status = w.status, stated_status = w.stated_status,
        indexed_at = CASE WHEN v.status = w.status THEN v.indexed_at END,
        content_changed_at = CASE WHEN v.status = w.status THEN v.content_changed_at ELSE now() END
    FROM wanted w
    WHERE v.id = w.id
      AND (v.revision, v.current_from, v.current_until, v.taken_out, v.status, v.stated_status) IS DISTINCT FROM
          (w.revision, w.current_from, w.current_until, w.taken_out, w.status, w.stated_status)
$$;

-- For each name the release that gave it, so that the latest one counts whatever was imported last.
ALTER TABLE jurisdiction ADD COLUMN named jsonb NOT NULL DEFAULT '{}';

-- The number of a revision is part of what an export says of a version.
DROP TRIGGER version_altered ON version;
CREATE CONSTRAINT TRIGGER version_altered
    AFTER UPDATE OF revision, published, title, long_title, citations, subjects, status, in_force_from, last_amended,
                    source_ids, content_hash, content_changed_at, rewritten ON version
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.revision, OLD.published, OLD.title, OLD.long_title, OLD.citations, OLD.subjects, OLD.status,
           OLD.in_force_from, OLD.last_amended, OLD.source_ids, OLD.content_hash, OLD.content_changed_at, OLD.rewritten)
          IS DISTINCT FROM
          (NEW.revision, NEW.published, NEW.title, NEW.long_title, NEW.citations, NEW.subjects, NEW.status,
           NEW.in_force_from, NEW.last_amended, NEW.source_ids, NEW.content_hash, NEW.content_changed_at, NEW.rewritten))
    EXECUTE FUNCTION change_log();
