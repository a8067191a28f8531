"""JSON Schemas of our models, with what our own checks ask of a text."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from shared.events.base import WRITTEN

Document = dict[str, Any]


class Written(GenerateJsonSchema):
    """Says also what our own checks ask of a text."""

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        """With the pattern of the check."""
        return super().function_after_schema(schema) | _pattern(schema)

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """With the pattern of the check."""
        found = super().function_before_schema(schema) | _pattern(schema)
        if "pattern" in found:
            found.pop("format", None)  # which would promise less than we read: seconds may be left out
        return found


def _pattern(schema: Mapping[str, Any]) -> dict[str, str]:
    pattern = WRITTEN.get(schema["function"]["function"])
    return {"pattern": pattern} if pattern else {}
