"""People's sign-in: passwords, sessions and one-time links; the pages for it are in `api.pages`."""
