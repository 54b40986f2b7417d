-- What a passage is ranked by lies with it, however long it is; and the index of titles that no search asks goes.
-- depends: 0027.search-length 0027.search-works 0030.import-jobs

-- A long tsvector that lies in a table of its own is looked up there once for each word it is ranked by.
ALTER TABLE search_passage ALTER COLUMN tsv SET STORAGE MAIN;
ALTER TABLE search_past ALTER COLUMN tsv SET STORAGE MAIN;

-- Written anew, to lie so.
TRUNCATE search_document, search_passage, search_key, search_past, search_past_key;
UPDATE version SET indexed_at = NULL;
UPDATE search_state SET passages = 0, changed = 0;

-- Titles are completed and corrected by their words.
DROP INDEX IF EXISTS search_key_title;

CREATE OR REPLACE FUNCTION search_end_bulk(which text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, extensions, pg_temp
    SET maintenance_work_mem = '192MB'
    SET statement_timeout = 0
AS $$
BEGIN
    IF which = 'keys' THEN
        CREATE INDEX IF NOT EXISTS search_key_norm ON search_key (lang, kind, norm, document_id, place);
        CREATE INDEX IF NOT EXISTS search_key_place ON search_key (document_id, place);
    ELSIF which IN ('english', 'french', 'simple') THEN
        EXECUTE format('CREATE INDEX IF NOT EXISTS search_passage_%1$s_head ON search_passage '
            'USING gin (ts_filter(tsv, ''{a,b,c}'')) WITH (fastupdate = off) WHERE analysis = %1$L', which);
        EXECUTE format('CREATE INDEX IF NOT EXISTS search_passage_%1$s_body ON search_passage '
            'USING gin (tsv) WITH (fastupdate = off) WHERE analysis = %1$L', which);
    ELSE
        RAISE EXCEPTION 'no such part of the index: %', which;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION search_begin_bulk() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, extensions, pg_temp
AS $$
DECLARE
    which text;
BEGIN
    UPDATE search_state SET bulk = true;
    DROP INDEX IF EXISTS search_key_norm, search_key_place;
    FOREACH which IN ARRAY ARRAY['english', 'french', 'simple'] LOOP
        EXECUTE format('DROP INDEX IF EXISTS search_passage_%s_head, search_passage_%1$s_body', which);
    END LOOP;
END $$;
