import { Ajv2020 } from 'ajv/dist/2020.js';

interface Operation {
  responses: Record<string, { content?: Record<string, object> }>;
}

/** What /api/openapi.json says. */
export class ApiDocument {
  private readonly ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });

  constructor(readonly json: { openapi: string; paths: Record<string, Record<string, Operation>> }) {
    this.ajv.addSchema(json, 'api');
  }

  /** Every operation, as `GET /api/events`. */
  operations(): { method: string; path: string; operation: Operation }[] {
    return Object.entries(this.json.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );
  }

  /** What of an answer is otherwise than it is described; empty: it is as described. */
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
