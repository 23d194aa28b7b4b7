import { problemSchema } from '@app/platform';
import { type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

type Components = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type SchemaObject = Exclude<Components[string], { $ref: string }>;

/** Converts a schema to OpenAPI 3.1. The schema and its parts become components if they have an id. */
export function jsonSchemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
): { schema: SchemaObject; components: Components } {
  // zod emits a reference for each schema with an id, except for the root. Wrapped in an array, the schema is not the root.
  const { items, $defs = {} } = z.toJSONSchema(z.array(schema), { io, override: withoutUsualBounds });
  const components = Object.fromEntries(
    Object.entries($defs).map(([name, definition]) => [name, { ...definition, id: undefined }]),
  );
  return referringToComponents({ schema: items, components });
}

/** The schema of every error response, which refers to a component, and that component. */
export const problemSchemas = jsonSchemaOf(problemSchema, 'output');

/** Removes the bounds of safe integers, which apply to every integer in JSON. */
function withoutUsualBounds({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function referringToComponents(value: unknown): { schema: SchemaObject; components: Components } {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
    schema: SchemaObject;
    components: Components;
  };
}
