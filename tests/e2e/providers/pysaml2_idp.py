"""pysaml2 as an identity provider. It signs in whoever the path names and asks for no password.

Usage: pysaml2_idp.py PORT WORK_FOLDER ACCOUNT. Serves /NAME/metadata and /NAME/sso for each way of
answering below, and reads the gateway's metadata from WORK_FOLDER/sp-PORT-*.xml at the first login.
"""

import functools
import glob
import os
import sys
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORD
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

PORT, WORK, EMAIL = int(sys.argv[1]), sys.argv[2], sys.argv[3]
BASE = f"http://127.0.0.1:{PORT}"

# How each entity answers: what it signs, and whether it encrypts (with 3DES and RSA-OAEP, as pysaml2 does by default).
WAYS = {
    "assertion-signed": {"sign_assertion": True, "sign_response": False},
    "response-signed": {"sign_assertion": False, "sign_response": True},
    "both-signed": {"sign_assertion": True, "sign_response": True},
    "encrypted": {"sign_assertion": True, "sign_response": True, "encrypt_assertion": True},
}


@functools.cache
def server(name, metadata):
    config = IdPConfig()
    config.load(
        {
            "entityid": f"{BASE}/{name}",
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [(f"{BASE}/{name}/sso", BINDING_HTTP_REDIRECT)]},
                    "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
                }
            },
            "key_file": f"{WORK}/idp.key",
            "cert_file": f"{WORK}/idp.crt",
            "xmlsec_binary": os.environ.get("XMLSEC", "/usr/bin/xmlsec1"),
            "metadata": {"local": metadata},
            "allow_unknown_attributes": True,
        }
    )
    return Server(config=config)


def answer(name, query):
    idp = server(name, tuple(sorted(glob.glob(f"{WORK}/sp-{PORT}-*.xml"))))
    request = idp.parse_authn_request(query["SAMLRequest"][0], BINDING_HTTP_REDIRECT)
    arguments = idp.response_args(request.message, [BINDING_HTTP_POST])
    arguments["name_id"] = NameID(format=NAMEID_FORMAT_PERSISTENT, text=f"pysaml2-{name}")
    response = idp.create_authn_response(
        {"mail": [EMAIL], "givenName": ["Penny"], "surName": ["Saml"]},
        userid=EMAIL,
        authn={"class_ref": PASSWORD, "authn_auth": BASE},
        # pysaml2 signs with SHA-1 unless told otherwise.
        sign_alg=SIG_RSA_SHA256,
        digest_alg=DIGEST_SHA256,
        **WAYS[name],
        **{key: value for key, value in arguments.items() if key != "binding"},
    )
    relay_state = query.get("RelayState", [""])[0]
    http = idp.apply_binding(
        BINDING_HTTP_POST, str(response), arguments["destination"], relay_state, response=True
    )
    return "text/html", http["data"] if isinstance(http["data"], str) else "".join(http["data"])


def application(environ, start_response):
    _, name, action = (environ["PATH_INFO"] + "//").split("/")[:3]
    if name not in WAYS:
        start_response("404 Not Found", [])
        return [b""]
    if action == "metadata":
        kind, body = "application/samlmetadata+xml", str(entity_descriptor(server(name, ()).config))
    else:
        kind, body = answer(name, parse_qs(environ["QUERY_STRING"]))
    start_response("200 OK", [("content-type", kind)])
    return [body.encode()]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


make_server("127.0.0.1", PORT, application, handler_class=Quiet).serve_forever()
