"""The chain once more, into an OpenID Connect client of another make: authlib."""

import html
import os
import re
import unittest

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken

GATEWAY = os.environ["GATEWAY_URL"]
APP = os.environ["APP_URL"]


def form(page, **fill):
    """The first form of a page: its address and fields, with `fill` over what is there."""
    attributes, inside = re.search(r"<form([^>]*)>(.*?)</form>", page.text, re.S).groups()
    action = html.unescape(re.search(r'action="([^"]*)"', attributes).group(1))
    fields = {}
    for tag in re.findall(r"<input[^>]*>", inside):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            fields[html.unescape(name.group(1))] = html.unescape(value.group(1)) if value else ""
    return requests.compat.urljoin(page.url, action or page.url), {**fields, **fill}


def follow(browser, page):
    """Follows pages that navigate by themselves."""
    while match := re.search(r'<meta http-equiv="refresh" content="0;\s*url=([^"]+)"', page.text):
        page = browser.get(requests.compat.urljoin(page.url, html.unescape(match.group(1))))
    return page


class Browser(requests.Session):
    """A session that sends `Secure` cookies to loopback, as browsers do."""

    def send(self, request, **options):
        for cookie in self.cookies:
            cookie.secure = False
        request.headers.pop("Cookie", None)
        request.prepare_cookies(self.cookies)
        return super().send(request, **options)


class AuthlibLogin(unittest.TestCase):
    def test_a_login_becomes_verified_tokens(self):
        metadata = requests.get(f"{GATEWAY}/.well-known/openid-configuration", timeout=10).json()
        client = OAuth2Session(
            os.environ["CLIENT_ID"],
            os.environ["CLIENT_SECRET"],
            scope="openid email profile",
            redirect_uri=f"{APP}/callback",
            code_challenge_method="S256",
        )
        verifier, nonce = generate_token(48), generate_token(20)
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        browser = Browser()
        target, fields = form(browser.get(url), email="bob@acme.example")
        login = follow(browser, browser.post(target, data=fields))
        target, fields = form(login, username="bob", password="test-password")
        target, fields = form(browser.post(target, data=fields))
        # The provider's page posts to the gateway; the gateway sends the browser on to the app.
        answer = browser.post(target, data=fields, allow_redirects=False)
        callback = answer.headers["location"]
        self.assertTrue(callback.startswith(f"{APP}/callback?"), callback)
        self.assertIn(f"state={state}", callback)
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
        tokens = client.fetch_token(
            metadata["token_endpoint"], authorization_response=callback, code_verifier=verifier, state=state
        )
        keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
        claims = JsonWebToken(["RS256"]).decode(
            tokens["id_token"],
            keys,
            claims_options={
                "iss": {"essential": True, "value": GATEWAY},
                "aud": {"essential": True, "value": os.environ["CLIENT_ID"]},
                "nonce": {"essential": True, "value": nonce},
            },
        )
        claims.validate()
        self.assertEqual(claims["email"], "bob@acme.example")
        self.assertEqual(claims["organization_id"], os.environ["ORGANIZATION"])
        user = client.get(metadata["userinfo_endpoint"]).json()
        self.assertEqual(user["sub"], claims["sub"])


if __name__ == "__main__":
    unittest.main()
