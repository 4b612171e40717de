"""What the authorization server needs of the world: its tables and the network."""
