"""Links in letters: each stands for one thing that the owner of a mailbox may do, once, within a time."""
