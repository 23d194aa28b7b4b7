/** The parts of kafkajs's internals that this library uses. */
declare module 'kafkajs/src/network/requestQueue' {
  class RequestQueue {
    pending: unknown[];
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    constructor(options: object);
    push(request: object): void;
    maybeThrottle(ms: number): void;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
    destroy(): void;
  }
  export = RequestQueue;
}
