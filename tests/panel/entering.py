"""A session opened past the sign-in, as that does once it knows who it is."""

import os
from datetime import timedelta

from api.cookies import session_cookie_name
from domain.application import Wish
from domain.secret import SESSION, digest_of, encode_secret
from domain.session import OpenSession
from infra.desk import new_id
from tests.mcp.company import Member
from tests.mcp.serving import Served
from tests.sign_in.browser import Browser


def entered(at: Served, member: Member) -> Browser:
    """Open a session by the server's own clock."""
    secret = encode_secret(SESSION, os.urandom(32))
    ends = at.desk.helpdesk.now() + timedelta(days=1)
    opened = OpenSession(
        session=new_id(), agent=member.id, digest=digest_of(secret).hex(), expires_at=ends
    )
    at.run(at.desk.execute(Wish(opened)))
    return Browser(at.port, **{session_cookie_name(at.desk.settings.base_url): secret})
