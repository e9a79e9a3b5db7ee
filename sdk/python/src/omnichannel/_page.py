"""One page of a listing, and how a listing is followed. A listing that never ends, or a token that
leads nowhere, ends in an error instead of a loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc

from omnichannel._error import local
from omnichannel._method import ListMethod

T = TypeVar("T")

PAGES_MAX = 100_000
"""Most pages that one listing is followed for."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a listing."""

    items: list[T]
    """What it lists."""
    next_page_token: str
    """Continues the listing; empty on the last page, and only there."""


class Walk(Generic[T]):
    """Where a listing is."""

    def __init__(self, method: ListMethod[Any, Any, T], request: Any) -> None:
        self.request = request
        self.is_over = False
        self._method = method
        self._pages = 0

    @property
    def page_token(self) -> str:
        """Token of the next page; empty before the first and after the last."""
        return str(self.request.page_token)

    def advance(self, answer: Any) -> Page[T]:
        """Takes an answer; the request then asks for the next page."""
        items, token = self._method.listed(answer)
        self._pages += 1
        if token and (token == self.page_token or self._pages >= PAGES_MAX):
            text = f"the listing does not end after {self._pages} pages"
            raise local(grpc.StatusCode.INTERNAL, text)
        self.request.page_token = token
        self.is_over = not token
        return Page(items, token)
