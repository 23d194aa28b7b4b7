import { type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

type Components = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type SchemaObject = Exclude<Components[string], { $ref: string }>;

/** A schema as OpenAPI 3.1 writes it: those that have an id, and their parts that do, become components. */
export function jsonSchemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
): { schema: SchemaObject; components: Components } {
  // Whatever has an id is referred to, but for the root: inside an array the root is none.
  const { items, $defs = {} } = z.toJSONSchema(z.array(schema), { io, override: withoutUsualBounds });
  const components = Object.fromEntries(
    Object.entries($defs).map(([name, definition]) => [name, { ...definition, id: undefined }]),
  );
  return referringToComponents({ schema: items, components });
}

/** What every whole number in JSON is bounded by need not be said of each. */
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
