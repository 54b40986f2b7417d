-- Deleting one's account empties it at once; the row goes when nobody needs to hear of its end any more.
-- depends: 0020.mail

ALTER TABLE account ADD COLUMN deleted_at timestamptz;
CREATE INDEX account_deleted ON account (deleted_at) WHERE deleted_at IS NOT NULL;
