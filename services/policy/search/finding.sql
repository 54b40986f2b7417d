-- The statements that find passages. 'english' stands for whichever analysis is asked, so that a plan which is kept can
-- use its indexes. Rows are gathered by where they lie (ctid), so that each is read for its score once.

-- name: all_words
-- Passages that match the query, or have an exact key, each with what ranks it.
-- $1 a subject or null, $2 languages, $3 the query, $4 the phrase ('' for none), $5 keys, $6 the terms as queries,
-- $7 their weights, $8 jurisdiction, $9 kind, $10 status, $11 how many to take from each index, $12 how many phrases,
-- $13 weights of D, C, B, A, $14 the usual length, $15 how much of the length counts, $16 keys of a work of which the
-- query names the provision with number $17 ('' for none), $18 and $19 the first and last day on which a text may have
-- begun to stand, $20 whether any of subject and days is given, $21 and $22 what provisions and works must match
-- besides (both '' for nothing), $23 kinds of keys and $24 how many to take of each.
WITH asked AS MATERIALIZED (
    SELECT $3::text::tsquery AS query, nullif($4::text, '')::tsquery AS phrase
), term AS MATERIALIZED (
    SELECT query::tsquery AS query, weight / sum(weight) OVER () AS weight
    FROM unnest($6::text[], $7::float8[]) AS t (query, weight)
), narrowed AS MATERIALIZED (
    SELECT d.id AS document_id FROM search_document d
    WHERE d.lang = ANY ($2::text[]) AND ($18::date IS NULL OR d.date >= $18) AND ($19::date IS NULL OR d.date <= $19)
        AND ($1::text IS NULL OR EXISTS (
            SELECT FROM version v CROSS JOIN unnest(v.subjects) AS subject
            WHERE v.id = d.version_id AND lower(search_words(subject)) = lower(search_words($1))))
), named AS MATERIALIZED (
    SELECT p.ctid AS row, p.document_id, p.place, 'place' AS kind
    FROM search_key k
    JOIN search_document d ON d.id = k.document_id
    JOIN version_provision vp ON vp.version_id = d.version_id
    JOIN provision USING (hash)
    JOIN search_passage p ON p.document_id = d.id AND p.eid = vp.eid
    WHERE $17::text <> '' AND k.lang = ANY ($2::text[]) AND k.kind IN ('title', 'citation')
        AND k.norm = ANY ($16::text[]) AND btrim(lower(num), ' .') = $17
        AND ($8::text IS NULL OR p.jurisdiction = $8) AND ($9::text IS NULL OR p.kind = $9)
        AND ($10::text IS NULL OR p.status = $10)
        AND (NOT $20::boolean OR p.document_id IN (SELECT document_id FROM narrowed))
    UNION ALL
    SELECT k.*
    FROM unnest($23::text[], $24::int[]) AS wanted (kind, most)
    CROSS JOIN LATERAL (
        SELECT p.ctid, k.document_id, k.place, k.kind
        FROM search_key k JOIN search_passage p USING (document_id, place)
        WHERE k.lang = ANY ($2) AND k.kind = wanted.kind AND k.norm = ANY ($5::text[])
            AND ($8 IS NULL OR p.jurisdiction = $8) AND ($9 IS NULL OR p.kind = $9) AND ($10 IS NULL OR p.status = $10)
            AND (NOT $20 OR p.document_id IN (SELECT document_id FROM narrowed))
        LIMIT wanted.most
    ) k
), head AS MATERIALIZED (
    SELECT ctid AS row FROM search_passage p
    WHERE analysis = 'english' AND ts_filter(tsv, '{a,b,c}') @@ (SELECT query FROM asked)
        AND (strpos($3, '!') = 0 OR tsv @@ (SELECT query FROM asked))  -- what is excluded may stand in the text
        AND ($21::text || $22::text = '' OR tsv @@ (CASE place WHEN -1 THEN $22 ELSE $21 END)::tsquery)
        AND lang = ANY ($2)
        AND ($8 IS NULL OR p.jurisdiction = $8) AND ($9 IS NULL OR p.kind = $9) AND ($10 IS NULL OR p.status = $10)
        AND (NOT $20 OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $11
), body AS MATERIALIZED (
    SELECT ctid AS row FROM search_passage p
    WHERE (SELECT count(*) FROM head) < $11
        AND analysis = 'english' AND tsv @@ (SELECT query FROM asked)
        AND ($21 || $22 = '' OR tsv @@ (CASE place WHEN -1 THEN $22 ELSE $21 END)::tsquery)
        AND lang = ANY ($2)
        AND ($8 IS NULL OR p.jurisdiction = $8) AND ($9 IS NULL OR p.kind = $9) AND ($10 IS NULL OR p.status = $10)
        AND (NOT $20 OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $11
), phrase AS MATERIALIZED (
    -- Among all that have the words the phrase would be found already; this is for when some were cut off.
    SELECT ctid AS row FROM search_passage p
    WHERE $4::text <> '' AND ((SELECT count(*) FROM head) = $11 OR (SELECT count(*) FROM body) = $11)
        AND analysis = 'english' AND tsv @@ (SELECT phrase FROM asked) AND lang = ANY ($2)
        AND ($8 IS NULL OR p.jurisdiction = $8) AND ($9 IS NULL OR p.kind = $9) AND ($10 IS NULL OR p.status = $10)
        AND (NOT $20 OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $12
)
SELECT p.document_id, p.place, p.status = 'in-force' AS in_force, p.bare,
    $4 <> '' AND p.tsv @@ (SELECT phrase FROM asked) AS phrase,
    (SELECT coalesce(sum(t.weight * ts_rank($13::real[], p.tsv, t.query)), 0) FROM term t)
    / (1 + $15::float8 * ln(1 + p.length / $14::float8)) AS score,
    (SELECT array_agg(kind) FROM named n WHERE n.document_id = p.document_id AND n.place = p.place) AS keys,
    (SELECT count(*) FROM head) >= $11 OR (SELECT count(*) FROM body) >= $11 AS capped
FROM search_passage p
WHERE p.ctid = ANY (ARRAY(
    SELECT row FROM named UNION ALL SELECT row FROM head UNION ALL SELECT row FROM body UNION ALL SELECT row FROM phrase
));

-- name: any_word
-- Passages that match the query, which joins words by "or", with what ranks them: the share of the terms' weights that
-- a passage covers as BM25 counts it. Of one term at one weight, ts_rank is n / (n + .63) for n occurrences, which is
-- BM25 at the usual length with k1 = .63; from it follows any other length. Parameters as above, where they are used.
WITH term AS MATERIALIZED (
    SELECT query::tsquery AS query, weight / sum(weight) OVER () AS weight
    FROM unnest($5::text[], $6::float8[]) AS t (query, weight)
), narrowed AS MATERIALIZED (
    SELECT d.id AS document_id FROM search_document d
    WHERE d.lang = ANY ($2::text[]) AND ($13::date IS NULL OR d.date >= $13) AND ($14::date IS NULL OR d.date <= $14)
        AND ($1::text IS NULL OR EXISTS (
            SELECT FROM version v CROSS JOIN unnest(v.subjects) AS subject
            WHERE v.id = d.version_id AND lower(search_words(subject)) = lower(search_words($1))))
), found AS MATERIALIZED (
    SELECT document_id, place, status, bare, length, tsv FROM search_passage p
    WHERE analysis = 'english' AND tsv @@ (SELECT $3::text::tsquery) AND lang = ANY ($2)
        AND ($4::text IS NULL OR p.jurisdiction = $4) AND ($7::text IS NULL OR p.kind = $7)
        AND ($8::text IS NULL OR p.status = $8)
        AND (NOT $15::boolean OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $9
)
SELECT document_id, place, status = 'in-force' AS in_force, bare, false AS phrase,
    (
        SELECT coalesce(sum(weight * part / nullif(part + (1 - part) * long, 0)), 0)
        FROM (SELECT weight, least(ts_rank($10::real[], tsv, query), 1) AS part FROM term OFFSET 0) t
    ) AS score,
    NULL::text[] AS keys, count(*) OVER () >= $9 AS capped
FROM (SELECT *, 1 - $12::float8 + $12 * length / $11::float8 AS long FROM found) f;

-- name: first
-- The first $11 of all that match, newest text first when $9 is 'date', else by title. 'english' stands for whichever
-- analysis is asked. $1 a subject or null, $2 languages, $3 the query, $4 jurisdiction, $5 kind, $6 status, $7 and $8
-- days, $10 whether subject or days are given, $12 and $13 what provisions and works must match besides.
SELECT p.document_id, p.place
FROM search_passage p
JOIN search_document d ON d.id = p.document_id
JOIN version v ON v.id = d.version_id
WHERE p.analysis = 'english' AND p.tsv @@ $3::text::tsquery AND p.lang = ANY ($2::text[])
    AND ($4::text IS NULL OR p.jurisdiction = $4) AND ($5::text IS NULL OR p.kind = $5)
    AND ($6::text IS NULL OR p.status = $6)
    AND ($12::text || $13::text = '' OR p.tsv @@ (CASE p.place WHEN -1 THEN $13 ELSE $12 END)::tsquery)
    AND (NOT $10::boolean OR (
        ($7::date IS NULL OR d.date >= $7) AND ($8::date IS NULL OR d.date <= $8)
        AND ($1::text IS NULL OR EXISTS (
            SELECT FROM unnest(v.subjects) AS subject WHERE lower(search_words(subject)) = lower(search_words($1))))))
ORDER BY CASE $9::text WHEN 'date' THEN d.date END DESC, CASE $9 WHEN 'title' THEN v.sort_title END COLLATE "C",
    p.document_id, p.place
LIMIT $11;
