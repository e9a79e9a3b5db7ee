"""A listing of the blocking client: asks for the next page only when the one before was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from omnichannel._method import ListMethod
from omnichannel._page import Page, Walk

T = TypeVar("T")


class Pages(Generic[T]):
    """Everything that a listing lists, page by page as it is read. One listing is read once."""

    def __init__(
        self, method: ListMethod[Any, Any, T], request: Any, fetch: Callable[[Any], Any]
    ) -> None:
        self._walk: Walk[T] = Walk(method, request)
        self._fetch = fetch

    @property
    def page_token(self) -> str:
        """Continues behind the pages that were read, in a later call of the same filters; empty
        before the first page and after the last."""
        return self._walk.page_token

    def pages(self) -> Iterator[Page[T]]:
        """The pages that were not read yet."""
        while not self._walk.is_over:
            yield self._walk.advance(self._fetch(self._walk.request))

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items
