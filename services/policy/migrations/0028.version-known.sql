-- Which text is shown for a day as it was known on another.
-- depends: 0028.two-time-axes

-- The version of a work in a language to show for a day as it was known on another: see version.current_from.
CREATE FUNCTION version_known(work bigint, language text, day date, known date) RETURNS bigint LANGUAGE sql STABLE
    SET search_path = policy, pg_temp
AS $$
    SELECT v.id
    FROM version v
    CROSS JOIN LATERAL (
        SELECT greatest(v.published, max(r.release)) AS said
        FROM version_release r WHERE r.version_id = v.id AND r.release <= known
    ) AS r
    WHERE v.work_id = work AND v.lang = language AND v.published <= known
    ORDER BY v.date <= day DESC, CASE WHEN v.date <= day THEN v.date END DESC, v.date, r.said DESC, v.revision DESC
    LIMIT 1
$$;
