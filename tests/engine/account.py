"""Prints an `auth.json` of a ChatGPT login with tokens that nobody signed: account.py NAME."""

import base64
import json
import sys


def part(value):
    """A part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


name = sys.argv[1]
claims = {
    "exp": 4102444800,
    "email": "me@example.com",
    "https://api.openai.com/auth": {"chatgpt_plan_type": "plus", "chatgpt_account_id": name},
}
token = ".".join([part({"alg": "none", "typ": "JWT"}), part(claims), part("none")])
tokens = {"id_token": token, "access_token": token, "refresh_token": f"rt-{name}", "account_id": name}
print(json.dumps({"OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": "2099-01-01T00:00:00Z"}))
