import { type OpenApi } from './contract';

/*
 * What this lib relies on, in our own words, from RevenueCat's description of its API v2: github.com/RevenueCat/docs,
 * openapi-spec/api-v2.yaml, commit bf39a9cd. That file is not ours to copy. If it is present, the tests use it as well.
 */
const text = { type: 'string' };
const id = { type: 'string', minLength: 1, maxLength: 255 };
const textOrNull = { type: 'string', nullable: true };
const error = (type: string) => ({
  type: 'object',
  required: ['object', 'type', 'message', 'retryable'],
  properties: {
    object: { enum: ['error'] },
    type: { enum: [type] },
    message: text,
    retryable: { type: 'boolean' },
    param: textOrNull,
    backoff_ms: { type: 'integer', nullable: true },
    doc_url: text,
  },
  additionalProperties: false,
});
const returned = {
  name: { type: 'string', minLength: 1, maxLength: 1_500 },
  url: { type: 'string', maxLength: 5_000 },
  environment: { type: 'string', nullable: true, enum: ['production', 'sandbox', null] },
  event_types: { type: 'array', nullable: true, items: text },
  app_id: { ...id, nullable: true },
};
const settings = { ...returned, authorization_header: { type: 'string', nullable: true, maxLength: 5_000 } };
const webhook = {
  type: 'object',
  required: ['object', 'id', 'project_id', 'name', 'url', 'environment', 'app_id', 'created_at'],
  properties: {
    ...returned,
    object: { enum: ['webhook_integration'] },
    id,
    project_id: id,
    created_at: { type: 'integer' },
  },
  additionalProperties: false,
};
const list = {
  type: 'object',
  required: ['object', 'items', 'url'],
  properties: {
    object: { enum: ['list'] },
    items: { type: 'array', items: webhook },
    next_page: textOrNull,
    url: text,
  },
  additionalProperties: false,
};
const deleted = {
  type: 'object',
  required: ['object', 'id', 'deleted_at'],
  properties: { object: { enum: ['webhook_integration'] }, id: text, deleted_at: { type: 'integer' } },
  additionalProperties: false,
};
const request = (required: string[]) => ({
  content: { 'application/json': { schema: { type: 'object', required, properties: settings } } },
});
const response = (schema: object) => ({ content: { 'application/json': { schema } } });
const errors = {
  400: response(error('parameter_error')),
  401: response(error('authentication_error')),
  403: response(error('authorization_error')),
  404: response(error('resource_missing')),
};

export const apiExcerpt: OpenApi = {
  paths: {
    '/projects/{project_id}/integrations/webhooks': {
      get: { responses: { 200: response(list), ...errors } },
      post: { requestBody: request(['name', 'url']), responses: { 201: response(webhook), ...errors } },
    },
    '/projects/{project_id}/integrations/webhooks/{webhook_integration_id}': {
      get: { responses: { 200: response(webhook), ...errors } },
      post: { requestBody: request([]), responses: { 200: response(webhook), ...errors } },
      delete: { responses: { 200: response(deleted), ...errors } },
    },
  },
};
