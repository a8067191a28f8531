"""JSON Schemas of our models, with what our own checks ask of a text."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonRef, JsonSchemaValue
from pydantic_core import core_schema

from shared.events.base import WRITTEN

Document = dict[str, Any]


class Written(GenerateJsonSchema):
    """Says also what our own checks ask of a text."""

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """What tells the choices apart must be there, also where each has a default for it."""
        found = super().tagged_union_schema(schema)
        tag = schema["discriminator"]
        for choice in found.get("oneOf", ()):
            one = self.get_schema_from_definitions(JsonRef(choice["$ref"])) if "$ref" in choice else choice
            if one is not None and isinstance(tag, str) and tag not in one.setdefault("required", []):
                one["required"].append(tag)
        return found

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
