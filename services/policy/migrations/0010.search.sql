-- Full-text search over the texts that are current: passages, exact keys, and the statistics that rank them.
-- depends: 0002.imports

-- What the index and its queries read of a text, before the language's own stemmer. Accents, typographic quotes,
-- dashes and spaces become plain ones, so that "ecole" finds "école", and so that no locale of the server takes an
-- apostrophe for a letter. Slashes and hyphens part words (the parser takes "and/or" for a file name), soft hyphens
-- and zero-width spaces vanish. Cut, since a tsvector must stay under 1 MB. Immutable as long as unaccent's rules are.
CREATE FUNCTION search_words(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    replace(replace(replace(replace(replace(
        extensions.unaccent('extensions.unaccent', replace(replace(left($1, 200000), U&'\00AD', ''), U&'\200B', '')),
    '/', ' '), '-', ' '), U&'\2022', ' '), U&'\00B7', ' '), U&'\00A7', ' ');

-- A text in the index: the current version of a work in one language. Its passages and keys go with it.
CREATE TABLE search_document (
    version_id bigint PRIMARY KEY REFERENCES version ON DELETE CASCADE,
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

-- What is found: a provision (ordinal as in version_provision) or the work as a whole (ordinal -1).
-- Weights: A note and heading, B title of the work, C number, defined terms and the headings above, D text.
CREATE TABLE search_passage (
    version_id bigint NOT NULL REFERENCES search_document ON DELETE CASCADE,
    ordinal int NOT NULL,
    length int NOT NULL,                -- different words in it
    bare boolean NOT NULL,              -- a heading without text of its own
    analysis text NOT NULL,
    lang text NOT NULL,
    jurisdiction text NOT NULL,
    kind text NOT NULL,                 -- of the work
    status text NOT NULL,               -- the provision's, or the work's where that is not in force
    tsv tsvector NOT NULL,
    PRIMARY KEY (version_id, ordinal)
);

-- What somebody who knows it types whole, or begins to type: normalised by services/policy/search/keys.py.
CREATE TABLE search_key (
    version_id bigint NOT NULL REFERENCES search_document ON DELETE CASCADE,
    ordinal int NOT NULL,
    work_id bigint NOT NULL,
    lang text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('title', 'citation', 'term', 'note')),
    norm text COLLATE "C" NOT NULL,
    text text NOT NULL                  -- as printed
);
CREATE INDEX search_key_norm ON search_key (lang, kind, norm, version_id, ordinal);
CREATE INDEX search_key_version ON search_key (version_id);
CREATE INDEX search_key_title ON search_key USING gin (norm gin_trgm_ops) WITH (fastupdate = off)
    WHERE kind = 'title';
ALTER TABLE search_key ALTER COLUMN norm SET STATISTICS 0;  -- planning with them costs more than it gains

-- In how many passages a stem occurs, for its weight; refreshed in the background, so approximate.
CREATE TABLE search_term (
    analysis text NOT NULL,
    term text COLLATE "C" NOT NULL,
    passages int NOT NULL,
    PRIMARY KEY (analysis, term)
);

-- Whole words of titles, notes and terms: what an unknown word may be corrected to.
CREATE TABLE search_vocabulary (
    analysis text NOT NULL,
    word text COLLATE "C" NOT NULL,
    uses int NOT NULL,
    PRIMARY KEY (analysis, word)
);
CREATE INDEX search_vocabulary_trigram ON search_vocabulary USING gin (word gin_trgm_ops) WITH (fastupdate = off);
ALTER TABLE search_vocabulary ALTER COLUMN word SET STATISTICS 0;

CREATE TABLE search_state (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    bulk boolean NOT NULL DEFAULT false,     -- the indexes of search_passage are away, or may be
    passages bigint NOT NULL DEFAULT 0,      -- held when the statistics were taken
    changed bigint NOT NULL DEFAULT 0,       -- written since
    counted boolean NOT NULL DEFAULT true    -- false while a run is under way, so also when it was broken off
);
INSERT INTO search_state DEFAULT VALUES;

-- The service's role owns no table, so that loading without the large indexes needs these two functions.
CREATE FUNCTION search_end_bulk(which text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, extensions, pg_temp
    SET maintenance_work_mem = '192MB'
    SET statement_timeout = 0
AS $$
BEGIN
    IF which NOT IN ('english', 'french', 'simple') THEN
        RAISE EXCEPTION 'no such analysis: %', which;
    END IF;
    EXECUTE format('CREATE INDEX IF NOT EXISTS search_passage_%1$s_head ON search_passage '
        'USING gin (ts_filter(tsv, ''{a,b,c}'')) WITH (fastupdate = off) WHERE analysis = %1$L', which);
    EXECUTE format('CREATE INDEX IF NOT EXISTS search_passage_%1$s_body ON search_passage '
        'USING gin (tsv) WITH (fastupdate = off) WHERE analysis = %1$L', which);
END $$;

CREATE FUNCTION search_begin_bulk() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, extensions, pg_temp
AS $$
DECLARE
    which text;
BEGIN
    UPDATE search_state SET bulk = true;
    FOREACH which IN ARRAY ARRAY['english', 'french', 'simple'] LOOP
        EXECUTE format('DROP INDEX IF EXISTS search_passage_%s_head, search_passage_%1$s_body', which);
    END LOOP;
END $$;

DO $$ BEGIN
    PERFORM search_end_bulk(which) FROM unnest(ARRAY['english', 'french', 'simple']) AS which;
END $$;

-- Before PostgreSQL 17 nobody but the owner may ANALYZE.
CREATE FUNCTION search_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, extensions, pg_temp
AS $$
BEGIN
    ANALYZE search_document, search_passage, search_key, search_term, search_vocabulary;
END $$;

REVOKE ALL ON FUNCTION search_begin_bulk(), search_end_bulk(text), search_analyze() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_begin_bulk(), search_end_bulk(text), search_analyze() TO openpolicy_policy;
