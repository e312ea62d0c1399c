"""Every address of the product, as the resolver knows them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, f"{namespace}{one.namespace}:" if one.namespace else namespace)
        else:
            yield f"{namespace}{one.name}", one


ALL = dict(patterns(get_resolver()))
NAMES = sorted(ALL)


def keys_of(one: URLPattern) -> list[str]:
    return list(one.pattern.converters)
