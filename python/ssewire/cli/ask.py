"""Requests made from a model and a prompt, and keys from the environment.

A key goes to its provider's own host, or to the one that the environment names as its base URL, and to no other: who
asks another host sends a key with `--header`. It goes over TLS, or to this machine.
"""

from __future__ import annotations

import ipaddress
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ssewire.cli.status import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BEARER = ("Authorization", "Bearer {}")

# Hosts, the variables that hold their keys (the first one that is set counts), and the field that carries a key.
_HOSTS: dict[str, tuple[tuple[str, ...], tuple[str, str]]] = {
    "api.openai.com": (("OPENAI_API_KEY",), _BEARER),
    "api.anthropic.com": (("ANTHROPIC_API_KEY",), ("x-api-key", "{}")),
    "generativelanguage.googleapis.com": (("GEMINI_API_KEY", "GOOGLE_API_KEY"), ("x-goog-api-key", "{}")),
    "api.cohere.com": (("CO_API_KEY", "COHERE_API_KEY"), _BEARER),
    "api.cerebras.ai": (("CEREBRAS_API_KEY",), _BEARER),
    "api.deepseek.com": (("DEEPSEEK_API_KEY",), _BEARER),
    "api.fireworks.ai": (("FIREWORKS_API_KEY",), _BEARER),
    "api.groq.com": (("GROQ_API_KEY",), _BEARER),
    "api.mistral.ai": (("MISTRAL_API_KEY",), _BEARER),
    "api.together.xyz": (("TOGETHER_API_KEY",), _BEARER),
    "api.x.ai": (("XAI_API_KEY",), _BEARER),
    "openrouter.ai": (("OPENROUTER_API_KEY",), _BEARER),
}


@dataclass(frozen=True)
class API:
    """How one API is asked.

    Attributes:
        dialect: its name.
        base: the provider's base URL.
        variable: the environment's variable for another base URL, which the provider's own package reads too.
        path: what follows it; `{model}` stands for the model.
        body: makes the request's JSON of a model and a prompt.
        models: how the names of its models begin; () where they may begin anyhow.
    """

    dialect: str
    base: str
    variable: str
    path: str
    body: Callable[[str, str], dict[str, Any]]
    models: tuple[str, ...] = ()

    def url(self, model: str) -> str:
        """Return where it is asked."""
        base = os.environ.get(self.variable) or self.base
        base = base if "://" in base else f"http://{base}"  # OLLAMA_HOST is a host and a port
        return base.rstrip("/") + self.path.replace("{model}", quote(model, safe=""))

    @property
    def ending(self) -> str:
        """How the path of its URLs ends."""
        return self.path.partition("{model}")[2].partition("?")[0] or self.path


def _messages(prompt: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": prompt}]


def _chat(model: str, prompt: str) -> dict[str, Any]:
    # Without the option most servers send no usage.
    options = {"stream": True, "stream_options": {"include_usage": True}}
    return {"model": model, "messages": _messages(prompt), **options}


def _responses(model: str, prompt: str) -> dict[str, Any]:
    return {"model": model, "input": prompt, "stream": True}


def _anthropic(model: str, prompt: str) -> dict[str, Any]:
    return {"model": model, "max_tokens": 4096, "messages": _messages(prompt), "stream": True}


def _gemini(_model: str, prompt: str) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}


def _plain(model: str, prompt: str) -> dict[str, Any]:
    return {"model": model, "messages": _messages(prompt), "stream": True}


_OPENAI = "https://api.openai.com/v1"
_GOOGLE = "https://generativelanguage.googleapis.com"
_GEMINI_PATH = "/v1beta/models/{model}:streamGenerateContent?alt=sse"
_CHAT = API("openai-chat", _OPENAI, "OPENAI_BASE_URL", "/chat/completions", _chat)
APIS = (
    _CHAT,
    API("openai-responses", _OPENAI, "OPENAI_BASE_URL", "/responses", _responses),
    API("anthropic", "https://api.anthropic.com", "ANTHROPIC_BASE_URL", "/v1/messages", _anthropic, ("claude",)),
    API("gemini", _GOOGLE, "GOOGLE_GEMINI_BASE_URL", _GEMINI_PATH, _gemini, ("gemini", "gemma")),
    API("cohere-v2", "https://api.cohere.com", "CO_API_URL", "/v2/chat", _plain, ("command",)),
    API("ollama", "http://127.0.0.1:11434", "OLLAMA_HOST", "/api/chat", _plain),
)
# The variables that name a base URL, and the host whose keys go there too.
_BASES = {api.variable: urlsplit(api.base).hostname or "" for api in APIS}


def asked(url: str | None, model: str, prompt: str, dialect: str | None) -> tuple[str, str]:
    """Return the URL and the JSON body of a request.

    Args:
        url: where to ask; None asks the provider.
        model: the model's name.
        prompt: the user's message.
        dialect: the API; None tells it by the URL's path, or by the model's name.

    Raises:
        CommandError: the API is not known.
    """
    api = _named(dialect) if dialect else _told_by(url, model)
    return url or api.url(model), json.dumps(api.body(model, prompt))


def _named(dialect: str) -> API:
    for api in APIS:
        if api.dialect == dialect:
            return api
    known = ", ".join(api.dialect for api in APIS)
    raise CommandError(f"--prompt knows how to ask {known}, and not {dialect!r}: pass the body with --data")


def _told_by(url: str | None, model: str) -> API:
    if url is None:
        return next((api for api in APIS if api.models and model.startswith(api.models)), _CHAT)
    path = urlsplit(url).path
    for api in APIS:
        if path.endswith(api.ending):
            return api
    known = ", ".join(api.ending for api in APIS)
    raise CommandError(f"{url}: its path tells no API (it would end in {known}): name the API with --dialect")


def credentials(url: str) -> dict[str, str]:
    """Return the header fields with the key for a URL, from the environment; none where there is no key for it."""
    parts = urlsplit(url)
    fields: dict[str, str] = {}
    for host in _keyholders(parts.hostname or "", parts.netloc):
        names, (field, value) = _HOSTS[host]
        key = next((os.environ[name] for name in names if os.environ.get(name)), None)
        if key is not None and (parts.scheme == "https" or _is_local(parts.hostname or "")):
            fields.setdefault(field, value.format(key))
        if host == "api.anthropic.com":
            fields["anthropic-version"] = "2023-06-01"
    return fields


def _keyholders(host: str, netloc: str) -> Iterator[str]:
    """Give the hosts whose keys may be sent to this one: one gateway may stand for several providers."""
    if host in _HOSTS:
        yield host
    for variable, owner in _BASES.items():
        base = os.environ.get(variable, "")
        if owner in _HOSTS and base and urlsplit(base).netloc == netloc:
            yield owner


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
