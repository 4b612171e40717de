"""Tickets: their list, and each with its messages, actions and history."""

from api.pages.tickets import acting, listing, opening, ticket

ENDPOINTS = (*listing.ENDPOINTS, *ticket.ENDPOINTS, *acting.ENDPOINTS, *opening.ENDPOINTS)
