"""A ticket: what is asked, by whom, where it stands, and the rules of moving it on."""
