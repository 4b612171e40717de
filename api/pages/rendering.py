"""Pages rendered from templates, with the headers that keep browsers from being misled by them."""

from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.datastructures import Cookie

from api.pages.assets import MARK, SCRIPT, STYLE, load

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_SCRIPTED = f"{_POLICY}; script-src 'self'; connect-src 'self'"
_LEADING_OUT = _POLICY.replace(" form-action 'self';", "")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    # For browsers that know no `frame-ancestors` (OAuth 2.1 §7.11).
    "X-Frame-Options": "DENY",
}
FILE_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""What goes with files that are taken along: nothing in them is ever a page of ours."""


class Renderer:
    """Renders pages; whatever is put into them is text, never markup."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("api.pages"),
            autoescape=True,
            auto_reload=False,  # what is served is what was started
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.assets = found = load()
        self._shown = {
            "refusal": "",
            "notice": "",
            "warning": "",
            "style": found[STYLE].address,
            "script": found[SCRIPT].address,
            "mark": found[MARK].address,
        }

    def page(
        self,
        template: str,
        shown: Mapping[str, object],
        *,
        status: int = 200,
        cookies: Sequence[Cookie] = (),
        headers: Mapping[str, str] | None = None,
        hidden: bool = False,
        leads_out: bool = False,
        scripted: bool = False,
    ) -> Response[str]:
        """Render a page. With `hidden` its address, which holds a secret, is told to nobody.

        With `leads_out` the answer to its form may redirect to another site, and that again, to
        places that nobody here knows: Chromium holds `form-action` against each of them. Pages that
        are `scripted` work without their script, too.
        """
        policy = _SCRIPTED if scripted else _LEADING_OUT if leads_out else _POLICY
        return Response(
            self._templates.get_template(f"{template}.html").render({**self._shown, **shown}),
            status_code=status,
            media_type=MediaType.HTML,
            cookies=list(cookies),
            headers={
                **_HEADERS,
                "Content-Security-Policy": policy,
                "Referrer-Policy": "no-referrer" if hidden else "same-origin",
                **(headers or {}),
            },
        )

    def asset(self, path: str, version: str, encodings: str = "") -> Response[bytes]:
        """Answer with what pages are shown with: kept for a year where it is the version asked for."""
        asset = self.assets[path]
        kept = "max-age=31536000, immutable" if version == asset.version else "max-age=300"
        packs = "gzip" in encodings
        return Response(
            asset.packed if packs else asset.text.encode(),
            media_type=asset.kind,
            headers={
                **({"Content-Encoding": "gzip"} if packs else {}),
                "Vary": "Accept-Encoding",
                "Cache-Control": kept,
                "X-Content-Type-Options": "nosniff",
            },
        )


def see_other(location: str, cookies: Sequence[Cookie] = ()) -> Response[None]:
    """Send a browser on to a page, which it asks for by GET (RFC 9110 §15.4.4)."""
    headers = {"Location": location, "Cache-Control": "no-store"}
    return Response(
        None,
        status_code=303,
        media_type=MediaType.TEXT,  # else its body would be the JSON of nothing: `null`
        cookies=list(cookies),
        headers=headers,
    )
