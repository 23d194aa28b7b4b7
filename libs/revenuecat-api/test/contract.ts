import { type FakeExchange } from '@app/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';

interface Content {
  content?: Record<string, { schema: object }>;
  $ref?: string;
}

interface Operation {
  requestBody?: Content;
  responses: Record<string, Content>;
}

/** The part of an OpenAPI document that is used here. */
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components?: { responses?: Record<string, Content> };
}

/** Compares requests and responses with an OpenAPI 3.0 document of RevenueCat's API. */
export class Contract {
  private readonly ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false });

  constructor(private readonly document: OpenApi) {
    this.ajv.addSchema({ $id: 'api', ...document });
  }

  /** Returns how an exchange differs from the document; empty if it matches. */
  differences({ method, path, body, status, response }: FakeExchange): unknown[] {
    const operation = this.operationOf(method, path);
    if (operation === undefined) return [`${method} ${path} is not described`];
    const described = this.resolve(operation.responses[String(status)]);
    if (described === undefined) return [`${method} ${path} has no status ${status}`];
    return [
      ...(body === undefined ? [] : this.problemsOf(operation.requestBody, body, 'request')),
      ...this.problemsOf(described, response, `response ${status}`),
    ];
  }

  private operationOf(method: string, path: string): Operation | undefined {
    const segments = path.replace(/^\/v2\//, '').split('/');
    const template = Object.keys(this.document.paths).find((one) => {
      const parts = one.slice(1).split('/');
      return (
        parts.length === segments.length &&
        parts.every((part, i) => part.startsWith('{') || part === segments[i])
      );
    });
    return template === undefined ? undefined : this.document.paths[template]?.[method.toLowerCase()];
  }

  private resolve(content: Content | undefined): Content | undefined {
    const name = content?.$ref?.split('/').at(-1);
    return name === undefined ? content : this.document.components?.responses?.[name];
  }

  private problemsOf(content: Content | undefined, value: unknown, what: string): unknown[] {
    const schema = content?.content?.['application/json']?.schema;
    if (schema === undefined) return [`the ${what} has no JSON schema`];
    // The document forbids other properties beside a $ref, which JSON Schema reads as forbidding all.
    const { $ref } = schema as { $ref?: string };
    const text = JSON.stringify($ref === undefined ? schema : { $ref }).replaceAll('"#/', '"api#/');
    const target = JSON.parse(text) as object;
    const validate = this.ajv.compile({ allOf: [target], unevaluatedProperties: false });
    return validate(value) ? [] : (validate.errors ?? []).map((error) => ({ what, ...error }));
  }
}
