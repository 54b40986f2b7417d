-- Every step of a draft and of an import, every withdrawal and every refusal is a link of one chain: who changes, removes
-- or slips in a row breaks it. As in the auth service, whose migration 0050.audit-chain says more.
-- depends: 0029.drafts 0033.import-record

-- People who signed in and were refused: counted for a moment in memory, so that a flood of refusals writes few rows.
CREATE TABLE refusal_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account text NOT NULL,
    request_id text NOT NULL,               -- of the first of them
    method text NOT NULL,
    route text NOT NULL,                    -- the pattern of the address
    reason text NOT NULL,                   -- the kind of problem that was answered
    times int NOT NULL CHECK (times > 0)
);

CREATE TABLE audit_link (
    position bigint PRIMARY KEY CHECK (position > 0),
    source text NOT NULL,                   -- the table that holds the event
    event bigint NOT NULL,                  -- its id there
    previous bytea NOT NULL CHECK (length(previous) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    UNIQUE (source, event)
);

CREATE TABLE audit_cut (
    position bigint PRIMARY KEY,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN '-,' ELSE octet_length(convert_to(value, 'UTF8')) || ':' || value || ',' END;

CREATE FUNCTION audit_moment(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE FUNCTION audit_add_link(source text, event bigint, fields text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
DECLARE
    place bigint := 1;
    before bytea := decode(repeat('00', 32), 'hex');
    content text;
BEGIN
    PERFORM pg_advisory_xact_lock(7306086967300254576);
    SELECT l.position + 1, l.hash INTO place, before FROM audit_link l ORDER BY l.position DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT coalesce(max(c.position), 0) + 1, coalesce((array_agg(c.hash ORDER BY c.position DESC))[1],
               decode(repeat('00', 32), 'hex'))
        INTO place, before FROM audit_cut c;
    END IF;
    SELECT audit_field(place::text) || audit_field(source) || audit_field(event::text) || string_agg(audit_field(f.value), ''
           ORDER BY f.number)
    INTO content FROM unnest(fields) WITH ORDINALITY AS f (value, number);
    INSERT INTO audit_link VALUES (place, source, event, before, sha256(before || convert_to(content, 'UTF8')));
END $$;

-- The fields of each kind of event in the order in which they are hashed; `links` in services/policy/trail/queries.sql
-- repeats it.
CREATE FUNCTION audit_fields(e editorial_event) RETURNS text[] LANGUAGE sql STABLE
    SET search_path = policy, pg_temp
RETURN ARRAY[audit_moment(e.at), e.account, e.request_id, e.action, e.draft_id::text, e.revision::text, e.eid, e.from_state,
             e.to_state, encode(e.before, 'hex'), encode(e.after, 'hex'), e.detail, e.version_id::text];
CREATE FUNCTION audit_fields(e import_event) RETURNS text[] LANGUAGE sql STABLE
    SET search_path = policy, pg_temp
RETURN ARRAY[audit_moment(e.at), e.account, e.request_id, e.action, e.run_id::text, e.from_state, e.to_state, e.detail];
CREATE FUNCTION audit_fields(e refusal_event) RETURNS text[] LANGUAGE sql STABLE
    SET search_path = policy, pg_temp
RETURN ARRAY[audit_moment(e.at), e.account, e.request_id, e.method, e.route, e.reason, e.times::text];

CREATE FUNCTION editorial_event_linked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    -- A step that has a version also writes to the log of changes, whose lock comes first: else two could wait in a ring.
    IF NEW.version_id IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(7306086967300254575);
    END IF;
    PERFORM audit_add_link(TG_TABLE_NAME, NEW.id, audit_fields(NEW));
    RETURN NULL;
END $$;
CREATE FUNCTION import_event_linked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    PERFORM audit_add_link(TG_TABLE_NAME, NEW.id, audit_fields(NEW));
    RETURN NULL;
END $$;
CREATE FUNCTION refusal_event_linked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = policy, pg_temp
AS $$
BEGIN
    PERFORM audit_add_link(TG_TABLE_NAME, NEW.id, audit_fields(NEW));
    RETURN NULL;
END $$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is not rewritten: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

-- What was recorded before there was a chain.
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT 'editorial_event' AS source, e.id, e.at, audit_fields(e) AS fields FROM editorial_event e
        UNION ALL SELECT 'import_event', i.id, i.at, audit_fields(i) FROM import_event i
        ORDER BY at, source, id
    LOOP
        PERFORM audit_add_link(found.source, found.id, found.fields);
    END LOOP;
END
$$;

CREATE CONSTRAINT TRIGGER editorial_event_linked AFTER INSERT ON editorial_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION editorial_event_linked();
CREATE CONSTRAINT TRIGGER import_event_linked AFTER INSERT ON import_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION import_event_linked();
CREATE CONSTRAINT TRIGGER refusal_event_linked AFTER INSERT ON refusal_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refusal_event_linked();
CREATE TRIGGER editorial_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON editorial_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER import_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON import_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER refusal_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON refusal_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE editorial_event ENABLE ALWAYS TRIGGER editorial_event_linked;
ALTER TABLE editorial_event ENABLE ALWAYS TRIGGER editorial_event_stays;
ALTER TABLE import_event ENABLE ALWAYS TRIGGER import_event_linked;
ALTER TABLE import_event ENABLE ALWAYS TRIGGER import_event_stays;
ALTER TABLE refusal_event ENABLE ALWAYS TRIGGER refusal_event_linked;
ALTER TABLE refusal_event ENABLE ALWAYS TRIGGER refusal_event_stays;
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_stays;

CREATE INDEX editorial_event_account ON editorial_event (account, id);
CREATE INDEX import_event_account ON import_event (account, id);
CREATE INDEX refusal_event_account ON refusal_event (account, id);

REVOKE ALL ON FUNCTION audit_add_link(text, bigint, text[]), editorial_event_linked(), import_event_linked(),
    refusal_event_linked() FROM PUBLIC;
REVOKE UPDATE, DELETE, TRUNCATE ON refusal_event FROM openpolicy_policy;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_link, audit_cut FROM openpolicy_policy;
