-- name: state
SELECT passages, changed FROM search_state;

-- name: is_below
-- Whether there are fewer passages than $1.
SELECT count(*) < $1 FROM (SELECT FROM search_passage LIMIT $1) AS few;

-- name: count_terms
-- Every stem of one analysis. Only rows that differ are written, so that readers wait for nothing.
WITH counted AS MATERIALIZED (
    SELECT word AS term, ndoc AS passages
    FROM ts_stat(format('SELECT tsv FROM policy.search_passage WHERE analysis = %L', $1::text))
), gone AS (
    DELETE FROM search_term t WHERE analysis = $1 AND NOT EXISTS (SELECT FROM counted c WHERE c.term = t.term)
)
INSERT INTO search_term (analysis, term, passages) SELECT $1, term, passages FROM counted
ON CONFLICT (analysis, term) DO UPDATE SET passages = excluded.passages
WHERE search_term.passages <> excluded.passages;

-- name: count_words
-- Every whole word of the keys of one analysis, folded; numbers and very short words are not corrected.
WITH counted AS MATERIALIZED (
    SELECT word, nentry AS uses
    FROM ts_stat(format(
        'SELECT to_tsvector(''simple'', policy.search_words(k.text))
         FROM policy.search_key k JOIN policy.search_document d USING (version_id) WHERE d.analysis = %L', $1::text))
    WHERE length(word) BETWEEN 3 AND 40 AND word ~ '^[[:alpha:]]+$'
), gone AS (
    DELETE FROM search_vocabulary t WHERE analysis = $1 AND NOT EXISTS (SELECT FROM counted c WHERE c.word = t.word)
)
INSERT INTO search_vocabulary (analysis, word, uses) SELECT $1, word, uses FROM counted
ON CONFLICT (analysis, word) DO UPDATE SET uses = excluded.uses
WHERE search_vocabulary.uses <> excluded.uses;

-- name: taken
UPDATE search_state SET passages = (SELECT count(*) FROM search_passage), changed = 0;

-- name: add_terms
-- The stems of a few new texts; how often the known ones occur is left for the next count.
INSERT INTO search_term (analysis, term, passages)
SELECT d.analysis, s.word, sum(s.ndoc)
FROM search_document d,
    ts_stat(format('SELECT tsv FROM policy.search_passage WHERE version_id = %s', d.version_id)) s
WHERE d.version_id = ANY ($1::bigint[])
GROUP BY 1, 2
ON CONFLICT DO NOTHING;

-- name: add_words
INSERT INTO search_vocabulary (analysis, word, uses)
SELECT d.analysis, s.word, sum(s.nentry)
FROM search_document d,
    ts_stat(format(
        'SELECT to_tsvector(''simple'', policy.search_words(text))
         FROM policy.search_key WHERE version_id = %s', d.version_id)) s
WHERE d.version_id = ANY ($1::bigint[]) AND length(s.word) BETWEEN 3 AND 40 AND s.word ~ '^[[:alpha:]]+$'
GROUP BY 1, 2
ON CONFLICT DO NOTHING;
