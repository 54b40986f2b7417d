"""Mail: an outbox in the database, the letters of the platform, and the task that hands them to a mail server."""
