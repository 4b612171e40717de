"""What keeps the views up to date: one projector an account, and how others know how far it is."""
