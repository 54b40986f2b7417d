-- Every event of the audit trail is a link of a chain: who changes, removes or slips in a row breaks it.
-- depends: 0001.accounts

-- A link holds the hash of the one before it, of its place, and of all that its event says. Positions have no gap and are
-- in the order of commits.
CREATE TABLE audit_link (
    position bigint PRIMARY KEY CHECK (position > 0),
    source text NOT NULL,                   -- the table that holds the event
    event bigint NOT NULL,                  -- its id there
    previous bytea NOT NULL CHECK (length(previous) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    UNIQUE (source, event)
);

-- Where the beginning of the trail was taken away, after it was exported: the last position taken, and its hash.
CREATE TABLE audit_cut (
    position bigint PRIMARY KEY,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One value in the form that is hashed: its length in bytes of UTF-8, a colon, the value and a comma; "-," for none.
CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN '-,' ELSE octet_length(convert_to(value, 'UTF8')) || ':' || value || ',' END;

-- A moment in the form that is hashed: in UTC, to the microsecond.
CREATE FUNCTION audit_moment(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE FUNCTION audit_add_link(source text, event bigint, fields text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = auth, pg_temp
AS $$
DECLARE
    place bigint := 1;
    before bytea := decode(repeat('00', 32), 'hex');
    content text;
BEGIN
    -- Whoever comes second waits until the first has committed, and then sees its link.
    PERFORM pg_advisory_xact_lock(7093050);
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

-- The fields of an event in the order in which they are hashed; `links` in services/auth/audit/queries.sql repeats it.
CREATE FUNCTION audit_event_fields(e audit_event) RETURNS text[] LANGUAGE sql STABLE
    SET search_path = auth, pg_temp
RETURN ARRAY[audit_moment(e.at), e.action, e.actor::text, e.subject::text, e.pseudonym, e.sid::text, e.detail::text,
             e.request_id];

CREATE FUNCTION audit_event_linked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = auth, pg_temp
AS $$
BEGIN
    PERFORM audit_add_link(TG_TABLE_NAME, NEW.id, audit_event_fields(NEW));
    RETURN NULL;
END $$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is not rewritten: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

-- What was recorded before there was a chain, in its order.
DO $$
DECLARE
    e audit_event;
BEGIN
    FOR e IN SELECT * FROM audit_event ORDER BY id LOOP
        PERFORM audit_add_link('audit_event', e.id, audit_event_fields(e));
    END LOOP;
END
$$;

-- At the end of the transaction, so that the lock is held for the commit alone. ALWAYS: not switched off by a session's
-- replication role.
CREATE CONSTRAINT TRIGGER audit_event_linked AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_event_linked();
CREATE TRIGGER audit_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_linked;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_stays;
ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_stays;

-- For the owner: takes the trail away up to a position, once it has been exported. The rest goes on from there, and the
-- export still proves what it holds. Returns how many events went.
CREATE FUNCTION audit_cut_through(last bigint) RETURNS bigint LANGUAGE plpgsql
    SET search_path = auth, pg_temp
AS $$
DECLARE
    gone bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7093050);
    INSERT INTO audit_cut (position, hash) SELECT l.position, l.hash FROM audit_link l WHERE l.position = last;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the trail holds no link %', last;
    END IF;
    ALTER TABLE audit_event DISABLE TRIGGER audit_event_stays;
    ALTER TABLE audit_link DISABLE TRIGGER audit_link_stays;
    DELETE FROM audit_event e USING audit_link l
    WHERE l.position <= last AND l.source = 'audit_event' AND l.event = e.id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM audit_link l WHERE l.position <= last;
    ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_stays;
    ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_stays;
    RETURN gone;
END $$;

-- For the list of events, newest first, of one who acted, and of one kind.
CREATE INDEX audit_event_actor ON audit_event (actor, id);
CREATE INDEX audit_event_action ON audit_event (action COLLATE "C", id);
CREATE INDEX audit_event_pseudonym ON audit_event (pseudonym, id) WHERE pseudonym <> '';
CREATE INDEX audit_event_at ON audit_event (at);

REVOKE ALL ON FUNCTION audit_add_link(text, bigint, text[]), audit_event_linked(), audit_cut_through(bigint) FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'openpolicy_auth') THEN
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_link, audit_cut FROM openpolicy_auth;
    END IF;
END
$$;
