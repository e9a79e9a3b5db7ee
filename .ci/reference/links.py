"""Where everything is, and prose in which what has a chapter of its own is linked."""

from __future__ import annotations

import re

from contract import Contract

ERRORS = "../errors.md"

# Words of the contract that are not of it: where their meaning is told.
WELL_KNOWN = {
    "google.protobuf.Timestamp": ("Timestamp", "README.md#values"),
    "google.protobuf.Duration": ("Duration", "README.md#values"),
    "google.protobuf.FieldMask": ("FieldMask", "README.md#values"),
}

TOKENS = re.compile(
    r"`[^`]*`|\bdocs/[a-z-]+\.md\b|\b[a-z_]+\.proto\b|\b[A-Z][A-Za-z]+\b|\b[A-Z]+(?:_[A-Z]+)+\b"
)
TWO_HUMPS = re.compile(r"^[A-Z][a-z]+(?:[A-Z][a-z]+)+$")


class Links:
    """The places of the contract's names."""

    def __init__(self, contract: Contract) -> None:
        self._types: dict[str, str] = {}
        self._methods: dict[str, str] = {}
        requests = {
            name
            for service in contract.services
            for method in service.methods
            for name in (method.request, method.response)
        }
        for page in contract.pages:
            for one in page.types:
                if one.name not in requests:
                    self._types[one.name] = f"{page.name}.md#{one.name.lower()}"
        for service in contract.services:
            for method in service.methods:
                place = f"{service.page}.md#{method.name.lower()}"
                self._methods[method.name] = place
                self._types[method.request] = self._types[method.response] = place
        reasons = contract.enum("ErrorReason")
        self._reasons = {value.name for value in reasons.values} if reasons else set()

    def type(self, name: str, page: str) -> str:
        """A type by its name."""
        if name in WELL_KNOWN:
            word, place = WELL_KNOWN[name]
            return f"[{word}]({place})"
        known = self._types.get(name)
        return f"[{name}]({self._from(page, known)})" if known else name

    def method(self, name: str, page: str) -> str:
        """An RPC by its name."""
        return f"[{name}]({self._from(page, self._methods[name])})"

    def reason(self, name: str) -> str:
        """A reason of refusals."""
        return f"[{name}]({ERRORS}#{name.lower()})"

    def prose(self, text: str, page: str, about: str = "") -> str:
        """A comment with links: each name once, and not to what it is about."""
        seen = {about}

        def one(match: re.Match[str]) -> str:
            word = match[0]
            if word in seen or word.startswith("`"):
                return word
            seen.add(word)
            if word.startswith("docs/"):
                return f"[{word[5:-3].replace('-', ' ')}](../{word[5:]})"
            if word.endswith(".proto"):
                stem = word.removesuffix(".proto").replace("_", "-")
                return f"[{stem.replace('-', ' ')}]({stem}.md)"
            if word in self._reasons:
                return self.reason(word)
            if TWO_HUMPS.match(word):
                if word in self._methods:
                    return self.method(word, page)
                if word in self._types:
                    return self.type(word, page)
            return word

        return TOKENS.sub(one, text)

    @staticmethod
    def _from(page: str, place: str) -> str:
        return place.removeprefix(f"{page}.md")
