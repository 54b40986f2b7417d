-- What changed for readers is announced when it is committed: the service listens, and tells whoever keeps answers.
-- depends: 0030.import-jobs

-- The payload names a work, `jurisdiction/kind/number`; empty: something that only lists and searches are made of.
CREATE FUNCTION change_announced() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('openpolicy_changes', NEW.jurisdiction || '/' || NEW.kind || '/' || NEW.number);
    RETURN NULL;
END $$;
CREATE TRIGGER change_announced AFTER INSERT ON change FOR EACH ROW EXECUTE FUNCTION change_announced();

-- What the log of changes does not tell of: that a text was taken out of its source, that search has it, that an import
-- has ended, by which the dates at which sources were checked have moved.
CREATE FUNCTION lists_announced() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('openpolicy_changes', '');
    RETURN NULL;
END $$;
CREATE FUNCTION work_announced() RETURNS trigger LANGUAGE plpgsql
    SET search_path = policy, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('openpolicy_changes', w.jurisdiction || '/' || w.kind || '/' || w.number)
    FROM work w WHERE w.id = coalesce(NEW.work_id, OLD.work_id);
    RETURN NULL;
END $$;
CREATE TRIGGER removal_announced AFTER INSERT OR UPDATE OR DELETE ON removal
    FOR EACH ROW EXECUTE FUNCTION work_announced();
CREATE TRIGGER alias_announced AFTER INSERT OR UPDATE OR DELETE ON work_alias
    FOR EACH ROW EXECUTE FUNCTION work_announced();
CREATE TRIGGER jurisdiction_announced AFTER INSERT OR UPDATE OR DELETE ON jurisdiction
    FOR EACH STATEMENT EXECUTE FUNCTION lists_announced();
CREATE TRIGGER search_announced AFTER INSERT OR UPDATE OR DELETE ON search_document
    FOR EACH STATEMENT EXECUTE FUNCTION lists_announced();
CREATE TRIGGER import_announced AFTER UPDATE OF state ON import_run
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION lists_announced();
REVOKE ALL ON FUNCTION change_announced(), lists_announced(), work_announced() FROM PUBLIC;
