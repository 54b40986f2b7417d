-- Length of a passage as what it counts as in ranking: bytes of its text, in place of its different words.
-- depends: 0010.search

-- Different words tell little of a text of many pages, which has some of any question's words by chance.
COMMENT ON COLUMN search_passage.length IS 'bytes of note, heading and text';

-- What is indexed is indexed again when the service starts, chunk by chunk, and found meanwhile.
UPDATE version SET indexed_at = NULL WHERE id IN (SELECT version_id FROM search_document);
