"""What the OpenAPI generator cannot say by itself."""

from typing import Any

from litestar._openapi.schema_generation import SchemaCreator
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition


class UnionOfEnums(OpenAPISchemaPlugin):
    """A union of word lists is any of them."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Fields are looked at, not types."""
        return False

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Two or more enums and nothing else; the generator would take them for one."""
        return field_definition.is_union and field_definition.is_enum and not field_definition.is_optional

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """Any of the lists."""
        return Schema(any_of=[schema_creator.for_field_definition(inner) for inner in field_definition.inner_types])
