-- The statements that find passages. 'english' stands for whichever analysis is asked, so that a plan which is kept can
-- use its indexes. Rows are gathered by where they lie (ctid), so that each is read for its score once.

-- name: all_words
-- Reads what was asked, and finds the passages that match or have an exact key, each with what ranks it: all in one row,
-- since a round trip takes as long as finding. Plain words are read here: $1 as PostgreSQL's web search has it (a minus
-- that negates stands as U+0001, since hyphens are not read), $2 without any operator. What was taken apart before comes
-- as a tsquery in $3 (else ''), with its stems $4, in how many passages they are $5, and whether each is a beginning $6.
-- $7 whether there are operators, $8 languages, $9 jurisdiction, $10 kind, $11 status, $12 subject, $13 and $14 the first
-- and last day on which a text may have begun to stand, $15 whether subject or days are given, $16 keys, $17 keys of a
-- work of which the query names the provision with number $18 ('' for none), $19 kinds of keys and $20 how many to take
-- of each, $21 and $22 what provisions and works must match besides (both '' for nothing), $23 how many to take from
-- each index, $24 how many phrases and $25 only if their rarest word is in so few passages, $26 weights of D, C, B, A,
-- $27 the length at which a passage begins to count less, $28 by how much. Of a question whose pages are being turned:
-- $29 how many passages there were (null: now), $30 stems and $31 in how many passages each was.
WITH term AS MATERIALIZED (
    SELECT stem, n AS passages,
        (array_to_tsvector(ARRAY[stem])::text || CASE WHEN begins THEN ':*' ELSE '' END)::tsquery AS query,
        ln(1 + greatest(coalesce($29::bigint, (SELECT passages FROM search_state)), n, 1)::float8 / (1 + n)) AS weight
    FROM (
        SELECT lexeme AS stem, coalesce(t.passages, 0) AS passages, false AS begins
        FROM unnest(to_tsvector('english', search_words($2)))
        LEFT JOIN search_term t ON t.analysis = 'english' AND t.term = lexeme
        WHERE $3::text = ''
        UNION ALL
        SELECT stem, passages, begins FROM unnest($4::text[], $5::int[], $6::boolean[]) AS t (stem, passages, begins)
    ) t
    LEFT JOIN unnest($30::text[], $31::int[]) AS kept (stem, count) USING (stem)
    CROSS JOIN LATERAL (SELECT CASE WHEN begins THEN passages ELSE coalesce(kept.count, passages) END) AS told (n)
), asked AS MATERIALIZED (
    SELECT CASE
            WHEN $7::boolean AND NOT EXISTS (SELECT FROM term) THEN ''  -- only what is not wanted: that is nearly everything
            WHEN $3 <> '' THEN $3::tsquery
            ELSE websearch_to_tsquery('english', replace(search_words($1), E'\x01', ' -'))
        END AS query,
        (SELECT phraseto_tsquery('english', search_words($2)) FROM term
         WHERE NOT $7 HAVING count(*) > 1 AND min(passages) <= $25) AS phrase
), narrowed AS MATERIALIZED (
    SELECT d.id AS document_id FROM search_document d
    WHERE d.lang = ANY ($8::text[]) AND ($13::date IS NULL OR d.date >= $13) AND ($14::date IS NULL OR d.date <= $14)
        AND ($12::text IS NULL OR EXISTS (
            SELECT FROM version v CROSS JOIN unnest(v.subjects) AS subject
            WHERE v.id = d.version_id AND lower(search_words(subject)) = lower(search_words($12))))
), named AS MATERIALIZED (
    -- What has a key is looked up one by one: with much law held, a plan would sooner go through all passages for keys.
    SELECT p.*
    FROM search_key k
    JOIN search_document d ON d.id = k.document_id
    CROSS JOIN LATERAL (
        SELECT p.ctid AS row, p.document_id, p.place, 'place' AS kind
        FROM version_provision vp
        JOIN provision USING (hash)
        JOIN search_passage p USING (eid)
        WHERE vp.version_id = d.version_id AND p.document_id = d.id AND btrim(lower(num), ' .') = $18
            AND ($9::text IS NULL OR p.jurisdiction = $9) AND ($10::text IS NULL OR p.kind = $10)
            AND ($11::text IS NULL OR p.status = $11)
            AND (NOT $15::boolean OR p.document_id IN (SELECT document_id FROM narrowed))
        OFFSET 0
    ) p
    WHERE $18::text <> '' AND k.lang = ANY ($8) AND k.kind IN ('title', 'citation') AND k.norm = ANY ($17::text[])
    UNION ALL
    SELECT k.*
    FROM unnest($19::text[], $20::int[]) AS wanted (kind, most)
    CROSS JOIN LATERAL (
        SELECT p.row, k.document_id, k.place, k.kind
        FROM search_key k
        CROSS JOIN LATERAL (
            SELECT p.ctid AS row FROM search_passage p
            WHERE p.document_id = k.document_id AND p.place = k.place
                AND ($9 IS NULL OR p.jurisdiction = $9) AND ($10 IS NULL OR p.kind = $10) AND ($11 IS NULL OR p.status = $11)
                AND (NOT $15 OR p.document_id IN (SELECT document_id FROM narrowed))
            OFFSET 0
        ) p
        WHERE k.lang = ANY ($8) AND k.kind = wanted.kind AND k.norm = ANY ($16::text[])
        LIMIT wanted.most
    ) k
), head AS MATERIALIZED (
    SELECT ctid AS row FROM search_passage p
    WHERE analysis = 'english' AND ts_filter(tsv, '{a,b,c}') @@ (SELECT query FROM asked)
        AND (NOT $7 OR tsv @@ (SELECT query FROM asked))  -- what is excluded may stand in the text
        AND ($21::text || $22::text = '' OR tsv @@ (CASE place WHEN -1 THEN $22 ELSE $21 END)::tsquery)
        AND lang = ANY ($8)
        AND ($9 IS NULL OR p.jurisdiction = $9) AND ($10 IS NULL OR p.kind = $10) AND ($11 IS NULL OR p.status = $11)
        AND (NOT $15 OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $23
), work AS MATERIALIZED (
    -- A work that has the words in its title is among what is looked at, however many passages have them too.
    SELECT ctid AS row FROM search_passage p
    WHERE (SELECT count(*) FROM head) = $23
        AND place = -1 AND tsv @@ (SELECT query FROM asked) AND analysis = 'english' AND lang = ANY ($8)
        AND ($21 || $22 = '' OR tsv @@ $22::tsquery)
        AND ($9 IS NULL OR p.jurisdiction = $9) AND ($10 IS NULL OR p.kind = $10) AND ($11 IS NULL OR p.status = $11)
        AND (NOT $15 OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $24
), body AS MATERIALIZED (
    SELECT ctid AS row FROM search_passage p
    WHERE (SELECT count(*) FROM head) < $23
        AND analysis = 'english' AND tsv @@ (SELECT query FROM asked)
        AND ($21 || $22 = '' OR tsv @@ (CASE place WHEN -1 THEN $22 ELSE $21 END)::tsquery)
        AND lang = ANY ($8)
        AND ($9 IS NULL OR p.jurisdiction = $9) AND ($10 IS NULL OR p.kind = $10) AND ($11 IS NULL OR p.status = $11)
        AND (NOT $15 OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $23
), phrase AS MATERIALIZED (
    -- Among all that have the words the phrase would be found already; this is for when some were cut off.
    SELECT ctid AS row FROM search_passage p
    WHERE (SELECT phrase IS NOT NULL FROM asked)
        AND ((SELECT count(*) FROM head) = $23 OR (SELECT count(*) FROM body) = $23)
        AND analysis = 'english' AND tsv @@ (SELECT phrase FROM asked) AND lang = ANY ($8)
        AND ($9 IS NULL OR p.jurisdiction = $9) AND ($10 IS NULL OR p.kind = $10) AND ($11 IS NULL OR p.status = $11)
        AND (NOT $15 OR p.document_id IN (SELECT document_id FROM narrowed))
    LIMIT $24
), scored AS (
    SELECT p.document_id, p.place, p.status = 'in-force' AS in_force, p.bare,
        coalesce(p.tsv @@ (SELECT phrase FROM asked), false) AS phrase,
        (SELECT sum(weight * ts_rank($26::real[], p.tsv, query)) / sum(weight) FROM term)
        / (1 + $28::float8 * ln(1 + p.length / $27::float8)) AS score
    FROM search_passage p
    WHERE p.ctid = ANY (ARRAY(
        SELECT row FROM named UNION ALL SELECT row FROM head UNION ALL SELECT row FROM work UNION ALL SELECT row FROM body
        UNION ALL SELECT row FROM phrase
    ))
)
SELECT (SELECT query::text FROM asked) AS ask, coalesce($29, (SELECT passages FROM search_state)) AS passages, stems, uses,
    (SELECT count(*) FROM head) = $23 OR (SELECT count(*) FROM body) = $23 AS capped,
    document_ids, places, in_force, bare, phrase, scores,
    array(SELECT document_id FROM named) AS named_documents, array(SELECT place FROM named) AS named_places,
    array(SELECT kind FROM named) AS named_kinds
FROM (
    SELECT coalesce(array_agg(document_id), '{}') AS document_ids, coalesce(array_agg(place), '{}') AS places,
        coalesce(array_agg(in_force), '{}') AS in_force, coalesce(array_agg(bare), '{}') AS bare,
        coalesce(array_agg(phrase), '{}') AS phrase, coalesce(array_agg(coalesce(score, 0)), '{}') AS scores
    FROM scored
) found
CROSS JOIN (
    SELECT coalesce(array_agg(stem ORDER BY stem), '{}') AS stems,
        coalesce(array_agg(passages ORDER BY stem), '{}') AS uses
    FROM term
) terms;

-- name: any_word
-- Passages that match the query, which joins words by "or", with what ranks them: the share of the terms' weights that
-- a passage covers as BM25 counts it. Of one term at one weight, ts_rank is n / (n + .63) for n occurrences, which is
-- BM25 at the usual length with k1 = .63; from it follows any other length. $1 a subject or null, $2 languages,
-- $3 the query, $4 jurisdiction, $5 all terms as queries and $6 in how many passages they are, $7 kind, $8 status,
-- $9 how many to take, $10 weights of D, C, B, A, $11 the usual length in bytes, $12 how much it counts, $13 and $14 the
-- first and last day on which a text may have begun to stand, $15 whether subject or days are given, $16 how many
-- passages there are.
WITH term AS MATERIALIZED (
    SELECT query, weight / sum(weight) OVER () AS weight
    FROM (
        SELECT query::tsquery AS query,
            ln(1 + greatest($16::bigint, passages, 1)::float8 / (1 + passages)) AS weight
        FROM unnest($5::text[], $6::int[]) AS t (query, passages)
    ) t
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

-- name: all_facets
-- How often each value occurs among all that match, however many: for when the ranked ones are only some of them. $1 a
-- subject or null, $2 languages, $3 the query, $4 jurisdiction, $5 kind, $6 status, $7 and $8 days, $9 whether subject
-- or days are given, $10 and $11 what provisions and works must match besides, $12 names what is counted.
SELECT facet.name, facet.value, sum(c.passages)::int AS count
FROM (
    SELECT p.document_id, p.status, count(*) AS passages
    FROM search_passage p
    WHERE p.analysis = 'english' AND p.tsv @@ $3::text::tsquery AND p.lang = ANY ($2::text[])
        AND ($4::text IS NULL OR p.jurisdiction = $4) AND ($5::text IS NULL OR p.kind = $5)
        AND ($6::text IS NULL OR p.status = $6)
        AND ($10::text || $11::text = '' OR p.tsv @@ (CASE p.place WHEN -1 THEN $11 ELSE $10 END)::tsquery)
    GROUP BY p.document_id, p.status
) c
JOIN search_document d ON d.id = c.document_id
CROSS JOIN LATERAL (VALUES
    ('jurisdiction', d.jurisdiction), ('kind', d.kind), ('status', c.status), ('lang', d.lang),
    ('year', extract(year FROM d.date)::int::text)
) AS facet (name, value)
WHERE facet.name = ANY ($12::text[]) AND (NOT $9::boolean OR (
    ($7::date IS NULL OR d.date >= $7) AND ($8::date IS NULL OR d.date <= $8)
    AND ($1::text IS NULL OR EXISTS (
        SELECT FROM version v CROSS JOIN unnest(v.subjects) AS subject
        WHERE v.id = d.version_id AND lower(search_words(subject)) = lower(search_words($1))))))
GROUP BY facet.name, facet.value;
