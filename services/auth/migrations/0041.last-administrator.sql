-- Somebody can always manage accounts: whatever statement would leave nobody is refused.
-- depends: 0001.accounts

-- Two statements that each leave the other's administrator wait for one another here, so that the second sees the first.
CREATE FUNCTION last_administrator_stays() RETURNS trigger LANGUAGE plpgsql
    SET search_path = auth, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7093002);
    IF NOT EXISTS (SELECT FROM account WHERE role = 'admin' AND disabled_at IS NULL) THEN
        RAISE EXCEPTION 'the last administrator stays' USING ERRCODE = 'OA001';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER last_administrator_changed AFTER UPDATE ON account
    FOR EACH ROW WHEN (OLD.role = 'admin' AND OLD.disabled_at IS NULL
                       AND (NEW.role <> 'admin' OR NEW.disabled_at IS NOT NULL))
    EXECUTE FUNCTION last_administrator_stays();
CREATE TRIGGER last_administrator_deleted AFTER DELETE ON account
    FOR EACH ROW WHEN (OLD.role = 'admin' AND OLD.disabled_at IS NULL)
    EXECUTE FUNCTION last_administrator_stays();
