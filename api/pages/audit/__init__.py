"""The audit trail: calls and facts, narrowed by forms, on pages and as files."""

from api.pages.audit import calls, export, facts

ENDPOINTS = (*calls.ENDPOINTS, *facts.ENDPOINTS, *export.ENDPOINTS)
