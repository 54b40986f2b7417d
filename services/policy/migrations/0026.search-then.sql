-- The index of other days: which passages stood from when to when, so that search may ask for a day of the past.
-- depends: 0026.search-places

-- Written anew, since the days are known from the versions alone.
DELETE FROM search_document;
UPDATE version SET indexed_at = NULL;
UPDATE search_state SET passages = 0, changed = 0;

-- The versions that the index covers, by date: those that stand, stood or will stand, without corrected revisions.
ALTER TABLE search_document ADD COLUMN versions bigint[] NOT NULL;

-- The days on which the passage is the text of its provision. Both infinite where the text does not stand yet.
ALTER TABLE search_passage ADD COLUMN since date NOT NULL, ADD COLUMN until date NOT NULL;

-- Passages that are not current, each once for all the days on which it stood. Apart, so that nobody who searches what
-- is current reads them. Places are those of search_passage: no two passages of a document share one.
CREATE TABLE search_past (LIKE search_passage, PRIMARY KEY (document_id, place));
CREATE TABLE search_past_key (LIKE search_key);
ALTER TABLE search_past_key ALTER COLUMN norm SET STATISTICS 0;
CREATE INDEX search_past_key_norm ON search_past_key (lang, kind, norm, document_id, place);
CREATE INDEX search_past_key_place ON search_past_key (document_id, place);
DO $$
DECLARE
    which text;
BEGIN
    FOREACH which IN ARRAY ARRAY['english', 'french', 'simple'] LOOP
        EXECUTE format('CREATE INDEX search_past_%1$s_head ON search_past '
            'USING gin (ts_filter(tsv, ''{a,b,c}'')) WITH (fastupdate = off) WHERE analysis = %1$L', which);
        EXECUTE format('CREATE INDEX search_past_%1$s_body ON search_past '
            'USING gin (tsv) WITH (fastupdate = off) WHERE analysis = %1$L', which);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION search_forget() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    DELETE FROM search_passage p USING gone WHERE p.document_id = gone.id;
    DELETE FROM search_key k USING gone WHERE k.document_id = gone.id;
    DELETE FROM search_past p USING gone WHERE p.document_id = gone.id;
    DELETE FROM search_past_key k USING gone WHERE k.document_id = gone.id;
    RETURN NULL;
END $$;
