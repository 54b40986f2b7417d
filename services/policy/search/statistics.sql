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
         FROM policy.search_key k JOIN policy.search_document d ON d.id = k.document_id WHERE d.analysis = %L', $1::text))
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
-- The stems of a few new passages; how often the known ones occur is left for the next count. In one order for all, so
-- that two who add the same cannot wait for each other in a circle.
INSERT INTO search_term (analysis, term, passages)
SELECT p.analysis, stem.lexeme, count(*)
FROM unnest($1::bigint[], $2::int[]) AS i (document_id, place)
JOIN search_passage p USING (document_id, place)
CROSS JOIN LATERAL unnest(p.tsv) AS stem
GROUP BY 1, 2
ORDER BY 1, 2
ON CONFLICT DO NOTHING;

-- name: add_words
INSERT INTO search_vocabulary (analysis, word, uses)
SELECT d.analysis, word.lexeme, sum(cardinality(word.positions))
FROM unnest($1::bigint[], $2::int[]) AS i (document_id, place)
JOIN search_key k USING (document_id, place)
JOIN search_document d ON d.id = k.document_id
CROSS JOIN LATERAL unnest(to_tsvector('simple', search_words(k.text))) AS word
WHERE length(word.lexeme) BETWEEN 3 AND 40 AND word.lexeme ~ '^[[:alpha:]]+$'
GROUP BY 1, 2
ORDER BY 1, 2
ON CONFLICT DO NOTHING;
