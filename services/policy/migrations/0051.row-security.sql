-- Row level security of drafts, reviews and imports: the database shows and takes only what whoever acts may see and do,
-- also where the service forgot to ask. What is published is everybody's and has none.
-- depends: 0029.drafts 0030.import-jobs 0033.import-record

-- Who acts is said by the settings openpolicy.account, openpolicy.permissions and openpolicy.areas, of the transaction or,
-- in programs, of the session. Nothing said: nobody, who sees nothing. The permissions `system` are those of programs that
-- act for nobody: imports, the worker, the trail, migrations.
CREATE FUNCTION acting_account() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('openpolicy.account', true), '');
CREATE FUNCTION acting_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('openpolicy.permissions', true), '') = 'system';
CREATE FUNCTION acting_may(permission text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN acting_is_system() OR permission = ANY (string_to_array(current_setting('openpolicy.permissions', true), ' '));
-- Ids of jurisdictions; holds '*' for who acts everywhere.
CREATE FUNCTION acting_areas() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN acting_is_system() THEN ARRAY['*']
       ELSE coalesce(string_to_array(current_setting('openpolicy.areas', true), ' '), '{}') END;

-- Whose import it is in which areas; of one from before, or of a command, everywhere.
ALTER TABLE import_run ADD COLUMN areas text NOT NULL DEFAULT '*';
ALTER TABLE import_upload ADD COLUMN account text NOT NULL DEFAULT acting_account();

ALTER TABLE draft ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE draft_provision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE draft_editor ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE draft_author ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE draft_note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE draft_request ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE editorial_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE import_run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE import_failure ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE import_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE import_upload ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE import_upload_piece ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Drafts. What does not depend on the row stands in sub-selects, which are worked out once for each statement.
CREATE POLICY seen ON draft FOR SELECT USING (
    ('*' = ANY ((SELECT acting_areas())::text[]) OR jurisdiction = ANY ((SELECT acting_areas())::text[]))
    AND ((SELECT acting_may('drafts:read') OR acting_may('drafts:review'))
         OR (SELECT acting_may('drafts:write'))
            AND (owner = (SELECT acting_account())
                 OR EXISTS (SELECT FROM draft_editor e WHERE e.draft_id = id AND e.account = (SELECT acting_account())))));
CREATE POLICY begun ON draft FOR INSERT WITH CHECK (
    ('*' = ANY ((SELECT acting_areas())::text[]) OR jurisdiction = ANY ((SELECT acting_areas())::text[]))
    AND (SELECT acting_may('drafts:write'))
    AND ((SELECT acting_is_system()) OR owner = (SELECT acting_account()) AND acted_by = owner));
CREATE POLICY moved ON draft FOR UPDATE USING (
    ('*' = ANY ((SELECT acting_areas())::text[]) OR jurisdiction = ANY ((SELECT acting_areas())::text[]))
    AND ((SELECT acting_may('drafts:review'))
         OR (SELECT acting_may('drafts:write'))
            AND (owner = (SELECT acting_account())
                 OR EXISTS (SELECT FROM draft_editor e WHERE e.draft_id = id AND e.account = (SELECT acting_account())))))
WITH CHECK (
    ('*' = ANY ((SELECT acting_areas())::text[]) OR jurisdiction = ANY ((SELECT acting_areas())::text[]))
    AND ((SELECT acting_is_system()) OR acted_by = (SELECT acting_account())));

-- Whoever sees a draft sees what belongs to it. Its editors are no secret, since what may be seen of a draft depends on
-- them: the policies would go round in a circle.
CREATE POLICY seen ON draft_provision FOR SELECT USING (EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY added ON draft_provision FOR INSERT
    WITH CHECK ((SELECT acting_may('drafts:write')) AND EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY changed ON draft_provision FOR UPDATE
    USING ((SELECT acting_may('drafts:write')) AND EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY removed ON draft_provision FOR DELETE
    USING ((SELECT acting_may('drafts:write')) AND EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY seen ON draft_editor FOR SELECT USING (true);
CREATE POLICY added ON draft_editor FOR INSERT
    WITH CHECK ((SELECT acting_may('drafts:write') OR acting_may('drafts:review'))
                AND EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY removed ON draft_editor FOR DELETE
    USING ((SELECT acting_may('drafts:write') OR acting_may('drafts:review'))
           AND EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY seen ON draft_author FOR SELECT USING (EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY added ON draft_author FOR INSERT WITH CHECK (EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY seen ON draft_note FOR SELECT USING (EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY added ON draft_note FOR INSERT
    WITH CHECK ((SELECT acting_may('drafts:review')) AND account = (SELECT acting_account())
                AND EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY own ON draft_request
    USING ((SELECT acting_is_system()) OR account = (SELECT acting_account()));

-- The record is read with its draft, or whole by who may read the trail; nobody writes it in another's name.
CREATE POLICY seen ON editorial_event FOR SELECT USING (
    (SELECT acting_may('audit:read'))
    OR EXISTS (SELECT FROM draft d WHERE d.id = draft_id));
CREATE POLICY added ON editorial_event FOR INSERT WITH CHECK (
    (SELECT acting_is_system())
    OR account = (SELECT acting_account())
       AND (EXISTS (SELECT FROM draft d WHERE d.id = draft_id)
            OR draft_id IS NULL AND (SELECT acting_may('drafts:review'))));

-- Imports: one's own, and those that may touch the areas of who reads what others do.
CREATE POLICY seen ON import_run FOR SELECT USING (
    (SELECT acting_is_system())
    OR account = (SELECT acting_account()) AND (SELECT acting_may('imports:run'))
    OR (SELECT acting_may('drafts:read'))
       AND ('*' = ANY ((SELECT acting_areas())::text[]) OR areas = '*'
            OR string_to_array(areas, ' ') && (SELECT acting_areas())::text[]));
CREATE POLICY begun ON import_run FOR INSERT WITH CHECK (
    (SELECT acting_is_system())
    OR account = (SELECT acting_account()) AND origin = 'upload' AND (SELECT acting_may('imports:run'))
       AND ('*' = ANY ((SELECT acting_areas())::text[]) OR string_to_array(areas, ' ') <@ (SELECT acting_areas())::text[]));
CREATE POLICY moved ON import_run FOR UPDATE USING (
    (SELECT acting_may('imports:manage'))
    OR account = (SELECT acting_account()) AND (SELECT acting_may('imports:run')));
CREATE POLICY removed ON import_run FOR DELETE USING ((SELECT acting_is_system()));
CREATE POLICY seen ON import_failure FOR SELECT USING (EXISTS (SELECT FROM import_run r WHERE r.id = run_id));
CREATE POLICY kept ON import_failure USING ((SELECT acting_is_system()));
CREATE POLICY seen ON import_event FOR SELECT
    USING ((SELECT acting_may('audit:read')) OR EXISTS (SELECT FROM import_run r WHERE r.id = run_id));
CREATE POLICY added ON import_event FOR INSERT WITH CHECK (account = (SELECT acting_account()));
CREATE POLICY own ON import_upload
    USING ((SELECT acting_is_system()) OR account = (SELECT acting_account()) AND (SELECT acting_may('imports:run')));
CREATE POLICY own ON import_upload_piece
    USING (EXISTS (SELECT FROM import_upload u WHERE u.id = upload_id));
