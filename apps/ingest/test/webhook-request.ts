import { type WebhookRequest } from '../src/ingest.stage';

/** A webhook of the default project, as RevenueCat sends it, with this body. */
export function webhookRequest(bytes: Buffer, changed: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    projectId: undefined,
    queriedProject: undefined,
    headerProject: undefined,
    authorization: 'Bearer x',
    contentType: 'application/json',
    contentEncoding: undefined,
    signature: undefined,
    continueTrace: () => ({}),
    receiveBody: () => Promise.resolve({ kind: 'complete', bytes }),
    receivedAtMs: 1_767_312_000_000,
    ...changed,
  };
}
