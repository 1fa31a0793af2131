"""What Flask compiles for an app, kept for the next test's app: templates and routes."""

from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class KeptTemplates(BytecodeCache):
    """Templates in memory; a changed source has another checksum."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


class KeptRule(Rule):
    """A route that is taken apart once: what comes of it depends on its text alone."""

    _kept: dict[tuple[Any, ...], dict[str, Any]] = {}

    def compile(self) -> None:
        key = (self.rule, self.subdomain, self.host, repr(self.defaults), self.merge_slashes)
        if key not in self._kept:
            super().compile()
            names = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")
            self._kept[key] = {name: getattr(self, name) for name in names}
        self.__dict__ |= self._kept[key]


def keep_compiled() -> None:
    """Let every Flask app of this process use them."""
    Flask.jinja_options = {"bytecode_cache": KeptTemplates()}
    Flask.url_rule_class = KeptRule
