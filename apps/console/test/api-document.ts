import { Ajv2020 } from 'ajv/dist/2020.js';

interface Operation {
  responses: Record<string, { content?: Record<string, object> }>;
}

/** The document at /api/openapi.json. */
export class ApiDocument {
  private readonly ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });

  constructor(readonly json: { openapi: string; paths: Record<string, Record<string, Operation>> }) {
    this.ajv.addSchema(json, 'api');
  }

  /** Returns every operation, such as `GET /api/events`. */
  operations(): { method: string; path: string; operation: Operation }[] {
    return Object.entries(this.json.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );
  }

  /** Returns how a response differs from its description; empty if it matches. */
  differences(
    method: string,
    path: string,
    { status, mediaType = 'application/json' }: { status: number; mediaType?: string },
    body: unknown,
  ): unknown[] {
    const pointer = ['paths', path, method, 'responses', String(status), 'content', mediaType, 'schema']
      .map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const validate = this.ajv.getSchema(`api#/${pointer}`);
    if (validate === undefined) return [`${method} ${path} describes no ${status} as ${mediaType}`];
    return validate(body) === true ? [] : (validate.errors ?? []);
  }
}
