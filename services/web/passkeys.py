"""Passkeys in the browser: the challenge that it answers, kept in a cookie that only it sends back, and its answer."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, Json

from services.web.browser_secrets import forget, held, keep
from services.web.forms import Form
from services.web.keys import AUTH
from shared.contracts.sessions import AskChallenge, Challenge

CHALLENGE_COOKIE = "passkey"
CHALLENGE_API = "/internal/sessions/challenge"
MOST_CHARACTERS = 12_000


class PasskeyForm(Form):
    """What the script sends once the browser showed a passkey."""

    credential: Annotated[Json[dict[str, Any]], Field(max_length=MOST_CHARACTERS)]
    next: str = Field("", max_length=2000)


class OptionsForm(Form):
    """What the script sends to ask for a challenge: the token of its form."""


async def ask_challenge(request: web.Request, asked: AskChallenge) -> web.Response:
    """What the browser's `credentials.get` takes, as JSON."""
    answer = Challenge.model_validate(await request.app[AUTH].post(CHALLENGE_API, asked.model_dump()))
    return options_answer(request, answer.options, answer.challenge)


def options_answer(request: web.Request, options: dict[str, Any], secret: str) -> web.Response:
    """`options` for the script; `secret` stays in a cookie that no script reads."""
    response = web.json_response(options, headers={"Cache-Control": "no-store"})
    keep(request, response, CHALLENGE_COOKIE, secret)
    return response


def challenge_of(request: web.Request) -> str:
    """The secret of the challenge that this browser was given; empty when there is none."""
    return held(request, CHALLENGE_COOKIE)


def forget_challenge(request: web.Request, response: web.Response) -> None:
    """It works once."""
    forget(request, response, CHALLENGE_COOKIE)
