"""The shared cache (RFC 9111): answers of services kept in memory, and given to whoever may have them."""
