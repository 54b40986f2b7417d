"""The one door: routes, streams, checks tokens, limits, and tells the health of the whole platform. Holds no data."""
