import { type OpenApi } from './contract';

/*
 * What we rely on, in our own words, of RevenueCat's description of its API v2: github.com/RevenueCat/docs,
 * openapi-spec/api-v2.yaml, commit bf39a9cd. That file is not ours to copy. If it is present, a test compares the two.
 */
const text = { type: 'string' };
const textOrNull = { type: 'string', nullable: true };
const url = { type: 'string', maxLength: 5_000 };
const id = { type: 'string', minLength: 1, maxLength: 255 };
const timeMs = { type: 'integer' };
const oneOf = (...values: string[]) => ({ type: 'string', enum: values });
const object = (properties: Record<string, object>, required: string[]) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
});
const response = (schema: object) => ({ content: { 'application/json': { schema } } });

const error = (...types: string[]) =>
  response(
    object(
      {
        object: oneOf('error'),
        type: oneOf(...types),
        message: text,
        retryable: { type: 'boolean' },
        param: textOrNull,
        backoff_ms: { type: 'integer', nullable: true },
        doc_url: text,
      },
      ['object', 'type', 'message', 'retryable'],
    ),
  );
const errors = {
  400: error('parameter_error', 'invalid_request'),
  401: error('authentication_error'),
  403: error('authorization_error'),
  404: error('resource_missing'),
  423: error('resource_locked_error'),
  429: error('rate_limit_error'),
  500: error('server_error'),
  503: error('server_error'),
};
const errorsOfChanges = {
  ...errors,
  409: error('resource_already_exists', 'idempotency_error'),
  422: error('unprocessable_entity_error', 'parameter_error', 'store_error'),
};

const list = (items: object, ...alsoRequired: string[]) =>
  response(
    object({ object: oneOf('list'), items: { type: 'array', items }, next_page: textOrNull, url }, [
      ...['object', 'items', 'url'],
      ...alsoRequired,
    ]),
  );

const shared = {
  name: { type: 'string', minLength: 1, maxLength: 1_500 },
  url,
  environment: { type: 'string', nullable: true, enum: ['production', 'sandbox', null] },
  app_id: { ...id, nullable: true },
};
const webhook = object(
  {
    ...shared,
    event_types: { type: 'array', nullable: true, items: text },
    object: oneOf('webhook_integration'),
    id,
    project_id: id,
    created_at: timeMs,
  },
  ['object', 'id', 'project_id', 'name', 'url', 'environment', 'app_id', 'created_at'],
);
const settings = {
  ...shared,
  authorization_header: { type: 'string', nullable: true, maxLength: 5_000 },
  event_types: {
    type: 'array',
    nullable: true,
    items: oneOf(
      ...['initial_purchase', 'renewal', 'product_change', 'cancellation', 'uncancellation', 'billing_issue'],
      ...['non_renewing_purchase', 'transfer', 'subscription_paused', 'subscription_extended', 'expiration'],
      ...[
        'invoice_issuance',
        'temporary_entitlement_grant',
        'refund_reversed',
        'virtual_currency_transaction',
      ],
    ),
  },
};
const request = (...required: string[]) => response(object(settings, required));
const deleted = object(
  {
    object: oneOf(
      ...['app', 'customer', 'entitlement', 'offering', 'package', 'paywall', 'product', 'virtual_currency'],
      'webhook_integration',
    ),
    id: text,
    deleted_at: timeMs,
  },
  ['object', 'id', 'deleted_at'],
);

const longText = { type: 'string', maxLength: 1_500 };
const alias = object({ object: oneOf('customer.alias'), id: longText, created_at: timeMs }, [
  ...['object', 'id', 'created_at'],
]);
const attribute = object(
  { object: oneOf('customer.attribute'), name: longText, value: textOrNull, updated_at: timeMs },
  ['object', 'name', 'value', 'updated_at'],
);

export const apiExcerpt: OpenApi = {
  paths: {
    '/projects/{project_id}/integrations/webhooks': {
      get: { responses: { 200: list(webhook), ...errors } },
      post: {
        requestBody: request('name', 'url'),
        responses: { 201: response(webhook), ...errorsOfChanges },
      },
    },
    '/projects/{project_id}/integrations/webhooks/{webhook_integration_id}': {
      get: { responses: { 200: response(webhook), ...errors } },
      post: { requestBody: request(), responses: { 200: response(webhook), ...errorsOfChanges } },
      delete: { responses: { 200: response(deleted), ...errorsOfChanges } },
    },
    '/projects/{project_id}/customers/{customer_id}/aliases': {
      get: { responses: { 200: list(alias, 'next_page'), ...errors } },
    },
    '/projects/{project_id}/customers/{customer_id}/attributes': {
      get: { responses: { 200: list(attribute, 'next_page'), ...errors } },
    },
  },
};
