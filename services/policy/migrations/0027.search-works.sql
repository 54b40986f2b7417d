-- Works as a whole have an index of their own, by the words of their titles: they are few among all passages.
-- depends: 0026.search-places

CREATE INDEX search_passage_works ON search_passage USING gin (tsv) WITH (fastupdate = off) WHERE place = -1;
