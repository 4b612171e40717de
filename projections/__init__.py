"""What people ask: one module a view, with its tables, its fold and its queries."""
