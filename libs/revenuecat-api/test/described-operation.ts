import { type OpenApi } from './contract';

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string;
  nullable?: boolean;
  enum?: unknown[];
  minLength?: number;
  maxLength?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: boolean;
}

/**
 * What a document says of an operation, in a form that does not depend on how it is written: the schema of the request, and that
 * of the response for each status. References are resolved, and texts such as descriptions and examples are left out.
 */
export function describedOperation(document: OpenApi, path: string, method: string): object {
  const operation = document.paths[path]?.[method];
  if (operation === undefined) return {};
  const described = (content: unknown): object | undefined => {
    const { content: { 'application/json': json } = {} } = resolve(document, content) as {
      content?: Record<string, { schema: Schema }>;
    };
    return json && plain(document, json.schema);
  };
  return {
    request: operation.requestBody && described(operation.requestBody),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, content]) => [status, described(content)]),
    ),
  };
}

function plain(document: OpenApi, schema: Schema): object {
  const { $ref, allOf = [], ...own } = schema;
  const parts = [...($ref === undefined ? [] : [resolve(document, { $ref }) as Schema]), ...allOf];
  if (parts.length > 0)
    return plain(
      document,
      [...parts, own].reduce((a, b) => both(document, a, b), {}),
    );
  const { type, nullable = false, minLength, maxLength, required = [], properties, items } = own;
  return {
    type,
    nullable,
    minLength,
    maxLength,
    enum: own.enum?.toSorted(),
    required: required.toSorted(),
    properties:
      properties &&
      Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, plain(document, one)])),
    items: items && plain(document, items),
    isClosed: own.additionalProperties === false,
  };
}

/** A schema for the values that both accept. */
function both(document: OpenApi, a: Schema, b: Schema): Schema {
  if (a.$ref !== undefined) return both(document, resolve(document, a) as Schema, b);
  const values = a.enum && b.enum ? a.enum.filter((value) => b.enum?.includes(value)) : (a.enum ?? b.enum);
  const properties = { ...a.properties };
  for (const [name, one] of Object.entries(b.properties ?? {}))
    properties[name] = both(document, properties[name] ?? {}, one);
  return {
    ...a,
    ...b,
    ...(values && { enum: values }),
    required: [...(a.required ?? []), ...(b.required ?? [])],
    ...((a.properties ?? b.properties) && { properties }),
  };
}

/** Follows a reference into the document. */
function resolve(document: OpenApi, value: unknown): unknown {
  const { $ref } = value as { $ref?: string };
  if ($ref === undefined) return value;
  const found = $ref
    .split('/')
    .slice(1)
    .reduce<unknown>((parent, name) => (parent as Record<string, unknown>)[name], document);
  return resolve(document, found);
}
