-- The index by document and place: a text that replaces another keeps the passages that did not change.
-- depends: 0024.citation-links

-- What was indexed is indexed anew, by the service when it starts or by the next import.
DROP TABLE search_key, search_passage, search_document;
UPDATE version SET indexed_at = NULL;
UPDATE search_state SET bulk = false, passages = 0, changed = 0, counted = true;

-- A work in one language, as it is current. It stays when one version takes the place of another.
CREATE TABLE search_document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id bigint NOT NULL UNIQUE REFERENCES version ON DELETE CASCADE,
    rewritten int NOT NULL,             -- that of the version when it was indexed: if it differs, nothing here holds
    work_id bigint NOT NULL,
    lang text NOT NULL,
    analysis text NOT NULL CHECK (analysis IN ('english', 'french', 'simple')),
    jurisdiction text NOT NULL,
    kind text NOT NULL,
    number text NOT NULL,
    title text NOT NULL,
    status text NOT NULL,               -- of the work on the day it was indexed
    date date NOT NULL,
    index_again date,                   -- the day on which `status` changes: that of a text which does not stand yet
    UNIQUE (work_id, lang)
);

-- What is found: a provision, or the work as a whole (place -1). A passage is never altered: a changed provision is a new
-- one at a new place. In the document's version the provision is known by its eId, since ordinals shift.
-- Weights: A note and heading, B title of the work, C number, defined terms and the headings above, D text.
CREATE TABLE search_passage (
    document_id bigint NOT NULL,
    place int NOT NULL,                 -- the ordinal where the whole document was written at once, else the next number
    eid text NOT NULL,                  -- '' for the work as a whole
    made_of bytea NOT NULL,             -- a digest of all that it was made of
    length int NOT NULL,                -- bytes of note, heading and text
    bare boolean NOT NULL,              -- a heading without text of its own
    analysis text NOT NULL,
    lang text NOT NULL,
    jurisdiction text NOT NULL,
    kind text NOT NULL,                 -- of the work
    status text NOT NULL,               -- the provision's, or the work's where that is not in force
    tsv tsvector NOT NULL,
    PRIMARY KEY (document_id, place)
);

-- What somebody who knows it types whole, or begins to type: normalised by services/policy/search/keys.py.
CREATE TABLE search_key (
    document_id bigint NOT NULL,
    place int NOT NULL,
    work_id bigint NOT NULL,
    lang text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('title', 'citation', 'term', 'note')),
    norm text COLLATE "C" NOT NULL,
    text text NOT NULL                  -- as printed
);
ALTER TABLE search_key ALTER COLUMN norm SET STATISTICS 0;  -- planning with them costs more than it gains

-- Passages and keys go with their document. References would do the same, and would look up the document of each of
-- half a million rows as they are written. Whoever writes them has locked their document's row.
CREATE FUNCTION search_forget() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    DELETE FROM search_passage p USING gone WHERE p.document_id = gone.id;
    DELETE FROM search_key k USING gone WHERE k.document_id = gone.id;
    RETURN NULL;
END $$;
CREATE TRIGGER search_document_removed AFTER DELETE ON search_document
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION search_forget();
REVOKE ALL ON FUNCTION search_forget() FROM PUBLIC;

-- The keys' indexes are large ones too.
CREATE OR REPLACE FUNCTION search_end_bulk(which text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, extensions, pg_temp
    SET maintenance_work_mem = '192MB'
    SET statement_timeout = 0
AS $$
BEGIN
    IF which = 'keys' THEN
        CREATE INDEX IF NOT EXISTS search_key_norm ON search_key (lang, kind, norm, document_id, place);
        CREATE INDEX IF NOT EXISTS search_key_place ON search_key (document_id, place);
        CREATE INDEX IF NOT EXISTS search_key_title ON search_key USING gin (norm gin_trgm_ops)
            WITH (fastupdate = off) WHERE kind = 'title';
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
    DROP INDEX IF EXISTS search_key_norm, search_key_place, search_key_title;
    FOREACH which IN ARRAY ARRAY['english', 'french', 'simple'] LOOP
        EXECUTE format('DROP INDEX IF EXISTS search_passage_%s_head, search_passage_%1$s_body', which);
    END LOOP;
END $$;

DO $$ BEGIN
    PERFORM search_end_bulk(which) FROM unnest(ARRAY['english', 'french', 'simple', 'keys']) AS which;
END $$;
