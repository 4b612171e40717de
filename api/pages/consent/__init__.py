"""The authorization endpoint as people see it: which app asks, and their answer."""

from api.pages.consent import authorizing

ENDPOINTS = (*authorizing.ENDPOINTS,)
