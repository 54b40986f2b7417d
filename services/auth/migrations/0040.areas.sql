-- Areas: in which jurisdictions an editor or reviewer may work.
-- depends: 0001.accounts

-- Ids of jurisdictions separated by spaces, '*' for everywhere, '' for nowhere.
ALTER TABLE account ADD COLUMN areas text NOT NULL DEFAULT '';
-- What editors and reviewers could do before, they still can.
UPDATE account SET areas = '*' WHERE role IN ('editor', 'reviewer');
ALTER TABLE account ADD CONSTRAINT account_areas
    CHECK (areas IN ('', '*') OR length(areas) <= 1000 AND areas ~ '^[a-z0-9][a-z0-9-]*( [a-z0-9][a-z0-9-]*)*$');
